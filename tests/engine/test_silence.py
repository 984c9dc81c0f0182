"""A long silence costs little, and moves alerts just as its panes would one by one."""

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference import Event, frame
from revtui.core.alertbook import AlertBook
from revtui.core.alerts import Alert, AlertPolicy, Transition
from revtui.core.contracts import classic, contracts
from revtui.core.rules import Comparison, Levels, Rule, judge
from revtui.core.windows import WindowPolicy
from revtui.engine import engine as engine_module
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings, Results

MINUTE = 60_000_000
HOUR = 60 * MINUTE

RULES = (
    *contracts(),
    Rule(
        name="quiet",
        kpi="freshness",
        comparison=Comparison.ABOVE,
        levels=Levels(warn=3, crit=90),
        for_=20 * MINUTE,
    ),
    Rule(
        name="floor",
        kpi="revenue",
        comparison=Comparison.BELOW,
        levels=Levels(warn=2, crit=1),
        for_=45 * MINUTE,
        clear_ratio=1.5,
    ),
    Rule(name="crowd", kpi="active_users", comparison=Comparison.AT_LEAST, levels=Levels(warn=2, crit=3)),
    Rule(
        name="few",
        kpi="active_users",
        comparison=Comparison.BELOW,
        levels=Levels(warn=3, crit=1),
        keep_firing_for=40 * MINUTE,
    ),
    Rule(name="many", kpi="events", comparison=Comparison.ABOVE, levels=Levels(warn=1)),
)


def settings_of(rules: tuple[Rule, ...]) -> EngineSettings:
    return EngineSettings(
        policy=WindowPolicy(),
        currency="USD",
        currency_exponent=2,
        latency_sla_ms=1200,
        max_gateways=64,
        rules=rules,
        live=False,
    )


def run(engine: Engine, events: list[Event]) -> Results:
    engine.add_source("test")
    engine.push(encode(frame(events), currency="USD"))
    engine.end_source(0)
    return engine.drain()


def pane_by_pane(
    results: Results, rules: tuple[Rule, ...]
) -> tuple[tuple[Transition, ...], tuple[Alert, ...]]:
    """What the alerts come to when every pane is shown to them."""
    book = AlertBook(AlertPolicy(window_length=5 * MINUTE))
    found: list[Transition] = []
    for end, rows in groupby(results.closed.iter_rows(named=True), key=lambda row: row["window_end"]):
        found += book.step([judge(row, rules, currency_exponent=2) for row in rows], rules, at=end)
    return tuple(found), book.alerts


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    now, events = 1_700_000_000_000_000, []
    for number in range(draw(st.integers(1, 15))):
        now += draw(st.sampled_from([0, MINUTE // 2, 4 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR]))
        events.append(
            Event(
                event_ts=now - draw(st.sampled_from([0, 0, 3 * MINUTE])),
                event_id=str(number),
                user_id=draw(st.sampled_from(["u1", "u2", "u3"])),
                amount_minor=draw(st.sampled_from([50, 150, 5000])),
                gateway_name=draw(st.sampled_from([None, "stripe", "adyen"])),
                latency_ms=draw(st.sampled_from([None, 100, 5000])),
            )
        )
    return events


@settings(max_examples=40)
@given(streams(), st.sampled_from([RULES, classic()]), st.integers(1, 400))
def test_alerts_of_a_silence_move_as_pane_by_pane(
    events: list[Event], rules: tuple[Rule, ...], windows_at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "_WINDOWS_AT_ONCE", windows_at_once)
        engine = Engine(settings_of(rules))
        results = run(engine, events)
    transitions, alerts = pane_by_pane(results, rules)
    assert results.transitions == transitions
    assert engine.alerts == alerts


@settings(max_examples=25)
@given(streams(), st.integers(1, 300))
def test_rows_do_not_depend_on_how_many_windows_close_at_once(
    events: list[Event], windows_at_once: int
) -> None:
    expected = run(Engine(settings_of(contracts())), events)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "_WINDOWS_AT_ONCE", windows_at_once)
        results = run(Engine(settings_of(contracts())), events)
    assert results.closed.equals(expected.closed)
    assert results.revised.equals(expected.revised)
    assert results.final.equals(expected.final)
