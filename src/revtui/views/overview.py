"""From a snapshot to one whole screen: cards, charts, gateways, status and the verdict sentence.

Pure: the same snapshot and the same `now` give the same view. Cards, sparklines and charts show
*final* values, of closed windows; the newest one still open is shown beside them as provisional, and all
of those on top of the windows table, because their figures can only be too small.

Windows of another length may be chosen. Cards, charts and tables are then of those, and judged only as far
as levels do not depend on the length; status, verdict and alerts stay with the configured length.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from revtui.core.durations import HOUR, format_duration
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME, KPIS, Kpi, Unit
from revtui.core.money import format_money
from revtui.core.reasons import sign_text
from revtui.core.rules import Rule, Verdict
from revtui.core.severity import Severity, worst
from revtui.engine.snapshot import Snapshot
from revtui.views import tables
from revtui.views.days import today
from revtui.views.lengths import is_another, rules_shown, verdicts_shown
from revtui.views.model import AlertRow, CardView, ChartView, OverviewView, PauseInfo, ThresholdLine
from revtui.views.status import build_status, clock_of
from revtui.views.values import (
    VOLUMES,
    age_text,
    figure,
    figures,
    in_chart,
    level_in_chart,
    level_text,
    value_text,
)
from revtui.views.verdict import sentence

SPARK_POINTS: Final = 60
"""A sparkline never needs more windows than this."""
_LARGE: Final = 10.0  # times: beyond it a percentage says nothing any more

Row = dict[str, Any]


def build(
    snapshot: Snapshot,
    *,
    now: int,
    span: int | None = HOUR,
    metric: str = "revenue",
    paused: PauseInfo | None = None,
    alerts: Sequence[AlertRow] = (),
) -> OverviewView:
    """The screen for a snapshot.

    Args:
        snapshot: What is known.
        now: Microseconds, by the clock the snapshot was taken by.
        span: Microseconds that charts reach back; None: everything retained.
        metric: Name of the KPI in the main chart.
        paused: Set when the screen is paused: the clock then stands still at `snapshot.taken_at`.
        alerts: The alert log, for the markers in the charts.

    Raises:
        KeyError: when `metric` is no KPI.
    """
    clock = clock_of(snapshot, now, paused)
    overall = snapshot.rows.filter(pl.col("gateway_name") == ALL_GATEWAYS)
    second = "fail_rate" if metric != "fail_rate" else "revenue"
    history = overall if span is None else overall.filter(pl.col("window_end") > _newest(overall) - span)
    return OverviewView(
        status=build_status(snapshot, now=now, paused=paused),
        verdict=sentence(snapshot, clock=clock, over=sum(a.ended_at is not None for a in alerts)),
        cards=tuple(_cards(snapshot, overall, clock)),
        main_chart=_chart(
            snapshot, history, KPI_BY_NAME[metric], span, [a for a in alerts if a.state != "pending"]
        ),
        second_chart=_chart(
            snapshot, history, KPI_BY_NAME[second], span, [a for a in alerts if a.kpi == second]
        ),
        gateways=tables.gateways(snapshot, stale=snapshot.is_stale(clock)),
        today=today(snapshot, clock),
        warming_up=_warming_up(snapshot),
    )


def _newest(overall: pl.DataFrame) -> int:
    """The end of the newest closed window; 0 before the first."""
    return int(overall.item(-1, "window_end")) if overall.height else 0


def _warming_up(snapshot: Snapshot) -> str:
    """How much of the first window there is."""
    if snapshot.warming_up is None:
        return ""
    there = age_text(max(0, snapshot.window - snapshot.warming_up))
    return f"warming up: window {there} of {format_duration(snapshot.window)}"


def _cards(snapshot: Snapshot, overall: pl.DataFrame, clock: int) -> list[CardView]:
    """One card per KPI, in the order of the table."""
    newest: Row | None = overall.row(-1, named=True) if overall.height else None
    before: Row | None = None
    if newest is not None:
        earlier = overall.filter(pl.col("window_end") == newest["window_end"] - HOUR)
        before = earlier.row(0, named=True) if earlier.height else None
        if before is not None and not (before["events_count"] and newest["events_count"]):
            before = None  # a gap is no zero to compare with
        if before is not None and before["window_start"] < (snapshot.first_pane or before["window_start"]):
            before = None  # nor is a window that nobody saw the whole of
    still_open: Row | None = None
    if snapshot.provisional is not None:
        rows = snapshot.provisional.filter(pl.col("gateway_name") == ALL_GATEWAYS)
        still_open = rows.row(-1, named=True) if rows.height else None
    recent = overall.tail(SPARK_POINTS)
    lag = snapshot.lag(clock)
    stale = f"{age_text(lag)} old" if lag is not None and snapshot.is_stale(clock) else ""
    judged = _Judged(verdicts_shown(snapshot), rules_shown(snapshot))
    return [_card(snapshot, kpi, judged, (newest, before, still_open), recent, stale, clock) for kpi in KPIS]


class _Judged(NamedTuple):
    """What is said of the newest window that is shown, and by which rules."""

    verdicts: Sequence[Verdict]
    rules: Sequence[Rule]


def _card(
    snapshot: Snapshot,
    kpi: Kpi,
    judged: _Judged,
    rows: tuple[Row | None, Row | None, Row | None],
    recent: pl.DataFrame,
    stale: str,
    clock: int,
) -> CardView:
    """One card from the newest closed row, the one an hour before, and the open one."""
    value, before, still_open = (None if row is None else figure(kpi, row) for row in rows)
    verdict = _verdict(judged, kpi)
    lag = snapshot.lag(clock) if kpi.name == "freshness" else None
    text = age_text(lag) if lag is not None else _text(snapshot, kpi, value)
    unjudged = Severity.UNKNOWN if value is None and lag is None else Severity.INFO
    severity = unjudged if verdict is None else verdict.severity
    threshold, threshold_short = _threshold(snapshot, judged, kpi, verdict)
    return CardView(
        kpi=kpi.name,
        label=kpi.label,
        short=kpi.short,
        value=text,
        change=_change(snapshot, kpi, value, before),
        threshold=threshold,
        threshold_short=threshold_short,
        severity=worst([severity, Severity.UNKNOWN]) if stale else severity,
        spark=_series(snapshot, kpi, recent),
        stale=stale,
        formula=kpi.formula,
        judged=verdict is not None,
        provisional="" if still_open is None else _text(snapshot, kpi, still_open),
        window=format_duration(snapshot.window) if is_another(snapshot) and not kpi.reaches_back else "",
        aside=_excluded(snapshot) if kpi.name == "revenue" else (),
    )


def _series(snapshot: Snapshot, kpi: Kpi, rows: pl.DataFrame) -> list[float | None]:
    """A KPI in each row, in the unit that charts show.

    Windows that began before the first event hold less than others: as soon as there are whole ones they are
    gaps, or a start would look like growth.
    """
    values = [in_chart(kpi, value, snapshot.currency_exponent) for value in figures(kpi, rows)]
    starts = rows.get_column("window_start").to_list()
    first = snapshot.first_pane
    if not kpi.grows or first is None or not starts or starts[-1] < first:
        return values
    return [value if start >= first else None for start, value in zip(starts, values, strict=True)]


def _excluded(snapshot: Snapshot) -> tuple[str, ...]:
    """The money that is in no KPI, the longest spelling first."""
    if not snapshot.excluded:
        return ()
    first = max(snapshot.excluded, key=lambda money: money.events)
    text = "+" + format_money(first.amount_minor, first.currency)
    more = len(snapshot.excluded) - 1
    if more:
        return (
            f"{text} +{more} more excluded",
            f"{more + 1} currencies excluded",
            f"{more + 1} excluded",
        )
    return (f"{text} excluded", f"{text} excl.", f"{first.currency} excluded")


def _text(snapshot: Snapshot, kpi: Kpi, value: float | None) -> str:
    return value_text(kpi, value, snapshot.currency, estimated=snapshot.users_estimated)


def _verdict(judged: _Judged, kpi: Kpi) -> Verdict | None:
    """The worst verdict on a KPI over all gateways; None when no rule judges it."""
    found = [v for v in judged.verdicts if v.kpi == kpi.name and v.gateway_name == ALL_GATEWAYS]
    return max(found, key=lambda verdict: verdict.severity, default=None)


def _change(snapshot: Snapshot, kpi: Kpi, value: float | None, before: float | None) -> str:
    """Against an hour before: points for shares, minutes for freshness, percent for everything else.

    Where a percentage would mislead (from nothing, from below zero, more than tenfold) it is a difference.
    """
    if value is None or before is None:
        return ""
    change = value - before
    if kpi.unit is Unit.SHARE:
        return f"{change * 100:+,.1f} pp vs 1h"
    if kpi.unit is Unit.MINUTES:
        return f"{change:+,.0f} min vs 1h"
    if before <= 0 or abs(change) > _LARGE * before:
        return f"{'-' if change < 0 else '+'}{_text(snapshot, kpi, abs(change))} vs 1h"
    return f"{change / before * 100:+,.1f} % vs 1h"


def _threshold(snapshot: Snapshot, judged: _Judged, kpi: Kpi, verdict: Verdict | None) -> tuple[str, str]:
    """The level breached, or the next in line; how many observations are missing when there are too few.

    Of a level that does not hold for the windows shown, for which it does. And the same where room is
    scarce, if that is another text.
    """
    rule = _rule_of(judged, kpi, verdict)
    if rule is None and any(known.kpi == kpi.name for known in snapshot.rules):
        length = format_duration(snapshot.policy.length)
        return f"judged in {length} windows", f"judged in {length}"
    if rule is None:
        return "", ""
    levels = rule.levels
    if verdict is not None and verdict.severity is Severity.UNKNOWN and (verdict.n or 0) < rule.min_volume:
        noun, number = VOLUMES[str(kpi.volume)], verdict.n or 0
        return (
            f"needs {rule.min_volume:,} {noun}, has {number:,}",
            f"{number:,} of {rule.min_volume:,} {noun}",
        )
    crit_first = levels.warn is None or (verdict is not None and verdict.severity is Severity.CRIT)
    word, level = ("CRIT", levels.crit) if crit_first and levels.crit is not None else ("WARN", levels.warn)
    return "" if level is None else _level_label(snapshot, kpi, rule, word, level), ""


def _rule_of(judged: _Judged, kpi: Kpi, verdict: Verdict | None) -> Rule | None:
    """The rule behind a verdict, or the first one on the KPI."""
    rules = [rule for rule in judged.rules if rule.kpi == kpi.name]
    named = [rule for rule in rules if verdict is not None and rule.name == verdict.rule]
    return next(iter(named or rules), None)


def _level_label(snapshot: Snapshot, kpi: Kpi, rule: Rule, word: str, level: float) -> str:
    """`CRIT ≥ 30 %`."""
    text = level_text(kpi, level, snapshot.currency, snapshot.currency_exponent)
    return f"{word} {sign_text(rule.comparison)} {text}"


def _chart(
    snapshot: Snapshot,
    history: pl.DataFrame,
    kpi: Kpi,
    span: int | None,
    alerts: Sequence[AlertRow],
) -> ChartView:
    """The series of one KPI over all gateways."""
    times = history.get_column("window_end").to_list()
    start = times[0] if times else 0
    return ChartView(
        title=kpi.label.capitalize(),
        unit=_chart_unit(snapshot, kpi),
        times=times,
        values=_series(snapshot, kpi, history),
        thresholds=_threshold_lines(snapshot, kpi),
        markers=[(row.began_at, row.sev) for row in alerts if row.began_at >= start],
        span="all" if span is None else format_duration(span),
        live=snapshot.live,
    )


def _chart_unit(snapshot: Snapshot, kpi: Kpi) -> str:
    """The unit in a chart's title."""
    window = format_duration(snapshot.window)
    chosen = f" in {window}" if is_another(snapshot) and not kpi.reaches_back else ""
    match kpi.unit:
        case Unit.MONEY:
            return f"{snapshot.currency} / {window}"
        case Unit.SHARE:
            return f"%{chosen}"
        case Unit.COUNT if kpi.reaches_back:
            return "in 30m" + (", an estimate (~)" if snapshot.users_estimated else "")
        case Unit.COUNT:
            return f"per {window}"
        case Unit.MILLISECONDS | Unit.MINUTES:
            return f"{kpi.unit.value}{chosen}"


def _threshold_lines(snapshot: Snapshot, kpi: Kpi) -> list[ThresholdLine]:
    """A line per level of the rules on a KPI."""
    return [
        ThresholdLine(
            value=level_in_chart(kpi, level),
            label=_level_label(snapshot, kpi, rule, severity.name, level),
            severity=severity,
        )
        for rule in rules_shown(snapshot)
        if rule.kpi == kpi.name
        for severity, level in (
            (Severity.WARN, rule.levels.warn),
            (Severity.CRIT, rule.levels.crit),
        )
        if level is not None
    ]
