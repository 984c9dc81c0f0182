"""What the picture of a run says of it: how bad it is, how old, and by which rules it was judged."""

from dataclasses import replace

import polars as pl
import pytest
from test_runs import Running

from revtui.core.contracts import contracts
from revtui.core.rules import Comparison, Levels, Rule
from revtui.core.severity import Severity
from revtui.core.windows import MINUTE, WindowPolicy
from revtui.engine.commands import SetRule, ShowWindows
from revtui.engine.engine import EngineSettings
from revtui.engine.intake import Delivery, Intake
from revtui.engine.monitor import Monitor, MonitorSettings
from revtui.engine.snapshot import Snapshot, SourceState, newest_rows
from revtui.views.lengths import rules_shown, verdicts_shown
from scripted import BASE, SECOND, ScriptedSource, cut, purchase

DAY = 24 * 60 * MINUTE


def monitor_of(rows: list[dict[str, str]], *, live: bool = True, max_users: int = 1000) -> Monitor:
    """A monitor that has taken `rows`."""
    settings = MonitorSettings(
        engine=EngineSettings(
            policy=WindowPolicy(),
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=1200,
            max_gateways=64,
            max_users=max_users,
            rules=contracts(),
            live=live,
            archive=2 * DAY,
        ),
        max_jump=DAY,
        max_future_skew=5 * MINUTE,
        idle_timeout=60 * MINUTE,
        retention=2 * DAY,
    )
    monitor = Monitor([ScriptedSource("s", [], live=live)], settings, now=BASE)
    monitor.take(Delivery(events=monitor_events(rows), sources=0), now=BASE)
    return monitor


def monitor_events(rows: list[dict[str, str]]) -> pl.DataFrame:
    """Admitted events."""
    reading = Intake(ScriptedSource("s", [rows]), max_jump=DAY, max_future_skew=DAY).read(now=BASE + DAY)
    assert reading is not None
    return reading.events


def at(monitor: Monitor, us: int) -> Snapshot:
    """The picture so long after the newest event."""
    now = (monitor.engine.newest_event or 0) + us
    monitor.settle(now=now)
    return monitor.snapshot(now=now)


@pytest.fixture
def steady() -> Monitor:
    """Half an hour of good payments, up to the full minute."""
    return monitor_of([purchase(5 * turn, f"e{turn}", latency_ms="300") for turn in range(361)])


@pytest.mark.fault("F66")
@pytest.mark.parametrize(
    ("silence", "severity", "stale"),
    [
        (0, Severity.OK, False),
        (2 * MINUTE, Severity.OK, False),
        (2 * MINUTE + SECOND, Severity.UNKNOWN, True),
        (10 * MINUTE, Severity.UNKNOWN, True),
        (11 * MINUTE, Severity.CRIT, True),
    ],
)
def test_a_silence_is_unknown_long_before_it_is_an_alert(
    steady: Monitor, silence: int, severity: Severity, stale: bool
) -> None:
    snapshot = at(steady, silence)
    assert (snapshot.severity, snapshot.is_stale(snapshot.taken_at)) == (severity, stale)
    assert snapshot.lag(snapshot.taken_at) == silence


def test_a_picture_grows_stale_while_it_is_looked_at(steady: Monitor) -> None:
    snapshot = at(steady, 0)
    later = snapshot.taken_at + 3 * MINUTE
    assert (snapshot.severity, snapshot.severity_at(later)) == (Severity.OK, Severity.UNKNOWN)
    wrong = replace(snapshot, severity=Severity.WARN)
    assert wrong.severity_at(later) is Severity.WARN


def test_finite_data_never_grow_stale() -> None:
    monitor = monitor_of(
        [purchase(5 * turn, f"e{turn}", latency_ms="300") for turn in range(361)], live=False
    )
    monitor.end(0, now=BASE)
    monitor.settle(now=BASE)
    snapshot = monitor.snapshot(now=BASE + 400 * DAY)
    assert not snapshot.is_stale(snapshot.taken_at + DAY)
    assert snapshot.severity_at(snapshot.taken_at + DAY) is Severity.OK
    assert snapshot.lag(snapshot.taken_at + DAY) is None


def test_more_users_than_can_be_followed_are_said_to_be_an_estimate() -> None:
    rows = [purchase(5 * turn, f"e{turn}", user_id=f"u{turn}") for turn in range(361)]
    exact, estimated = (at(monitor_of(rows, max_users=most), 0) for most in (361, 100))
    assert (exact.users_estimated, estimated.users_estimated) == (False, True)
    users = [each.rows["active_users_30m"][-1] for each in (exact, estimated)]
    assert users[0] == 29 * 12  # the last minute is not closed yet
    assert users[1] == pytest.approx(29 * 12, rel=0.3)


def test_a_lost_source_makes_everything_stale_at_once(steady: Monitor) -> None:
    steady.mark(0, SourceState.ERROR, now=BASE, detail="gone")
    snapshot = at(steady, 0)
    assert snapshot.is_stale(snapshot.taken_at)
    assert snapshot.severity is Severity.UNKNOWN


def test_no_window_is_missing_between_the_closed_ones_and_the_newest(steady: Monitor) -> None:
    snapshot = at(steady, 0)
    assert snapshot.provisional is not None
    ends = [
        end
        for frame in (snapshot.rows, snapshot.provisional)
        for end in frame.filter(pl.col("gateway_name") == "*")["window_end"].to_list()
    ]
    assert ends == list(range(ends[0], ends[-1] + 1, MINUTE))
    newest = snapshot.newest_event or 0
    assert ends[-1] - MINUTE <= newest < ends[-1]
    assert len(snapshot.provisional) == 2


@pytest.mark.parametrize("live", [True, False])
def test_a_rule_judges_the_newest_window_at_once_and_alerts_from_the_next(live: bool) -> None:
    rows = [purchase(5 * turn, f"e{turn}", latency_ms="300", gateway_name="stripe") for turn in range(361)]
    monitor = monitor_of(rows, live=live)
    if not live:
        monitor.end(0, now=BASE)
    assert at(monitor, 0).severity is Severity.OK
    latency = next(rule for rule in contracts() if rule.kpi == "p95_latency")
    stricter = replace(latency, levels=Levels(warn=100, crit=200))
    monitor.apply(SetRule(rule=stricter))
    snapshot = at(monitor, 0)
    assert snapshot.severity is Severity.CRIT
    assert {v.gateway_name for v in snapshot.verdicts if v.severity is Severity.CRIT} == {"*", "stripe"}
    assert snapshot.alerts == ()
    assert set(snapshot.rows["alert_flag"]) <= {"OK", "UNKNOWN"}, "what was said at close stays said"
    monitor.apply(SetRule(rule=latency))
    assert at(monitor, 0).severity is Severity.OK
    if live:
        monitor.apply(SetRule(rule=stricter))
        events = monitor_events(
            [purchase(1800 + 5 * turn, f"n{turn}", latency_ms="300") for turn in range(40)]
        )
        monitor.take(Delivery(events=events, sources=0), now=BASE)
        assert at(monitor, 0).alerts


def bad_minute() -> Monitor:
    """Two good hours, and a bad last minute: enough to spoil five minutes, not an hour."""
    rows = [
        purchase(5 * turn, f"e{turn}", latency_ms="300", gateway_name="stripe") for turn in range(2 * 720 + 1)
    ]
    failed = [
        {
            "event_id": f"f{turn}",
            "event_ts": str(BASE + 7080 * SECOND + turn * SECOND),
            "event_type": "payment_failed",
            "gateway_name": "stripe",
        }
        for turn in range(50)
    ]
    return monitor_of(sorted([*rows, *failed], key=lambda row: int(row["event_ts"])))


def test_alerts_and_the_verdict_stay_with_the_configured_windows_whatever_is_shown() -> None:
    monitor = bad_minute()
    usual = at(monitor, 0)
    assert usual.window == 5 * MINUTE
    assert usual.severity is Severity.CRIT
    assert usual.judged.equals(newest_rows(usual.rows))
    monitor.apply(ShowWindows(length=60 * MINUTE))
    snapshot = at(monitor, 0)
    assert snapshot.window == 60 * MINUTE
    assert snapshot.judged.equals(usual.judged)
    assert (snapshot.verdicts, snapshot.severity) == (usual.verdicts, usual.severity)
    assert snapshot.alerts == usual.alerts
    rates = {v.gateway_name: v.severity for v in verdicts_shown(snapshot) if v.kpi == "fail_rate"}
    assert rates == {"*": Severity.OK, "stripe": Severity.OK}, "one bad minute is little of an hour"


def test_windows_of_another_length_are_judged_by_the_clock_and_not_by_amounts(steady: Monitor) -> None:
    floor = Rule(name="revenue", kpi="revenue", comparison=Comparison.BELOW, levels=Levels(warn=1e9))
    steady.apply(SetRule(rule=floor))
    steady.apply(ShowWindows(length=15 * MINUTE))
    snapshot = at(steady, 11 * MINUTE)
    assert {rule.kpi for rule in snapshot.rules} - {rule.kpi for rule in rules_shown(snapshot)} == {"revenue"}
    found = {v.kpi: v.severity for v in verdicts_shown(snapshot)}
    assert found == {
        "p95_latency": Severity.OK,
        "fail_rate": Severity.OK,
        "freshness": Severity.CRIT,
    }


def test_an_hour_is_warming_up_when_five_minutes_are_long_whole(steady: Monitor) -> None:
    assert at(steady, 0).warming_up is None
    steady.apply(ShowWindows(length=60 * MINUTE))
    snapshot = at(steady, 0)
    assert snapshot.warming_up == 31 * MINUTE  # of half an hour, less the bound
    assert snapshot.first_pane == BASE


def test_a_length_that_cannot_be_shown_leaves_the_configured_one(steady: Monitor) -> None:
    assert at(steady, 0).lengths == (MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE)
    for length in (90 * SECOND, 3 * DAY, 0, 5 * MINUTE):
        steady.apply(ShowWindows(length=length))
        assert at(steady, 0).window == 5 * MINUTE


@pytest.mark.fault("F68")
def test_a_backlog_read_at_once_is_no_rate_at_which_rows_come() -> None:
    rows = [purchase(2 * turn, f"e{turn}") for turn in range(3600)]
    source = ScriptedSource("s", cut(rows, [200]), live=True)
    with Running([source], now=BASE + 7200 * SECOND) as run:
        run.until(lambda snapshot: snapshot.accounting.counted == 3600 and not snapshot.catching_up)
        for _ in range(3):
            before = run.until(lambda _snapshot: True).revision
            run.clock.advance(2 * SECOND)
            snapshot = run.until(lambda snapshot, before=before: snapshot.revision > before + 1)  # type: ignore[misc] # mypy knows no default of a lambda
            assert snapshot.events_per_second < 1
