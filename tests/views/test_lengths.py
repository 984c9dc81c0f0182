"""Windows of another length are judged as they are shown; alerts and the verdict stay with the configured one."""

from dataclasses import replace

import polars as pl

from factories import MINUTE, SCENES
from revtui.core.rules import Comparison, Levels, Rule
from revtui.core.severity import Severity
from revtui.views.lengths import rules_shown, verdicts_shown
from revtui.views.overview import build

FLOOR = Rule(name="floor", kpi="revenue", comparison=Comparison.AT_MOST, levels=Levels(crit=10**9))
MADE = SCENES["outage"]()
CONFIGURED = replace(MADE.snapshot, rules=(*MADE.snapshot.rules, FLOOR))
CALM = CONFIGURED.rows.with_columns(payment_fail_rate=pl.lit(0.01))
HOURLY = replace(CONFIGURED, window=60 * MINUTE, rows=CALM)


def cards(snapshot: object) -> dict[str, object]:
    return {card.kpi: card for card in build(snapshot, now=MADE.now).cards}  # type: ignore[arg-type] # see the callers


def test_the_configured_windows_are_judged_by_all_rules() -> None:
    assert rules_shown(CONFIGURED) == CONFIGURED.rules
    assert verdicts_shown(CONFIGURED) == CONFIGURED.verdicts
    assert cards(CONFIGURED)["revenue"].threshold  # type: ignore[attr-defined] # a card


def test_others_are_judged_by_what_does_not_grow_with_them() -> None:
    assert FLOOR not in rules_shown(HOURLY)
    said = {(verdict.kpi, verdict.gateway_name): verdict.severity for verdict in verdicts_shown(HOURLY)}
    assert said["fail_rate", "*"] is Severity.OK
    assert ("revenue", "*") not in said
    shown = cards(HOURLY)
    assert (shown["revenue"].threshold, shown["revenue"].judged) == ("judged in 5m windows", False)  # type: ignore[attr-defined] # a card
    assert shown["fail_rate"].severity is Severity.OK  # type: ignore[attr-defined] # a card


def test_the_verdict_goes_by_the_configured_windows_whatever_is_shown() -> None:
    configured, hourly = (build(snapshot, now=MADE.now) for snapshot in (CONFIGURED, HOURLY))
    assert configured.verdict == hourly.verdict.replace(" in 5m", "") != hourly.verdict
    assert (configured.status.window, configured.status.judged_window) == ("5m", "")
    assert (hourly.status.window, hourly.status.judged_window) == ("1h", "5m")
    assert hourly.main_chart.unit.endswith("/ 1h")
