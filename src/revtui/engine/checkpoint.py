"""A checkpoint: the state of an engine as bytes, and an engine from them.

The state proper is small. The ids remembered are most of what there is, and are only ever added to: so
they go apart, as a log of which each dump writes what has come since the one before.

    mark, state, ids = nothing, b"", []
    again and again:  state = dump(engine);  (more, mark) = dump_ids(engine, since=mark);  ids.append(more)
    one day:          engine = load(settings, state, ids)

Both are Arrow (plain arrays, nothing that is ever executed) behind a digest, with one JSON text: format
version, the settings that the state depends on, and what is not a number. Loading under other windows or
by another version of polars, whose hashes stand for ids and names, is refused.
"""

import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import Any, Final

import polars as pl

from revtui.core.alertbook import AlertBook
from revtui.core.arrays import State
from revtui.core.dedup import Mark
from revtui.core.errors import UsageError
from revtui.engine.engine import Engine, EngineSettings, MoneyAccount
from revtui.engine.rows import Flags, Outbox

FORMAT: Final = 2
_DIGEST_BYTES: Final = 16


def dump(engine: Engine) -> bytes:
    """The state of an engine that has been drained, without the ids it remembers.

    Raises:
        ValueError: when it has not: results would be lost.
    """
    arrays = {
        **_named("watermarks", engine.watermarks.dump()),
        **_named("duplicates", engine.duplicates.dump()),
        **_named("tally", engine.tally.dump()),
        **{name: array for box, held in _boxes(engine) for name, array in _named(box, held.dump()).items()},
    }
    said = {
        "settings": _fingerprint(engine.settings),
        "sources": [source.name for source in engine.watermarks.sources],
        **engine.dump_numbers(),
        "gateways": engine.tally.gateways.names,
        "money": {currency: astuple(account) for currency, account in engine.money.items()},
        "flags": [
            [window, key, asdict(flags)]
            for window, keys in engine.flags.items()
            for key, flags in keys.items()
        ],
        "waiting": {box: [asdict(flags) for flags in held.flags] for box, held in _boxes(engine)},
        "alerts": engine.alert_book.dump(),
    }
    return _packed(said, arrays)


def dump_ids(engine: Engine, *, since: Mark | None = None) -> tuple[bytes, Mark]:
    """The ids that have come to be remembered since a mark, and the mark for the next time."""
    arrays, mark = engine.duplicates.log(since)
    return _packed({}, arrays), mark


def load(settings: EngineSettings, state: bytes, ids: Iterable[bytes]) -> Engine:
    """The engine that `dump` described; its sources are registered already, under their old numbers.

    Args:
        settings: Those it ran under; its rules may be others.
        state: What `dump` gave.
        ids: What `dump_ids` gave, from the first mark to the one taken with `state`; ids that are no
            longer remembered may be missing.

    Raises:
        UsageError: when anything is damaged, of another format, or was made under other settings.
    """
    said, arrays = _unpacked(state)
    if said["settings"] != _fingerprint(settings):
        raise UsageError("the checkpoint was made under other settings", hint="start without it")
    engine = Engine(settings)
    for name in said["sources"]:
        engine.add_source(name)
    engine.load_numbers(said)
    engine.money = {currency: MoneyAccount(*account) for currency, account in said["money"].items()}
    for window, key, flags in said["flags"]:
        engine.flags.setdefault(window, {})[key] = Flags(**flags)
    engine.alert_book = AlertBook.load(said["alerts"], engine.alert_book.policy)
    engine.watermarks.load(_of("watermarks", arrays))
    engine.tally.load(_of("tally", arrays), said["gateways"])
    for box, held in _boxes(engine):
        flags = [Flags(**each) for each in said["waiting"][box]]
        held.load(_of(box, arrays), flags, engine.span, engine.tally.gateways.names)
    engine.duplicates.load(_of("duplicates", arrays), [_unpacked(part)[1] for part in ids])
    return engine


def _boxes(engine: Engine) -> tuple[tuple[str, Outbox], ...]:
    return ("closed", engine.closed), ("revised", engine.revised), ("final", engine.final)


def _named(part: str, state: State) -> State:
    return {f"{part}/{name}": array for name, array in state.items()}


def _of(part: str, arrays: State) -> State:
    return {
        name.removeprefix(f"{part}/"): array for name, array in arrays.items() if name.startswith(f"{part}/")
    }


def _packed(said: dict[str, Any], arrays: State) -> bytes:
    """A digest, then Arrow: one row, with the text and a list of numbers for each array."""
    text = json.dumps(
        {"format": FORMAT, **said, "shapes": {name: array.shape for name, array in arrays.items()}}
    )
    columns = [pl.Series("said", [text])]
    columns += [pl.Series(name, array.reshape(-1)).implode() for name, array in arrays.items()]
    out = io.BytesIO()
    pl.DataFrame(columns).write_ipc(out)
    return _digest(out.getvalue()) + out.getvalue()


def _unpacked(data: bytes) -> tuple[dict[str, Any], State]:
    digest, body = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if digest != _digest(body):
        raise UsageError("the checkpoint is damaged", hint="start without it; sources are read anew")
    frame = pl.read_ipc(io.BytesIO(body))
    said = json.loads(frame.item(0, "said"))
    if said["format"] != FORMAT:
        raise UsageError(f"the checkpoint has format {said['format']}, not {FORMAT}")
    return said, {
        name: frame[name].explode(empty_as_null=False).to_numpy().reshape(shape)
        for name, shape in said["shapes"].items()
    }


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _fingerprint(settings: EngineSettings) -> dict[str, Any]:
    """What the meaning of the state depends on; rules may change under it."""
    return {
        "policy": asdict(settings.policy),
        "currency": settings.currency,
        "timezone": settings.timezone,
        "max_gateways": settings.max_gateways,
        "max_users": settings.max_users,
        "latency_sla_ms": settings.latency_sla_ms,
        "polars": pl.__version__,
    }
