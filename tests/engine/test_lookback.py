"""Windows of another length, looked at live, are those of an engine that was configured so."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import Event, frame
from revtui.core.contracts import contracts
from revtui.core.events import EventType
from revtui.core.rules import Comparison, Levels, Rule
from revtui.core.windows import MINUTE, WindowPolicy
from revtui.engine.commands import ShowWindows
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings

HOUR = 60 * MINUTE
POLICY = WindowPolicy(horizon=3 * HOUR)
BEGIN = 1_772_612_400_000_000
SAID = ("revision", "alert_flag", "sla_breach_flag", "alert_reason")


def engine(length: int = 5 * MINUTE, *, archive: int = 24 * HOUR) -> Engine:
    made = Engine(
        EngineSettings(
            policy=replace(POLICY, length=length),
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=1200,
            max_gateways=64,
            rules=contracts(),
            live=False,
            archive=archive,
        )
    )
    made.add_source("test")
    return made


steps = st.tuples(
    st.sampled_from([0, 7, 30, 61, 400, 2000]),  # seconds on
    st.sampled_from([0, 0, 0, 20, 200, 700]),  # seconds back, never too late
    st.sampled_from(list(EventType)),
    st.sampled_from([None, "stripe", "adyen"]),
    st.sampled_from([None, "u1", "u2", "u3"]),
    st.sampled_from([None, 5, 90, 1300, 5000]),
)


@given(
    st.lists(steps, min_size=1, max_size=40),
    st.sampled_from([1, 15, 60]),
    st.integers(1, 7),
    st.sets(st.integers(0, 12)),
)
def test_they_are_those_of_an_engine_that_was_configured_so(
    drawn: list[tuple[int, int, EventType, str | None, str | None, int | None]],
    minutes: int,
    size: int,
    looks: set[int],
) -> None:
    now, stream = BEGIN, list[Event]()
    for number, (on, back, kind, gateway, user, latency) in enumerate(drawn):
        now += on * 1_000_000
        stream.append(
            Event(
                event_ts=now - back * 1_000_000,
                event_id=str(number),
                kind=kind,
                gateway_name=gateway,
                user_id=user,
                latency_ms=latency,
            )
        )
    ours, configured = engine(), engine(minutes * MINUTE)
    ours.apply(ShowWindows(length=minutes * MINUTE))
    rows: dict[tuple[int, str], dict[str, object]] = {}
    for turn, start in enumerate(range(0, len(stream), size)):
        batch = encode(frame(stream[start : start + size]), currency="USD")
        for each in (ours, configured):
            each.push(batch)
        results = configured.drain()
        rows |= keyed(results.closed) | keyed(results.revised)
        if turn in looks:
            assert keyed(looked(ours)) == rows
            still_open, theirs = ours.provisional(), configured.provisional()
            assert (still_open is None) == (theirs is None)
            if still_open is not None and theirs is not None:
                assert keyed(still_open) == keyed(theirs)
    for each in (ours, configured):
        each.end_source(0)
    results = configured.drain()
    rows |= keyed(results.closed) | keyed(results.revised)
    assert keyed(looked(ours)) == rows


def looked(engine: Engine) -> pl.DataFrame:
    rows = engine.look()
    assert rows is not None
    return rows


def keyed(rows: pl.DataFrame) -> dict[tuple[int, str], dict[str, object]]:
    """Rows without what was said at a close that these windows did not have."""
    return {(row["window_end"], row["gateway_name"]): row for row in rows.drop(SAID).to_dicts()}


def push_hours(made: Engine, hours: int) -> None:
    events = [
        Event(
            event_ts=BEGIN + minute * MINUTE,
            event_id=str(minute),
            kind=EventType.PURCHASE,
            amount_minor=100,
            latency_ms=1500,
        )
        for minute in range(hours * 60)
    ]
    made.push(encode(frame(events), currency="USD"))


def test_the_configured_length_needs_no_look_back() -> None:
    made = engine()
    push_hours(made, 2)
    assert made.look() is None
    made.apply(ShowWindows(length=15 * MINUTE))
    assert made.look() is not None
    assert made.shown.length == 15 * MINUTE
    made.apply(ShowWindows(length=5 * MINUTE))
    assert made.look() is None


def test_only_whole_windows_of_kept_panes_are_shown() -> None:
    made = engine(archive=2 * HOUR)
    push_hours(made, 10)
    made.apply(ShowWindows(length=HOUR))
    rows = looked(made).filter(pl.col("gateway_name") == "*")
    assert rows["events_count"].unique().to_list() == [60]
    assert 60 < rows.height < 120


def test_without_an_archive_there_is_nothing_to_look_back_on() -> None:
    made = engine(archive=0)
    push_hours(made, 1)
    made.apply(ShowWindows(length=15 * MINUTE))
    assert made.look() is None


@pytest.mark.parametrize("length", [90_000_000, 30_000_000])
def test_a_length_that_is_no_multiple_of_the_hop_is_not_shown(length: int) -> None:
    made = engine()
    made.apply(ShowWindows(length=length))
    assert made.look() is None


def test_rows_are_judged_by_rates_and_not_by_what_grows_with_the_window() -> None:
    made = engine()
    floor = Rule(name="revenue", kpi="revenue", comparison=Comparison.BELOW, levels=Levels(warn=1e9), for_=0)
    made.rules = (*made.rules, floor)
    made.apply(ShowWindows(length=HOUR))
    push_hours(made, 2)
    rows = looked(made).filter(pl.col("gateway_name") == "*")
    assert rows["alert_flag"].unique().to_list() == ["WARN"]
    assert rows["alert_reason"].str.contains("p95").all()
    assert not rows["alert_reason"].str.contains("revenue").any()
