from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import (
    GATEWAYS,
    HOSTILE_NAMES,
    HOUR,
    MINUTE,
    NEWEST_END,
    NOW,
    SCENES,
    SECOND,
    Figures,
    Scene,
    ended,
    healthy,
    incident,
    scene,
    simulated,
    source,
    stale,
    steady,
    unruled,
)  # fmt: skip
from golden import assert_golden
from revtui.core.alerts import Phase
from revtui.core.contracts import contracts
from revtui.core.kpis import ALL_GATEWAYS, KPIS
from revtui.core.rules import Comparison, Levels, Rule
from revtui.core.severity import Severity
from revtui.core.text import sanitise
from revtui.engine.snapshot import Excluded, SourceState, Status
from revtui.tui.widgets.card import card_lines
from revtui.views.alerts import alert_detail
from revtui.views.model import CardView, OverviewView, PauseInfo
from revtui.views.overview import build
from revtui.views.palette import word
from revtui.views.sparkline import sparkline
from revtui.views.tables import WINDOW_COLUMNS, windows
from revtui.views.widths import fit, width_of

GOLDEN = Path(__file__).parent / "golden"


def view_of(made: Scene, **options: Any) -> OverviewView:
    return build(made.snapshot, now=made.now, alerts=made.alerts, **options)


def card(view: OverviewView, kpi: str) -> CardView:
    return next(one for one in view.cards if one.kpi == kpi)


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item)]
    return []


def sheet(view: OverviewView, width: int) -> str:
    """The whole view as plain lines of one width."""
    status = view.status
    counts = " ".join(f"{word(severity)} {number}" for severity, number in status.counts)
    lines = [
        f"{status.word}{' SIMULATED' if status.simulated else ''} {status.clock} {status.local_clock} {status.detail}",
        f"{status.source} win {status.window} lag {status.lag} {counts} {word(status.severity)}",
        f"accounting: {status.accounting}",
        *(f"! {problem}" for problem in status.problems),
        view.verdict,
        view.warming_up,
    ]
    for one in view.cards:
        state = word(one.severity) if one.judged else ""
        lines.append(
            f"{one.label:<13}{one.value:>12} {sparkline(one.spark, 8)} {one.change:<18} {one.threshold} {state} {one.stale}"
        )
    for row in view.gateways:
        name = fit(row.name, 10)
        lines.append(
            f"{name} {word(row.severity):<4} {row.revenue:>12} {row.fail_rate:>8} {row.p95:>9} {row.attempts}"
        )
    return "\n".join(fit(line, width) for line in lines) + "\n"


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(
    "name", ["healthy", "incident", "no_data", "huge_money", "negative_net", "late", "stale", "hostile_names"]
)
def test_the_view_reads_as_approved(name: str, width: int) -> None:
    text = sheet(view_of(SCENES[name]()), width)
    assert {width_of(line) for line in text.splitlines()} == {width}
    assert_golden(GOLDEN / f"overview_{name}_{width}.txt", text)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("metric", [kpi.name for kpi in KPIS])
def test_every_scene_builds_with_every_metric_and_says_no_nan(name: str, metric: str) -> None:
    for text in texts(view_of(SCENES[name](), metric=metric)):
        assert "nan" not in text.lower().split()
        assert "inf" not in text.lower().split()
        assert "None" not in text


@pytest.mark.parametrize("name", sorted(SCENES))
def test_every_text_of_a_view_is_safe_to_show_except_names_that_fit_cleans(name: str) -> None:
    view = view_of(SCENES[name]())
    for text in [*texts(view.status), view.verdict, *(t for one in view.cards for t in texts(one))]:
        assert sanitise(text) == text


FIGURES = st.builds(
    Figures,
    purchases=st.integers(0, 10**6),
    failed=st.integers(0, 10**6),
    logins=st.integers(0, 100),
    average_minor=st.integers(0, 10**15),
    refunds_minor=st.integers(0, 10**24),
    latency_ms=st.floats(0, 4_200_000),
    users=st.integers(0, 5_000_000),
    freshness=st.none() | st.integers(0, 100_000),
    revision=st.integers(0, 10**6),
)


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.sampled_from(GATEWAYS + HOSTILE_NAMES), FIGURES, max_size=4), max_size=4),
    st.sampled_from(Status),
    st.integers(-HOUR, 100 * HOUR),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_any_snapshot_builds(
    panes: list[dict[str, Figures]], status: Status, later: int, currency: str
) -> None:
    made = scene(
        lambda name, back: panes[-1 - back].get(name),
        gateways=GATEWAYS + HOSTILE_NAMES,
        windows=len(panes),
        now=NOW + later,
        status=status,
        currency=currency,
        rules=contracts(revenue_warn=500, revenue_crit=200),
    )
    view = view_of(made)
    assert not {"nan", "inf"} & {part for text in texts(view) for part in text.lower().split()}
    assert {width_of(line) for line in sheet(view, 80).splitlines()} == {80}


def test_the_same_snapshot_gives_the_same_view() -> None:
    assert view_of(incident()) == view_of(incident())


def test_cards_show_final_values_and_the_open_window_beside_them() -> None:
    made = healthy()
    revenue = card(view_of(made), "revenue")
    assert revenue.value == "$59,175.00"
    assert revenue.provisional == "$19,725.00"
    assert revenue.spark[-1] == 59_175.0
    assert (
        card(view_of(replace(made, snapshot=replace(made.snapshot, provisional=None))), "revenue").provisional
        == ""
    )


def test_changes_are_points_for_shares_minutes_for_freshness_and_percent_for_the_rest() -> None:
    def plan(gateway: str, back: int) -> Figures:
        return (
            Figures(purchases=80, failed=20, freshness=3)
            if back == 0
            else Figures(purchases=40, failed=10 if back else 0)
        )

    view = view_of(scene(plan, gateways=("stripe",)))
    assert card(view, "purchases").change == "+100.0 % vs 1h"
    assert card(view, "fail_rate").change == "+0.0 pp vs 1h"
    assert card(view, "freshness").change == "+3 min vs 1h"


def test_a_change_from_nothing_or_from_below_zero_is_a_difference() -> None:
    def plan(gateway: str, back: int) -> Figures:
        return Figures(refunds_minor=0 if back == 0 else 2_000_000)

    view = view_of(scene(plan, gateways=("stripe",)))
    assert card(view, "net_revenue").change == "+$20,000.00 vs 1h"
    assert card(view, "refunds").change == "-100.0 % vs 1h"


def test_a_gap_an_hour_before_is_no_zero_to_compare_with() -> None:
    def plan(gateway: str, back: int) -> Figures | None:
        return None if 58 <= back <= 70 else steady(gateway, back)

    assert {one.change for one in view_of(scene(plan)).cards} == {""}
    gap_now = scene(lambda gateway, back: None if back < 6 else steady(gateway, back))
    assert {one.change for one in view_of(gap_now).cards} == {""}


def test_a_source_without_user_ids_has_no_active_users_and_not_none_of_them() -> None:
    made = scene(lambda gateway, back: replace(steady(gateway, back), users=0))
    users = card(view_of(made), "active_users")
    assert (users.value, set(users.spark)) == ("no data", {None})
    assert {row.users for row in view_of(made).gateways} == {"no data"}
    assert view_of(made, metric="active_users").main_chart.values == [None] * 60
    assert card(view_of(SCENES["empty"]()), "active_users").value == "0"


def test_there_is_no_change_without_a_window_an_hour_before() -> None:
    assert all(one.change == "" for one in view_of(scene(windows=60)).cards)
    assert all(one.change == "" for one in view_of(scene(windows=64)).cards), "nor without a whole one"
    assert card(view_of(scene(windows=65)), "revenue").change


def test_the_threshold_is_the_level_breached_or_the_next_in_line() -> None:
    def failing(failed: int) -> str:
        plan = lambda _gateway, _back: Figures(purchases=100 - failed, failed=failed)  # noqa: E731 - one number differs
        return card(view_of(scene(plan, windows=5)), "fail_rate").threshold

    assert [failing(failed) for failed in (5, 20, 40)] == ["WARN > 15 %", "WARN > 15 %", "CRIT > 30 %"]


def test_too_few_observations_are_counted_on_the_card() -> None:
    view = view_of(SCENES["low_volume"]())
    assert card(view, "fail_rate").threshold == "needs 20 attempts, has 3"
    for width, text in ((24, "needs 20 attempts, has 3"), (23, "3 of 20 attempts"), (16, "3 of 20 attempts")):
        lines = card_lines(card(view, "fail_rate"), width, 3)
        assert "".join(part for part, _role in lines[2]).strip() == text
    assert card(view, "fail_rate").severity is Severity.UNKNOWN


def test_a_card_that_no_rule_judges_is_not_ok() -> None:
    for one in view_of(unruled()).cards:
        assert not one.judged
        assert one.severity is Severity.INFO
        assert one.threshold == ""


@pytest.mark.fault("F66")
def test_no_data_is_unknown_and_never_zero_or_ok() -> None:
    for one in view_of(SCENES["no_data"]()).cards:
        assert one.value == "no data"
        assert one.severity is Severity.UNKNOWN
        assert list(one.spark) == []


@pytest.mark.fault("F66")
def test_live_data_that_stopped_are_stale_and_freshness_follows_the_clock() -> None:
    view = view_of(stale())
    assert {one.stale for one in view.cards} == {"14m old"}
    assert card(view, "freshness").value == "14m"
    assert card(view, "freshness").severity is Severity.CRIT
    assert view.status.lag == "14m"


def test_data_are_stale_only_after_a_bound_and_a_hop() -> None:
    made = healthy()
    newest = made.snapshot.newest_event or 0
    for age, expected in ((2 * MINUTE, ""), (2 * MINUTE + SECOND, "2m1s old")):
        assert build(made.snapshot, now=newest + age).cards[0].stale == expected


@pytest.mark.fault("F66")
def test_a_silence_is_called_ok_nowhere() -> None:
    view = view_of(SCENES["silent"]())
    assert view.status.severity is Severity.UNKNOWN
    assert {one.severity for one in view.cards} == {Severity.UNKNOWN}
    assert {row.severity for row in view.gateways} == {Severity.UNKNOWN}
    made = healthy()
    aged = build(made.snapshot, now=made.now + 4 * MINUTE)
    assert aged.status.severity is Severity.UNKNOWN
    assert aged.verdict == "No events for 4 min: sales since then are unknown"


def test_a_finite_file_is_never_stale() -> None:
    view = view_of(ended())
    assert {one.stale for one in view.cards} == {""}
    assert card(view, "freshness").value == "0 min"
    assert (view.status.word, view.status.lag, view.status.clock) == ("END", "", "2026-03-05 12:41:07Z")
    assert not view.main_chart.live


def test_a_lost_source_is_stale_at_once_and_keeps_the_last_data() -> None:
    view = view_of(SCENES["disconnected"]())
    assert view.status.word == "DISCONNECTED"
    assert view.status.detail == "retry in 4s: connection refused"
    assert view.cards[0].value == "$59,175.00"
    assert view.cards[0].stale == "1.0s old"
    assert "orders.csv (error)" in view.status.source


def test_a_pause_freezes_the_clock_and_counts_what_goes_on_behind_it() -> None:
    made = healthy()
    pause = PauseInfo(since=NOW, events=412, alerts=3)
    view = build(made.snapshot, now=NOW + 134 * SECOND, paused=pause)
    assert view.status.word == "PAUSED"
    assert view.status.clock == "12:41:07Z"
    assert view.status.detail == "02:14 (+412 ev, +3 alerts)"
    assert view.cards[0].stale == ""


def test_the_business_zone_has_its_own_clock() -> None:
    status = view_of(simulated()).status
    assert (status.clock, status.local_clock, status.simulated) == ("12:41:07Z", "13:41 CET", True)
    assert view_of(healthy()).status.local_clock == ""


def test_a_clock_that_is_not_todays_carries_its_date() -> None:
    made = healthy()
    pause = PauseInfo(since=NOW)
    assert build(made.snapshot, now=NOW + HOUR, paused=pause).status.clock == "12:41:07Z"
    overnight = build(made.snapshot, now=NOW + 12 * HOUR, paused=pause)
    assert overnight.status.clock == "2026-03-05 12:41:07Z"
    assert view_of(SCENES["replayed"]()).status.clock == "2026-03-05 12:41:07Z"


def test_a_breach_that_has_not_held_is_counted_as_pending() -> None:
    made = incident()
    alerts = tuple(replace(alert, phase=Phase.PENDING) for alert in made.snapshot.alerts)
    status = view_of(replace(made, snapshot=replace(made.snapshot, alerts=alerts))).status
    assert (status.counts[0], status.pending) == ((Severity.CRIT, 0), 1)
    frozen = tuple(replace(alert, unknown_since=NOW) for alert in alerts)
    assert view_of(replace(made, snapshot=replace(made.snapshot, alerts=frozen))).status.pending == 0
    assert view_of(made).status.pending == 0


def test_a_source_is_named_with_its_folders_where_there_is_room() -> None:
    name = "/var/data/orders.csv"
    made = scene(status=Status.END, sources=(source(name=name, state=SourceState.ENDED),))
    status = view_of(made).status
    assert (status.source, status.source_short) == (name, "orders.csv")
    followed = view_of(scene(sources=(source(name=name, state=SourceState.IDLE), source()))).status
    assert (followed.source, followed.source_short) == (f"{name} (idle) +1", "orders.csv (idle) +1")
    url = "postgresql://host/db?table=raw_events"
    assert view_of(scene(sources=(source(name=url),))).status.source_short == url


def test_the_accounting_is_shown_as_its_identity() -> None:
    status = view_of(SCENES["late"]()).status
    assert (
        status.accounting == "read 1,204 = 1,180 counted + 3 duplicate + 1 late + 12 quarantined + 8 filtered"
    )
    assert status.problems == (
        "12 quarantined, mostly bad_amount (9)",
        "1 event too late for any window",
        "1 duplicate with another payload",
    )


@pytest.mark.fault("F51")
def test_money_in_other_currencies_is_in_sight_with_its_own_decimals() -> None:
    assert view_of(SCENES["two_currencies"]()).status.problems == (
        "excluded from revenue: €4,123.55 in 31 events in EUR",
        "excluded from revenue: ¥98,000 in 1 event in JPY",
    )


def test_excluded_money_stands_on_the_revenue_card_in_the_longest_spelling_that_fits() -> None:
    made = scene(excluded=(Excluded(currency="EUR", events=31, amount_minor=600_000),))
    revenue = card(view_of(made), "revenue")
    assert revenue.aside == ("+€6,000.00 excluded", "+€6,000.00 excl.", "EUR excluded")
    assert {one.aside for one in view_of(made).cards if one.kpi != "revenue"} == {()}
    two = card(view_of(SCENES["two_currencies"]()), "revenue").aside
    assert two == ("+€4,123.55 +1 more excluded", "2 currencies excluded", "2 excluded")
    for height, width, line in (
        (2, 22, "+€6,000.00 excluded"),
        (3, 16, "+€6,000.00 excl."),
        (2, 14, "EUR excluded"),
    ):
        lines = ["".join(text for text, _role in one) for one in card_lines(revenue, width, height)]
        assert [one.strip() for one in lines].count(line) == 1


def test_that_the_data_are_simulated_is_a_status_and_no_problem() -> None:
    status = view_of(simulated()).status
    assert status.simulated
    assert status.problems == ()


def test_hidden_gateways_and_estimates_are_said() -> None:
    view = view_of(SCENES["many_gateways"]())
    assert view.status.problems == ("(other) hides 7 gateways", "active users are an estimate (~)")
    assert card(view, "active_users").value.startswith("~")
    assert len(view.gateways) == 64


def test_active_users_that_are_an_estimate_are_marked_wherever_they_stand() -> None:
    few = Rule(
        name="users", kpi="active_users", comparison=Comparison.BELOW, levels=Levels(warn=5000), for_=MINUTE
    )
    made = scene(rules=(few,), users_estimated=True)
    view = view_of(made, metric="active_users")
    assert card(view, "active_users").value == "~607"
    assert all(row.users.startswith("~") for row in view.gateways)
    assert view.main_chart.unit == "in 30m, an estimate (~)"
    assert "active users ~607 < 5,000" in view.verdict
    row = windows(made.snapshot)[1]
    assert row.cells[WINDOW_COLUMNS.index("users")] == "~607"
    assert row.cells[WINDOW_COLUMNS.index("reason")] == "active users ~607 < 5,000"
    alert = made.alerts[0]
    assert (alert.value_text, alert.text) == ("~607", "active users ~607 < 5,000")
    details = dict(alert_detail(alert, made.snapshot))
    assert details["worst"].startswith("~")
    assert not [text for text in texts(view_of(scene(rules=(few,)))) if "~" in text]


def test_windows_of_another_length_are_what_cards_charts_and_gateways_show() -> None:
    made = SCENES["hour"]()
    view = view_of(made)
    newest = made.snapshot.rows.filter(pl.col("gateway_name") == ALL_GATEWAYS).row(-1, named=True)
    assert card(view, "purchases").value == f"{newest['purchases_count']:,}"
    assert [one.kpi for one in view.cards if not one.window] == ["active_users", "freshness"]
    assert {one.window for one in view.cards} == {"", "1h"}
    assert (view.status.window, view.status.judged_window) == ("1h", "5m")
    assert (view.main_chart.unit, view.second_chart.unit) == ("USD / 1h", "% in 1h")
    assert view.main_chart.values[-1] == newest["revenue_minor"] / 100
    assert view.main_chart.thresholds == [], "the floor is one of five minutes"
    assert [line.label for line in view.second_chart.thresholds] == ["WARN > 15 %", "CRIT > 30 %"]
    assert "41 of 52 payments fail in 5m (79 %)" in view.verdict
    assert view.status.counts[0] == (Severity.CRIT, 1)


def test_a_level_that_holds_for_other_windows_is_no_level_of_the_card() -> None:
    made = SCENES["hour"]()
    view = view_of(made)
    revenue, rate = card(view, "revenue"), card(view, "fail_rate")
    assert (revenue.threshold, revenue.threshold_short) == ("judged in 5m windows", "judged in 5m")
    assert (revenue.judged, revenue.severity, revenue.sign) == (False, Severity.INFO, "·")
    assert (rate.threshold, rate.judged, rate.severity) == ("WARN > 15 %", True, Severity.OK)
    assert card(view, "purchases").threshold == "", "nobody judges it in any windows"
    usual = view_of(scene(rules=made.snapshot.rules))
    assert card(usual, "revenue").threshold == "WARN < $30,000"
    assert (card(usual, "revenue").window, usual.status.judged_window) == ("", "")


def test_a_gateway_is_no_better_than_its_open_alerts_whatever_the_windows() -> None:
    rows = {row.name: row for row in view_of(SCENES["hour"]()).gateways}
    assert (rows["stripe"].severity, rows["stripe"].alarms) == (Severity.CRIT, {})
    assert rows["adyen"].severity is Severity.OK


def test_a_window_that_began_before_the_first_event_is_nothing_to_compare_with() -> None:
    made = scene()
    newest = made.snapshot.rows["window_end"][-1]
    for first, change in ((newest - HOUR - 5 * MINUTE, True), (newest - HOUR - 4 * MINUTE, False)):
        view = view_of(replace(made, snapshot=replace(made.snapshot, first_pane=first)))
        assert bool(card(view, "revenue").change) is change


def test_a_start_does_not_look_like_growth() -> None:
    made = scene(windows=10)
    first = made.snapshot.rows["window_start"][0] + 4 * MINUTE
    view = view_of(replace(made, snapshot=replace(made.snapshot, first_pane=first)))
    assert [value is None for value in view.main_chart.values] == [True] * 4 + [False] * 6
    assert [value is None for value in card(view, "purchases").spark] == [True] * 4 + [False] * 6
    assert None not in view.second_chart.values, "a rate of less is still a rate"
    young = replace(made.snapshot, first_pane=NEWEST_END - 3 * MINUTE)
    assert None not in view_of(replace(made, snapshot=young)).main_chart.values


def test_open_alerts_are_counted_with_crit_and_warn_always_present() -> None:
    assert view_of(healthy()).status.counts == ((Severity.CRIT, 0), (Severity.WARN, 0))
    assert view_of(SCENES["outage"]()).status.counts == ((Severity.CRIT, 5), (Severity.WARN, 5))


def test_charts_reach_back_as_far_as_asked() -> None:
    made = healthy()
    hour = view_of(made).main_chart
    assert (len(hour.times), hour.span, hour.unit, hour.live) == (60, "1h", "USD / 5m", True)
    assert hour.times[-1] == NEWEST_END
    everything = view_of(made, span=None).main_chart
    assert (len(everything.times), everything.span) == (90, "all")


def test_the_main_chart_shows_the_metric_chosen_in_its_unit() -> None:
    view = view_of(incident(), metric="slow_share")
    assert (view.main_chart.title, view.main_chart.unit) == ("Slow share", "%")
    assert view.main_chart.values[-1] == pytest.approx(2.0)
    assert [line.label for line in view.second_chart.thresholds] == ["WARN > 15 %", "CRIT > 30 %"]
    assert [line.value for line in view.second_chart.thresholds] == [15.0, 30.0]


def test_two_charts_never_show_the_same() -> None:
    view = view_of(incident(), metric="fail_rate")
    assert (view.main_chart.title, view.second_chart.title) == ("Fail rate", "Revenue")
    titles = [
        {one.main_chart.title, one.second_chart.title}
        for one in (view_of(healthy(), metric=kpi.name) for kpi in KPIS)
    ]
    assert all(len(pair) == 2 for pair in titles)


def test_alerts_mark_the_charts_where_they_began() -> None:
    view = view_of(incident())
    assert view.second_chart.markers == [(NEWEST_END - 2 * MINUTE, Severity.CRIT)]
    assert view.main_chart.markers == view.second_chart.markers


def test_gaps_in_a_rate_stay_gaps() -> None:
    made = scene(lambda name, back: None if 5 <= back < 9 else steady(name, back), windows=20)
    values = view_of(made).second_chart.values
    assert [value is None for value in values] == [11 <= index < 15 for index in range(20)]
    assert pl.Series(values).null_count() == 4


def test_the_rows_of_all_gateways_are_what_cards_show() -> None:
    made = healthy()
    row = made.snapshot.rows.filter(pl.col("gateway_name") == ALL_GATEWAYS).row(-1, named=True)
    assert card(view_of(made), "events").value == f"{row['events_count']:,}"
    assert [one.kpi for one in view_of(made).cards] == [kpi.name for kpi in KPIS]


def test_an_hour_is_warming_up_by_itself() -> None:
    made = SCENES["hour"]()
    young = replace(made.snapshot, warming_up=40 * MINUTE)
    assert view_of(replace(made, snapshot=young)).warming_up == "warming up: window 20m of 1h"


def test_warming_up_says_how_much_there_is() -> None:
    assert view_of(SCENES["warming_up"]()).warming_up == "warming up: window 2m10s of 5m"
    assert view_of(healthy()).warming_up == ""
