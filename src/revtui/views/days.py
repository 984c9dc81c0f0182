"""The business days: from midnight to midnight in the business zone, whole but for the one under way."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.money import format_money
from revtui.engine.snapshot import Snapshot
from revtui.views.values import counted, minute_text, moment, share_text


def today(snapshot: Snapshot, *, clock: int) -> str:
    """The newest business day so far; empty before the first event.

    It is called today when the clock says so, else by its date; the zone is named unless it is UTC, and when
    revtui began to count, unless it was before that day.
    """
    day = next(_days(snapshot), None)
    if day is None:
        return ""
    is_today = snapshot.live and day["date"] == moment(clock, snapshot.timezone).date()
    name = "today" if is_today else day["date"].isoformat()
    zone = "" if snapshot.timezone == "UTC" else f" ({snapshot.timezone})"
    first = snapshot.first_pane
    begun = "" if first is None or first <= day["day_start"] else f" since {minute_text(first)}"
    return f"{name}{zone}{begun}: {_figures(day, snapshot.currency)}"


def day_texts(snapshot: Snapshot) -> tuple[str, ...]:
    """The business days that are kept, a line each, the newest first."""
    return tuple(
        f"{day['date'].isoformat()}  {_figures(day, snapshot.currency)}, from {counted(day['events_count'], 'event')}"
        for day in _days(snapshot)
    )


def _days(snapshot: Snapshot) -> Iterator[Mapping[str, Any]]:
    """Of all gateways together, the newest first."""
    days = snapshot.days.filter(pl.col("gateway_name") == ALL_GATEWAYS).sort("date", descending=True)
    return days.iter_rows(named=True)


def _figures(day: Mapping[str, Any], currency: str) -> str:
    failing = day["payment_fail_rate"]
    rest = "" if failing is None else f", {share_text(failing)} fail"
    return (
        f"{format_money(day['revenue_minor'], currency)}, {counted(day['purchases_count'], 'purchase')}{rest}"
    )
