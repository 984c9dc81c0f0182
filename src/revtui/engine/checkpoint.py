"""A checkpoint: the whole state of an engine as bytes, and an engine from them.

An .npz archive of plain arrays (nothing in it is ever executed) with one JSON text: format version,
the settings that the state depends on, and what is not a number. Loading under other windows or by
another version of polars, whose hashes stand for ids and names, is refused.
"""

import io
import json
import zipfile
from dataclasses import asdict, astuple
from typing import Any, Final

import numpy as np
import polars as pl

from revtui.core.alertbook import AlertBook
from revtui.core.errors import UsageError
from revtui.core.watermarks import State
from revtui.engine.engine import Engine, EngineSettings, MoneyAccount
from revtui.engine.rows import Flags

FORMAT: Final = 1


def dump(engine: Engine) -> bytes:
    """The state of an engine that has been drained.

    Raises:
        ValueError: when it has not: results would be lost.
    """
    said: dict[str, Any] = {
        "format": FORMAT,
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
        "alerts": engine.alert_book.dump(),
    }
    arrays: State = {"said": np.frombuffer(json.dumps(said).encode(), dtype=np.uint8)}
    withheld = io.BytesIO()
    engine.withheld.write_ipc(withheld)
    arrays["withheld"] = np.frombuffer(withheld.getvalue(), dtype=np.uint8)
    for part, state in _parts(engine).items():
        arrays |= {f"{part}/{name}": values for name, values in state.items()}
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


def load(settings: EngineSettings, data: bytes) -> Engine:
    """The engine that `dump` described; its sources are registered already, under their old numbers.

    Raises:
        UsageError: when the checkpoint is damaged, newer, or was made under other settings.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays: State = dict(archive)
        said = json.loads(arrays["said"].tobytes())
    except (EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UsageError(
            "the checkpoint is damaged", hint="start without it; sources are read anew"
        ) from error
    if said["format"] != FORMAT:
        raise UsageError(f"the checkpoint has format {said['format']}, not {FORMAT}")
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
    engine.withheld = pl.read_ipc(io.BytesIO(arrays["withheld"].tobytes()))
    engine.watermarks.load(_part(arrays, "watermarks"))
    engine.duplicates.load(_part(arrays, "duplicates"))
    engine.tally.load(_part(arrays, "tally"), said["gateways"])
    return engine


def _parts(engine: Engine) -> dict[str, State]:
    return {
        "watermarks": engine.watermarks.dump(),
        "duplicates": engine.duplicates.dump(),
        "tally": engine.tally.dump(),
    }


def _part(arrays: State, part: str) -> State:
    return {
        name.removeprefix(f"{part}/"): values
        for name, values in arrays.items()
        if name.startswith(f"{part}/")
    }


def _fingerprint(settings: EngineSettings) -> dict[str, Any]:
    """What the meaning of the state depends on; rules may change under it."""
    return {
        "policy": asdict(settings.policy),
        "currency": settings.currency,
        "max_gateways": settings.max_gateways,
        "latency_sla_ms": settings.latency_sla_ms,
        "polars": pl.__version__,
    }
