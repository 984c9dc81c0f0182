"""Windows of another length, looked at live, are those of an engine that was configured so."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import Event, frame
from revtui.core import archive
from revtui.core.contracts import contracts
from revtui.core.events import EventType
from revtui.core.rules import Comparison, Levels, Rule
from revtui.core.windows import MINUTE, WindowPolicy
from revtui.engine import lookback
from revtui.engine.commands import SetRule, ShowWindows
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
            look, theirs = ours.look(), configured.provisional()
            still_open = look.provisional if look is not None else None
            assert (still_open is None) == (theirs is None)
            if still_open is not None and theirs is not None:
                assert keyed(still_open) == keyed(theirs)
    for each in (ours, configured):
        each.end_source(0)
    results = configured.drain()
    rows |= keyed(results.closed) | keyed(results.revised)
    assert keyed(looked(ours)) == rows


def looked(engine: Engine) -> pl.DataFrame:
    look = engine.look()
    assert look is not None
    while not look.whole:
        before, look = look.rows, engine.look()
        assert look is not None
        assert look.rows.tail(before.height).equals(before), "what was seen stays"
    return look.rows


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
    look = made.look()
    assert look is not None
    assert look.length == 15 * MINUTE
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


def test_active_users_are_judged_whatever_the_length() -> None:
    made = engine()
    few = Rule(name="users", kpi="active_users", comparison=Comparison.BELOW, levels=Levels(warn=5), for_=0)
    made.rules = (few,)
    made.apply(ShowWindows(length=HOUR))
    push_hours(made, 2)
    assert looked(made).filter(pl.col("gateway_name") == "*")["alert_flag"].unique().to_list() == ["WARN"]


def test_a_look_makes_the_newest_windows_first_and_no_more_than_a_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookback, "_ROWS_AT_ONCE", 50)
    made = engine()
    push_hours(made, 8)
    made.apply(ShowWindows(length=15 * MINUTE))
    live, seen = 15 + 5, 0
    while (look := made.look()) is not None and not look.whole:
        assert look.rows["window_end"][-1] == BEGIN + (8 * 60 - 1) * MINUTE - MINUTE
        assert look.rows.height - seen <= 50 + live
        seen = look.rows.height
    assert look is not None
    assert look.rows["window_end"].to_list() == [BEGIN + n * MINUTE for n in range(1, 8 * 60 - 1)]


def test_after_a_leap_a_look_begins_anew_at_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookback, "_ROWS_AT_ONCE", 50)
    made = engine()
    made.apply(ShowWindows(length=15 * MINUTE))
    push_hours(made, 2)
    looked(made)
    push_hours(made, 8)
    look = made.look()
    assert look is not None
    assert look.rows.height <= 50 + 20
    assert looked(made).height == 8 * 60 - 2


def test_other_rules_judge_what_was_seen_anew() -> None:
    made = engine()
    made.apply(ShowWindows(length=15 * MINUTE))
    push_hours(made, 2)
    assert looked(made)["alert_flag"].unique().to_list() == ["WARN"]
    latency = next(rule for rule in made.rules if rule.kpi == "p95_latency")
    made.apply(SetRule(rule=replace(latency, levels=Levels(warn=9000))))
    assert looked(made)["alert_flag"].unique().to_list() == ["OK"]


def test_as_many_rows_are_kept_as_of_the_configured_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookback, "MAX_ROWS", 300)
    monkeypatch.setattr(lookback, "_ROWS_AT_ONCE", 50)
    made = engine()
    made.apply(ShowWindows(length=15 * MINUTE))
    for hours in range(1, 12):
        push_hours(made, hours)
        rows = looked(made)
        assert rows.height <= 300 + 25
        ends = rows["window_end"].to_list()
        assert ends == list(range(ends[0], BEGIN + (hours * 60 - 2) * MINUTE + 1, MINUTE))


def test_a_window_whose_latencies_are_kept_no_longer_has_no_p95(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MOST_CODES", 60)  # each pane has one
    made = engine()
    push_hours(made, 4)
    made.apply(ShowWindows(length=15 * MINUTE))
    rows = looked(made)
    lost = rows["p95_latency_ms"].is_null().to_list()
    assert lost == sorted(lost, reverse=True), "the oldest"
    assert 60 < rows.height - sum(lost) < 100
    assert set(rows["p95_latency_ms"].drop_nulls()) == {1500.0}
    assert rows["latency_count"].min() == 1


def test_a_gap_of_a_month_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MOST_BYTES", 1 << 20)
    made = engine(archive=1 << 62)
    for start in (BEGIN, BEGIN + 30 * 24 * HOUR):
        events = [Event(event_ts=start + n * MINUTE, event_id=f"{start}{n}") for n in range(120)]
        made.push(encode(frame(events), currency="USD"))
    made.end_source(0)
    kept = made.tally.archive
    assert kept.start > BEGIN // MINUTE
    assert kept.count <= kept.room(1)
    made.apply(ShowWindows(length=HOUR))
    assert looked(made)["events_count"].max() == 60
