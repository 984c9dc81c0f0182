"""An engine loaded from its checkpoint goes on as if nothing had happened, wherever it was cut."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_engine_reference import engine_for, streams

from reference import Event, frame
from revtui.core.errors import UsageError
from revtui.core.windows import WindowPolicy
from revtui.engine.checkpoint import dump, dump_ids, load
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, Results


def push(engine: Engine, events: list[Event]) -> Results:
    engine.push(encode(frame(events), currency="USD"))
    return engine.drain()


def told(results: list[Results]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, list[object]]:
    return (
        pl.concat([result.closed for result in results]),
        pl.concat([result.revised for result in results]),
        pl.concat([result.final for result in results]),
        [transition for result in results for transition in result.transitions],
    )


def run(engine: Engine, batches: list[list[Event]], cuts: set[int], logged: set[int]) -> list[Results]:
    """Push the batches, replacing the engine by a loaded one before each batch in `cuts`.

    The ids are logged there, and before each batch in `logged`.
    """
    results: list[Results] = []
    none, mark = dump_ids(engine)
    ids = [none]
    for place, batch in enumerate(batches):
        if place in cuts | logged:
            more, mark = dump_ids(engine, since=mark)
            ids.append(more)
        if place in cuts:
            engine = load(engine.settings, dump(engine), ids)
        results.append(push(engine, batch))
    engine.end_source(0)
    return [*results, engine.drain()]


@settings(max_examples=40)
@given(streams(), st.integers(1, 8), st.sets(st.integers(0, 12), min_size=1), st.sets(st.integers(0, 12)))
def test_a_run_cut_anywhere_tells_the_same(
    stream: tuple[WindowPolicy, list[Event]], size: int, cuts: set[int], logged: set[int]
) -> None:
    of, events = stream
    batches = [events[start : start + size] for start in range(0, len(events), size)]
    whole, resumed = engine_for(of, max_gateways=2), engine_for(of, max_gateways=2)
    whole.add_source("test")
    resumed.add_source("test")
    for before, after in zip(
        told(run(whole, batches, set(), set())), told(run(resumed, batches, cuts, logged)), strict=True
    ):
        if isinstance(before, pl.DataFrame) and isinstance(after, pl.DataFrame):
            assert before.equals(after)
        else:
            assert before == after


def some_engine() -> Engine:
    engine = engine_for(WindowPolicy())
    engine.add_source("test")
    push(engine, [Event(event_ts=turn * 30_000_000, event_id=str(turn)) for turn in range(20)])
    return engine


def ids_of(engine: Engine) -> list[bytes]:
    return [dump_ids(engine)[0]]


def test_state_with_results_that_nobody_has_seen_is_not_dumped() -> None:
    engine = engine_for(WindowPolicy())
    engine.add_source("test")
    engine.push(
        encode(
            frame([Event(event_ts=turn * 60_000_000, event_id=str(turn)) for turn in range(9)]),
            currency="USD",
        )
    )
    with pytest.raises(ValueError, match="drain"):
        dump(engine)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"nonsense of more than sixteen bytes"])
def test_a_damaged_checkpoint_is_refused(damage: bytes) -> None:
    engine = some_engine()
    with pytest.raises(UsageError, match="damaged"):
        load(engine.settings, damage, ids_of(engine))
    with pytest.raises(UsageError, match="damaged"):
        load(engine.settings, dump(engine), [damage])


@given(st.data())
def test_a_checkpoint_with_any_byte_changed_or_missing_is_refused(data: st.DataObject) -> None:
    engine = some_engine()
    whole = dump(engine)
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    for damaged in (flipped, whole[:place]):
        with pytest.raises(UsageError, match="damaged"):
            load(engine.settings, damaged, ids_of(engine))


def test_a_checkpoint_of_other_windows_is_refused() -> None:
    other, engine = engine_for(WindowPolicy(hop=30_000_000)), some_engine()
    with pytest.raises(UsageError, match="other settings"):
        load(other.settings, dump(engine), ids_of(engine))


def test_a_log_of_ids_holds_only_what_came_since_its_mark() -> None:
    engine = some_engine()
    first, mark = dump_ids(engine)
    push(engine, [Event(event_ts=21 * 30_000_000, event_id="one more")])
    more, _ = dump_ids(engine, since=mark)
    loaded = load(engine.settings, dump(engine), [first, more])
    assert len(loaded.duplicates) == len(engine.duplicates) == 21
    assert len(load(engine.settings, dump(engine), [more]).duplicates) == 1
