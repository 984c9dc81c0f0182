"""The simulator behind the contract of sources, on a clock somebody sets."""

import itertools
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fakes import ManualClock
from revtui.adapters.clocks import SystemClock
from revtui.adapters.sources.simulator import SimulatorSource, SimulatorSpec, generate
from revtui.core.events import RAW_COLUMNS, RawBatch
from revtui.core.times import parse_instant
from revtui.engine.ports import Clock, Source

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOW = parse_instant("2026-03-04T12:00Z", now=0)
ROUGH = SimulatorSpec.parse("sim:?rate=8&seed=3&backfill=20m&duplicates=0.02&disorder=10s&late=0.01")


def due(source: SimulatorSource) -> list[RawBatch]:
    """What a source hands over until nothing is due."""
    batches: list[RawBatch] = []
    while (batch := source.read()) is not None and batch.read:
        batches.append(batch)
    return batches


def joined(batches: list[RawBatch]) -> pl.DataFrame:
    return pl.concat([batch.frame for batch in batches])


def reference(spec: SimulatorSpec, start: int, end: int) -> pl.DataFrame:
    return pl.concat(list(generate(spec, start=start, duration=end - start)))


def test_it_is_a_source_and_the_clocks_are_clocks() -> None:
    source = SimulatorSource(ROUGH, ManualClock(NOW))
    assert isinstance(source, Source)
    assert (source.name, source.live, source.simulated, source.note) == ("sim:3", True, True, "")
    assert source.policy.currency == "USD"
    clock: Clock = SystemClock()
    assert clock.now() > NOW


def test_charts_are_alive_at_once_since_the_past_comes_first() -> None:
    batches = due(SimulatorSource(ROUGH, ManualClock(NOW)))
    first, last = joined(batches)["event_ts"].min(), joined(batches)["event_ts"].max()
    assert first is not None
    assert last is not None
    assert 19 * MINUTE < (last - first).total_seconds() * SECOND <= 20 * MINUTE  # type: ignore[operator, union-attr]  # times


@settings(max_examples=8)
@given(steps=st.lists(st.integers(0, 4 * MINUTE), min_size=1, max_size=8), batch_rows=st.integers(40, 3000))
def test_live_reading_hands_over_every_event_once_however_time_passes(
    steps: list[int], batch_rows: int
) -> None:
    clock = ManualClock(NOW)
    source = SimulatorSource(ROUGH, clock, batch_rows=batch_rows)
    batches = due(source)
    for step in steps:
        clock.advance(step)
        batches += due(source)
    whole = joined(batches)
    assert_frame_equal(whole.drop("offset"), reference(ROUGH, NOW - 20 * MINUTE, clock.now() + 1))
    assert whole["offset"].to_list() == list(range(whole.height))
    assert all(batch.read <= batch_rows for batch in batches)
    assert [batch.end_offset for batch in batches] == list(itertools.accumulate(b.read for b in batches))


@settings(max_examples=10)
@given(now=st.integers(NOW, NOW + 5 * MINUTE))
def test_no_event_is_handed_over_before_its_time(now: int) -> None:
    newest = joined(due(SimulatorSource(ROUGH, ManualClock(now))))["event_ts"].dt.epoch("us").max()
    assert newest <= now  # type: ignore[operator]  # never null here


def test_an_empty_batch_means_nothing_now_and_carries_the_columns() -> None:
    source = SimulatorSource(ROUGH, ManualClock(NOW))
    read = sum(batch.read for batch in due(source))
    batch = source.read()
    assert batch is not None
    assert (batch.read, batch.end_offset) == (0, read)
    assert tuple(batch.frame.columns) == (*RAW_COLUMNS, "offset")


def test_arrivals_are_in_disorder_but_every_one_comes() -> None:
    whole = joined(due(SimulatorSource(ROUGH, ManualClock(NOW))))
    assert not whole["event_ts"].is_sorted()
    settled = whole.filter(pl.col("event_ts").dt.epoch("us") < NOW - 10 * MINUTE)["event_id"].n_unique()
    calm = SimulatorSpec.parse("sim:?rate=8&seed=3&backfill=20m&duplicates=0&disorder=0s")
    ordered = joined(due(SimulatorSource(calm, ManualClock(NOW))))
    assert ordered["event_ts"].is_sorted()
    # of the late ones, up to 40 minutes on their way, some are still to come
    expected = ordered.filter(pl.col("event_ts").dt.epoch("us") < NOW - 10 * MINUTE).height
    assert 0.985 * expected < settled <= expected


def test_a_finite_source_ends_without_looking_at_the_clock() -> None:
    clock = ManualClock(NOW)
    source = SimulatorSource(replace(ROUGH, start=NOW + 10 * MINUTE, duration=20 * MINUTE), clock)
    assert not source.live
    whole = joined(due(source))
    assert_frame_equal(whole.drop("offset"), reference(ROUGH, NOW + 10 * MINUTE, NOW + 30 * MINUTE))
    assert source.read() is None
    assert source.read() is None


def test_an_address_with_an_end_is_finite() -> None:
    spec = SimulatorSpec.parse("sim:?rate=5&start=2026-03-04T09:00Z&until=2026-03-04T09:10Z")
    source = SimulatorSource(spec, ManualClock(NOW))
    whole = joined(due(source))
    assert source.read() is None
    assert str(whole["event_ts"].dt.truncate("10m").unique().to_list()[0]) == "2026-03-04 09:00:00+00:00"
    assert whole["event_ts"].dt.truncate("10m").n_unique() == 1


def test_incidents_back_from_now_are_placed_by_the_clock() -> None:
    spec = SimulatorSpec.parse("sim:?scenario=stall@-12m+8m")
    source = SimulatorSource(spec, ManualClock(NOW))
    (incident,) = source.incidents
    assert (incident.began_at, incident.ended_at) == (NOW - 12 * MINUTE, NOW - 4 * MINUTE)
    silent = pl.col("event_ts").dt.epoch("us").is_between(incident.began_at, incident.ended_at, closed="left")
    assert joined(due(source)).filter(silent).is_empty()


def test_closing_twice_is_harmless_and_final() -> None:
    clock = ManualClock(NOW)
    live, finite = SimulatorSource(ROUGH, clock), SimulatorSource(replace(ROUGH, until=NOW), clock)
    for source in (live, finite):
        source.close()
        source.close()
    batch = live.read()
    assert batch is not None
    assert batch.read == 0
    assert finite.read() is None


def test_spoilt_rows_keep_the_offsets_and_torn_lines_are_rejected() -> None:
    clean = SimulatorSpec.parse("sim:?rate=20&seed=5&backfill=1h")
    spoilt = SimulatorSpec.parse("sim:?rate=20&seed=5&backfill=1h&malformed=0.05")
    whole = joined(due(SimulatorSource(clean, ManualClock(NOW))))
    batches = due(SimulatorSource(spoilt, ManualClock(NOW), batch_rows=777))
    rejected = [each for batch in batches for each in batch.rejected]
    frame = joined(batches)
    assert sum(batch.read for batch in batches) == whole.height
    assert sorted([*frame["offset"], *(each.offset for each in rejected)]) == list(range(whole.height))
    assert {each.reason for each in rejected} == {"not_a_record"}
    assert len(rejected) / whole.height == pytest.approx(0.05 / 12, rel=0.35)
    assert all(each.raw and not each.raw.endswith("\n") for each in rejected)
    assert {"1O.50", "12.505", "-5.00", "NaN"} <= set(frame["amount"])
    assert {"chargeback_opened", None} <= set(frame["event_type"])


def test_which_rows_are_spoilt_does_not_depend_on_the_batches() -> None:
    spec = SimulatorSpec.parse("sim:?rate=20&seed=5&backfill=1h&malformed=0.05")
    few, many = (due(SimulatorSource(spec, ManualClock(NOW), batch_rows=rows)) for rows in (50_000, 777))
    assert_frame_equal(joined(few), joined(many))
    assert [each for batch in few for each in batch.rejected] == [
        each for batch in many for each in batch.rejected
    ]


def test_the_bytes_of_a_row_can_be_asked_for() -> None:
    for address in ("sim:?rate=20&backfill=10m", "sim:?rate=20&backfill=10m&malformed=0.2"):
        batch = SimulatorSource(SimulatorSpec.parse(address), ManualClock(NOW)).read()
        assert batch is not None
        for row in (0, 17, batch.frame.height - 1):
            fields = batch.raw(row).decode().split(",")
            assert len(fields) == len(RAW_COLUMNS)
            assert fields[0] == batch.frame["event_id"][row]
            assert fields[3] == (batch.frame["event_type"][row] or "")
