"""The KPI table: every figure shown, with its words, its unit, its direction and its formula.

Cards, reasons of alerts, rules and the documentation are made from this table. How a figure is
computed stands in `engine.rows`, which a reference in the tests holds to the formulas here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl


class Unit(StrEnum):
    """What a KPI is measured in; views format by it."""

    COUNT = "count"
    MONEY = "money"  # minor units inside
    SHARE = "share"  # 0 to 1, shown as a percentage
    MILLISECONDS = "ms"
    MINUTES = "minutes"


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One figure of a window."""

    name: str
    """Name as a rule, a filter and a person say it."""
    column: str
    """Column in ROW_SCHEMA that holds it."""
    label: str
    """Heading of its card."""
    short: str
    """Heading where room is scarce (at most 8 characters)."""
    subject: str
    """What a sentence about it begins with, as in `payment fail rate 34.2 % > 30 %`."""
    unit: Unit
    direction: Direction
    volume: str | None
    """Column of ROW_SCHEMA that says how many observations it rests on, for minimum volumes."""
    formula: str
    """Shown under `?` and in the documentation."""
    reaches_back: bool = False
    """Whether it is of a span of its own before the window's end, whatever the length of the window."""

    @property
    def grows(self) -> bool:
        """Whether a longer window holds more of it, so that a level of it holds for one length only."""
        return self.unit in {Unit.MONEY, Unit.COUNT} and not self.reaches_back


KPIS: Final = (
    Kpi(name="revenue", column="revenue_minor", label="REVENUE", short="rev", subject="revenue", unit=Unit.MONEY, direction=Direction.UP, volume=None,
        formula="sum of the purchase amounts (gross)"),
    Kpi(name="fail_rate", column="payment_fail_rate", label="FAIL RATE", short="fail", subject="payment fail rate", unit=Unit.SHARE, direction=Direction.DOWN, volume="attempts_count",
        formula="payment_failed / (purchases + payment_failed)"),
    Kpi(name="p95_latency", column="p95_latency_ms", label="P95 LATENCY", short="p95", subject="p95 latency", unit=Unit.MILLISECONDS, direction=Direction.DOWN, volume="latency_count",
        formula="95th percentile of latency_ms, linearly interpolated"),
    Kpi(name="purchases", column="purchases_count", label="PURCHASES", short="buy", subject="purchases", unit=Unit.COUNT, direction=Direction.UP, volume=None,
        formula="count of purchases"),
    Kpi(name="active_users", column="active_users_30m", label="ACTIVE USERS", short="users", subject="active users", unit=Unit.COUNT, direction=Direction.UP, volume=None,
        formula="distinct user_id in the 30 minutes before the window's end", reaches_back=True),
    Kpi(name="freshness", column="data_freshness_minutes", label="FRESHNESS", short="fresh", subject="no event for", unit=Unit.MINUTES, direction=Direction.DOWN, volume=None,
        formula="whole minutes from the newest counted event to the window's end", reaches_back=True),
    Kpi(name="events", column="events_count", label="EVENTS", short="evt", subject="events", unit=Unit.COUNT, direction=Direction.NEUTRAL, volume=None,
        formula="count of counted events"),
    Kpi(name="failed", column="payment_failed_count", label="FAILED", short="failed", subject="failed payments", unit=Unit.COUNT, direction=Direction.DOWN, volume=None,
        formula="count of payment_failed"),
    Kpi(name="refunds", column="refunds_minor", label="REFUNDS", short="refund", subject="refunds", unit=Unit.MONEY, direction=Direction.DOWN, volume=None,
        formula="sum of the absolute refund amounts"),
    Kpi(name="net_revenue", column="net_revenue_minor", label="NET REVENUE", short="net", subject="net revenue", unit=Unit.MONEY, direction=Direction.UP, volume=None,
        formula="revenue − refunds"),
    Kpi(name="avg_latency", column="avg_latency_ms", label="AVG LATENCY", short="avg", subject="average latency", unit=Unit.MILLISECONDS, direction=Direction.DOWN, volume="latency_count",
        formula="mean of latency_ms"),
    Kpi(name="slow_share", column="slow_share", label="SLOW SHARE", short="slow", subject="share of slow attempts", unit=Unit.SHARE, direction=Direction.DOWN, volume="timed_attempts_count",
        formula="attempts slower than the latency SLA / attempts with a latency"),
)  # fmt: skip
"""In the order in which screens prefer them."""

KPI_BY_NAME: Final = {kpi.name: kpi for kpi in KPIS}

ALL_GATEWAYS: Final = "*"
OTHER_GATEWAYS: Final = "(other)"

ROW_SCHEMA: Final = pl.Schema(
    {
        "window_start": pl.Int64,  # microseconds since the epoch
        "window_end": pl.Int64,
        "gateway_name": pl.String,  # `*` for all events
        "revision": pl.Int64,  # counted events that came after the window had closed
        "events_count": pl.Int64,
        "purchases_count": pl.Int64,
        "payment_failed_count": pl.Int64,
        "revenue_minor": pl.Int128,
        "refunds_minor": pl.Int128,
        "net_revenue_minor": pl.Int128,
        "payment_fail_rate": pl.Float64,  # null without attempts
        "avg_latency_ms": pl.Float64,  # null without latencies
        "p95_latency_ms": pl.Float64,
        "slow_share": pl.Float64,
        "active_users_30m": pl.Int64,
        "data_freshness_minutes": pl.Int64,  # null before the first event
        "alert_flag": pl.String,  # a Severity's name, as judged at close
        "sla_breach_flag": pl.Boolean,
        "alert_reason": pl.String,  # every reason, joined by "; "
        "attempts_count": pl.Int64,  # purchases + failed
        "latency_count": pl.Int64,  # events that have a latency
        "timed_attempts_count": pl.Int64,  # attempts that have a latency
    }
)
"""One row per window and gateway. Counts and money may be added over gateways, never over windows,
which overlap; rates, means and percentiles may not be added at all. The last three columns are the
volumes behind the rates and are not part of the public table."""

DAY_SCHEMA: Final = pl.Schema(
    {
        "date": pl.Date,  # in the business zone
        "day_start": pl.Int64,  # microseconds since the epoch
        "day_end": pl.Int64,
        "gateway_name": pl.String,
        "events_count": pl.Int64,
        "purchases_count": pl.Int64,
        "payment_failed_count": pl.Int64,
        "revenue_minor": pl.Int128,
        "refunds_minor": pl.Int128,
        "net_revenue_minor": pl.Int128,
        "payment_fail_rate": pl.Float64,
        "avg_latency_ms": pl.Float64,
        "p95_latency_ms": pl.Float64,
        "slow_share": pl.Float64,
        "attempts_count": pl.Int64,
        "latency_count": pl.Int64,
        "timed_attempts_count": pl.Int64,
    }
)
"""One row per business day and gateway that has an event in it; the columns mean what they mean of windows."""

PUBLIC_COLUMNS: Final = (
    "window_start", "window_end", "gateway_name", "revision", "events_count", "purchases_count", "payment_failed_count",
    "revenue", "refunds", "net_revenue", "payment_fail_rate", "avg_latency_ms", "p95_latency_ms", "slow_share",
    "active_users_30m", "data_freshness_minutes", "alert_flag", "sla_breach_flag", "alert_reason",
)  # fmt: skip
"""The header of `revtui windows`."""
