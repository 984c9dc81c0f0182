"""What `revtui watch` prints: a plain line per window and per transition, for pipes and screen readers.

Lines carry a date, no colour, no glyph and no box; a `WatchView` hands out only what it has not yet said.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from revtui.core.alerts import Transition
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME
from revtui.core.severity import Severity
from revtui.core.text import sanitise
from revtui.engine.snapshot import Snapshot
from revtui.views.values import counted, figure, minute_text, moment, reason_text, stamp_text, value_text

_SHOWN = ("revenue", "fail_rate", "p95_latency", "active_users", "freshness")


def window_line(row: Mapping[str, Any], currency: str, *, estimated: bool = False) -> str:
    """One closed window of all events as a sentence of figures.

    `row` has the columns of ROW_SCHEMA; `estimated`: whether active users are an estimate. The flag comes
    first, so that a reader hears it first.
    """
    figures = ", ".join(
        f"{kpi.label.lower()} {value_text(kpi, figure(kpi, row), currency, estimated=estimated)}"
        for kpi in map(KPI_BY_NAME.__getitem__, _SHOWN)
    )
    reason = f": {reason_text(row['alert_reason'], estimated=estimated)}" if row["alert_reason"] else ""
    flag = row["alert_flag"] or Severity.UNKNOWN.name
    revised = f" (revised by {row['revision']:,})" if row["revision"] else ""
    return sanitise(
        f"{moment(row['window_end']):%Y-%m-%d} {minute_text(row['window_end'])} window {flag}{revised} {counted(row['events_count'], 'event')}, {figures}{reason}"
    )


def transition_line(transition: Transition, *, estimated: bool = False) -> str:
    """One transition as a line; `estimated`: whether active users are an estimate."""
    name = "all gateways" if transition.gateway_name == ALL_GATEWAYS else transition.gateway_name
    muted = f" [{transition.muted_by}]" if transition.muted_by else ""
    return sanitise(
        f"{stamp_text(transition.at)} alert {transition.severity.name} {transition.rule} of {name}"
        f" {transition.from_} to {transition.to}{muted}: {reason_text(transition.reason, estimated=estimated)}"
    )


class WatchView:
    """Says every closed window and every revision of it once, in order."""

    def __init__(self) -> None:
        """Nothing has been said."""
        self._said: dict[int, int] = {}

    def news(self, snapshot: Snapshot) -> pl.DataFrame:
        """The rows of `*` (ROW_SCHEMA) that are new or revised since the last call, by window end."""
        overall = snapshot.rows.filter(pl.col("gateway_name") == ALL_GATEWAYS)
        known = dict(overall.select("window_end", "revision").iter_rows())
        fresh = [end for end, revision in known.items() if self._said.get(end, -1) < revision]
        self._said = known
        return overall.filter(pl.col("window_end").is_in(fresh))
