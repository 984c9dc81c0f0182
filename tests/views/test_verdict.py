from dataclasses import replace

import pytest

from factories import MINUTE, NOW, SCENES, Figures, scene, source, steady
from revtui.core.alerts import Phase
from revtui.core.contracts import contracts
from revtui.core.severity import Severity
from revtui.engine.snapshot import SourceState, Status
from revtui.views.status import clock_of
from revtui.views.verdict import sentence

SENTENCES = {
    "healthy": "Nothing wrong: 4 gateways, 800 attempts, fail rate 6.2 %",
    "incident": "stripe: 41 of 52 payments fail (79 %) since 12:38Z, about $524/min of sales at stake",
    "outage": "Overall (adyen, kafka-pay +2): 280 of 400 payments fail (70 %) since 12:11Z,"
    " about $3,472/min of sales at stake (and 5 more breaches)",
    "recovering": "Recovering: payment fail rate of stripe back within its level, alert open since 12:29Z",
    "no_data": "No data yet: waiting for orders.csv",
    "warming_up": "No data yet: the first window is still open",
    "empty": "No events for 20 min before 12:40Z: sales are unknown, in the last window (5m to 12:40Z);"
    " no alert before",
    "low_volume": "Too little to judge by: 3 attempts in the 5m to 12:40Z",
    "stale": "No events for 14 min: the data stopped, sales are unknown",
    "silent": "No events for 4 min: sales since then are unknown",
    "catching_up": "Catching up: at 12:41:06Z, 2h behind",
    "disconnected": "Disconnected: no events since 12:41:06Z, sales are unknown",
    "ended": "Nothing wrong in the last window (5m to 12:40Z): 4 gateways, 800 attempts, fail rate 6.2 %;"
    " no alert before",
    "many_gateways": "Nothing wrong: 70 gateways, 12,288 attempts, fail rate 6.2 %",
    "unruled": "No rules, so nothing is judged: 4 gateways, 800 attempts, fail rate 6.2 %",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_sentence_for_every_scene(name: str) -> None:
    made = SCENES[name]()
    assert sentence(made.snapshot, clock=clock_of(made.snapshot, made.now, None)) == SENTENCES[name]


def test_money_at_stake_is_the_excess_over_the_first_level_times_the_average_purchase() -> None:
    def plan(gateway: str, back: int) -> Figures:
        return Figures(purchases=50, failed=50, average_minor=10_000)

    made = scene(plan, gateways=("stripe",), windows=3)
    # 50 failed - 15 % of 100 = 35 over the level; x $100 / 5 min = $700 a minute.
    assert "about $700/min of sales at stake" in sentence(made.snapshot, clock=NOW)


def test_nothing_is_said_of_money_without_a_purchase_to_average() -> None:
    made = scene(lambda _gateway, _back: Figures(purchases=0, failed=60), gateways=("stripe",), windows=3)
    assert sentence(made.snapshot, clock=NOW) == "stripe: 60 of 60 payments fail (100 %) since 12:38Z"


def test_other_breaches_name_value_and_level() -> None:
    made = scene(
        lambda gateway, back: replace(steady(gateway, back), latency_ms=1840.0),
        gateways=("stripe",),
        windows=4,
    )
    assert sentence(made.snapshot, clock=NOW) == "stripe: p95 latency 1,840 ms > 1,200 ms since 12:37Z"


def test_a_revenue_floor_is_said_in_money() -> None:
    rules = tuple(rule for rule in contracts(revenue_crit=20_000) if rule.kpi == "revenue")
    made = scene(lambda _gateway, _back: Figures(purchases=20), rules=rules, gateways=("a", "b"), windows=4)
    text = sentence(made.snapshot, clock=NOW)
    assert text == "Overall: revenue $3,156.00 < $20,000 since 12:37Z"


def test_two_culprits_without_an_overall_breach_are_both_named() -> None:
    def plan(gateway: str, back: int) -> Figures:
        failing = gateway in {"adyen", "stripe"}
        return Figures(purchases=20, failed=30) if failing else Figures(purchases=900, failed=10)

    made = scene(plan, windows=4)
    assert sentence(made.snapshot, clock=NOW).startswith(
        "adyen (also stripe): 30 of 50 payments fail (60 %) since 12:37Z"
    )


def test_a_source_that_cannot_be_read_is_the_reason_for_no_data() -> None:
    broken = source(state=SourceState.ERROR, detail="permission denied")
    made = scene(windows=0, sources=(broken,))
    assert sentence(made.snapshot, clock=NOW) == "No data yet: orders.csv cannot be read: permission denied"
    ended = scene(windows=0, status=Status.END, sources=(source(state=SourceState.ENDED),))
    assert sentence(ended.snapshot, clock=NOW) == "No data: the input held no event that counts"


def test_the_end_of_a_file_says_which_window_is_judged_and_what_was_before_it() -> None:
    made = SCENES["ended"]()
    text = sentence(made.snapshot, clock=made.snapshot.taken_at, over=49)
    assert text.startswith("Nothing wrong in the last window (5m to 12:40Z): ")
    assert text.endswith("; 49 alerts before")
    wrong = replace(SCENES["incident"]().snapshot, status=Status.END)
    text = sentence(wrong, clock=NOW, over=1)
    assert text.startswith("stripe: 41 of 52 payments fail (79 %) since 12:38Z")
    assert text.endswith(", in the last window (5m to 12:40Z); 1 alert before")


def test_a_breach_without_an_alert_yet_says_so() -> None:
    made = SCENES["incident"]()
    pending = tuple(replace(alert, phase=Phase.PENDING) for alert in made.snapshot.alerts)
    for alerts, end in (
        (pending, ", alert pending"),
        ((), ", no alert yet"),
        (made.snapshot.alerts, "at stake"),
    ):
        assert sentence(replace(made.snapshot, alerts=alerts), clock=NOW).endswith(end)


def test_a_time_of_another_day_carries_its_date() -> None:
    made = SCENES["disconnected"]()
    text = sentence(made.snapshot, clock=NOW + 12 * 60 * MINUTE)
    assert text == "Disconnected: no events since Mar 05 12:41:06Z, sales are unknown"


def test_what_was_wrong_before_a_silence_is_still_said() -> None:
    made = SCENES["incident"]()
    text = sentence(made.snapshot, clock=NOW + 3 * MINUTE)
    assert text.startswith("No events for 3 min; before that, stripe: 41 of 52 payments fail (79 %)")


def test_while_catching_up_what_was_wrong_then_is_said_as_of_then() -> None:
    made = SCENES["incident"]()
    text = sentence(replace(made.snapshot, catching_up=True), clock=NOW + 60 * MINUTE)
    assert text.startswith("Catching up: at 12:41:06Z, 1h behind; stripe: 41 of 52 payments fail")


def test_an_alert_that_cannot_be_judged_any_more_is_not_called_recovered() -> None:
    made = SCENES["recovering"]()
    alerts = tuple(replace(alert, unknown_since=NOW - MINUTE) for alert in made.snapshot.alerts)
    text = sentence(replace(made.snapshot, alerts=alerts, severity=Severity.UNKNOWN), clock=NOW)
    assert text == "Alert open since 12:29Z: payment fail rate of stripe cannot be judged, too little data"
