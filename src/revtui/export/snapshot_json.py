"""The JSON snapshot: exact data and the view of one moment, for scripts and dashboards.

Its fields are documented in docs/snapshot-json.md, which a test compares with what is written here.
Money is decimal text, times are ISO 8601 UTC, no data is null; NaN and infinities cannot occur.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from revtui.core.durations import format_duration
from revtui.core.money import format_minor
from revtui.core.rules import Rule, Verdict
from revtui.core.times import format_instant
from revtui.engine.snapshot import Snapshot, SourceStatus
from revtui.views.days import is_whole
from revtui.views.model import AlertRow, CardView, ChartView, OverviewView
from revtui.views.records import finite, public_days, public_rows
from revtui.views.verdict import stake

SCHEMA_VERSION: Final = 1
"""Rises when a field changes its meaning or goes; new fields do not raise it."""


def to_json(snapshot: Snapshot, overview: OverviewView, alerts: Sequence[AlertRow]) -> str:
    """One JSON object with a newline at its end.

    Args:
        snapshot: The exact data.
        overview: What is shown of it.
        alerts: The alert log; the open ones are written.
    """
    return (
        json.dumps(to_dict(snapshot, overview, alerts), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    )


def to_dict(snapshot: Snapshot, overview: OverviewView, alerts: Sequence[AlertRow]) -> dict[str, Any]:
    """The same as Python values that JSON knows."""
    still_open = [row for row in alerts if row.state in {"firing", "recovering"}]
    return {
        "schema": SCHEMA_VERSION,
        "status": snapshot.status.value,
        "simulated": snapshot.simulated,
        "severity": overview.status.severity.name,
        "stale": snapshot.is_stale(snapshot.taken_at),
        "verdict": overview.verdict,
        "taken_at": format_instant(snapshot.taken_at),
        "watermark": _time(snapshot.watermark),
        "newest_event": _time(snapshot.newest_event),
        "revision": snapshot.revision,
        "currency": snapshot.currency,
        "timezone": snapshot.timezone,
        "window": _policy(snapshot),
        "days": _days(snapshot),
        "warming_up": overview.warming_up or None,
        "accounting": asdict(snapshot.accounting),
        "excluded": [
            {
                "currency": money.currency,
                "events": money.events,
                "amount": format_minor(money.amount_minor, money.currency),
            }
            for money in snapshot.excluded
        ],
        "quarantine_reasons": dict(snapshot.quarantine_reasons),
        "other_gateways": snapshot.other_gateways,
        "users_estimated": snapshot.users_estimated,
        "events_per_second": finite(snapshot.events_per_second),
        "problems": list(overview.status.problems),
        "sources": [_source(source) for source in snapshot.sources],
        "windows": public_rows(snapshot.judged, snapshot.currency),
        "provisional": []
        if snapshot.provisional is None
        else public_rows(snapshot.provisional, snapshot.currency),
        "rules": [_rule(rule) for rule in snapshot.rules],
        "verdicts": [_verdict(verdict, snapshot) for verdict in snapshot.verdicts],
        "alerts": [_alert(row) for row in still_open],
        "cards": [_card(card) for card in overview.cards],
        "charts": [_chart(chart) for chart in (overview.main_chart, overview.second_chart)],
    }


def _time(us: int | None) -> str | None:
    return None if us is None else format_instant(us)


def _policy(snapshot: Snapshot) -> dict[str, str]:
    policy = snapshot.policy
    return {
        "length": format_duration(policy.length),
        "hop": format_duration(policy.hop),
        "bound": format_duration(policy.bound),
        "lateness": format_duration(policy.lateness),
        "shown": format_duration(snapshot.window),
    }


def _days(snapshot: Snapshot) -> list[dict[str, Any]]:
    whole = [is_whole(day, snapshot) for day in snapshot.days.iter_rows(named=True)]
    days = public_days(snapshot.days, snapshot.currency)
    return [day | {"complete": complete} for day, complete in zip(days, whole, strict=True)]


def _source(source: SourceStatus) -> dict[str, Any]:
    return {
        "name": source.name,
        "state": source.state.value,
        "since": format_instant(source.since),
        "detail": source.detail,
        "watermark": _time(source.watermark),
        "newest_event": _time(source.newest_event),
        "offset": source.offset,
        "read": source.read,
        "quarantined": source.quarantined,
        "live": source.live,
        "simulated": source.simulated,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "kpi": rule.kpi,
        "comparison": rule.comparison.value,
        "warn": finite(rule.levels.warn),
        "crit": finite(rule.levels.crit),
        "per_gateway": _per_gateway(rule),
        "min_volume": rule.min_volume,
        "for": format_duration(rule.for_),
        "sla": rule.sla,
    }


def _per_gateway(rule: Rule) -> dict[str, Mapping[str, float | None]]:
    return {
        name: {"warn": finite(levels.warn), "crit": finite(levels.crit)}
        for name, levels in rule.per_gateway.items()
    }


def _verdict(verdict: Verdict, snapshot: Snapshot) -> dict[str, Any]:
    at_stake = stake(snapshot, verdict)
    return {
        "rule": verdict.rule,
        "kpi": verdict.kpi,
        "gateway_name": verdict.gateway_name,
        "severity": verdict.severity.name,
        "value": finite(verdict.value),
        "threshold": finite(verdict.threshold),
        "n": verdict.n,
        "sla_breach": verdict.sla_breach,
        "sales_at_stake_per_min": None if at_stake is None else format_minor(at_stake, snapshot.currency),
        "reason": verdict.reason,
    }


def _alert(row: AlertRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "incident_id": row.incident_id,
        "severity": row.sev.name,
        "state": row.state,
        "rule": row.rule,
        "kpi": row.kpi,
        "gateway_name": row.gateway,
        "value": finite(row.value),
        "began_at": format_instant(row.began_at),
        "at": format_instant(row.at),
        "count": row.count,
        "acknowledged_by": row.ack_by or None,
        "silenced": row.silenced,
        "reason": row.text,
    }


def _card(card: CardView) -> dict[str, Any]:
    return {
        "kpi": card.kpi,
        "label": card.label,
        "value": card.value,
        "provisional": card.provisional or None,
        "change": card.change or None,
        "threshold": card.threshold or None,
        "severity": card.severity.name if card.judged or card.severity.name == "UNKNOWN" else None,
        "stale": card.stale or None,
        "formula": card.formula,
    }


def _chart(chart: ChartView) -> dict[str, Any]:
    return {
        "title": chart.title,
        "unit": chart.unit,
        "span": chart.span,
        "times": [format_instant(time) for time in chart.times],
        "values": [finite(value) for value in chart.values],
    }
