"""What is added up over events, and the figures that are made of it: two tables.

    events ──filter; count or add──> measures ──added over panes, keys, days──> figures of a row

The cells of the engine (`core.panes`) and its rows (`engine.rows`) are made from these tables, and so
are the expressions, which compute the same from the events of one window at once.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from revtui.core.durations import MINUTE
from revtui.core.events import EventType

_ALL: Final = frozenset(EventType)
_ATTEMPTS: Final = frozenset({EventType.PURCHASE, EventType.PAYMENT_FAILED})
P95: Final = 0.95


class Added(StrEnum):
    """What of an event is added to a measure."""

    ONE = "1"
    LATENCY = "latency_ms"
    MONEY = "amount_minor"
    """Its absolute value in the currency that is reported, 0 in another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number that may be added over events, panes, days and gateways."""

    column: str
    kinds: frozenset[EventType] = _ALL
    """Events of other kinds are left out."""
    timed: bool = False
    """So are those without a latency."""
    slow: bool = False
    """And those whose latency is within the SLA."""
    added: Added = Added.ONE

    def counts(self, kind: EventType, *, timed: bool, slow: bool) -> bool:
        """Whether an event is part of it."""
        return kind in self.kinds and (timed or not self.timed) and ((timed and slow) or not self.slow)

    def expression(self, *, latency_sla_ms: int, currency: str) -> pl.Expr:
        """The measure over events (`core.events.EVENT_SCHEMA`)."""
        chosen = pl.col("kind").is_in(sorted(self.kinds))
        if self.timed:
            chosen &= pl.col("latency_ms").is_not_null()
        if self.slow:
            chosen &= (pl.col("latency_ms") > latency_sla_ms).fill_null(value=False)
        if self.added is Added.ONE:
            return chosen.sum().cast(pl.Int64)
        if self.added is Added.MONEY:
            chosen &= pl.col("currency") == currency
        return pl.col(self.added).filter(chosen).abs().cast(pl.Int128).sum()


MEASURES: Final = (
    Measure(column="events_count"),
    Measure(column="purchases_count", kinds=frozenset({EventType.PURCHASE})),
    Measure(column="payment_failed_count", kinds=frozenset({EventType.PAYMENT_FAILED})),
    Measure(column="attempts_count", kinds=_ATTEMPTS),
    Measure(column="latency_count", timed=True),
    Measure(column="timed_attempts_count", kinds=_ATTEMPTS, timed=True),
    Measure(column="slow_attempts_count", kinds=_ATTEMPTS, slow=True),
    Measure(column="latency_sum_ms", timed=True, added=Added.LATENCY),
    Measure(column="revenue_minor", kinds=frozenset({EventType.PURCHASE}), added=Added.MONEY),
    Measure(column="refunds_minor", kinds=frozenset({EventType.REFUND}), added=Added.MONEY),
)


class Aggregate(StrEnum):
    """How a figure is made."""

    SUM = "sum"  # a measure as it is
    DIFFERENCE = "difference"  # of two measures
    RATIO = "ratio"  # of two measures; no data when the second is 0
    PERCENTILE_95 = "p95"  # of a column, linearly interpolated; no data without a value
    DISTINCT = "distinct"  # values of a column, in the users-span before the window's end
    AGE = "age"  # whole minutes from the largest value up to the window's end, to that end


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A column of a row, made of measures or of a column of the events."""

    column: str
    aggregate: Aggregate
    of: tuple[str, ...]

    def expression(self, *, latency_sla_ms: int, currency: str, end: int) -> pl.Expr:
        """The figure over the events it rests on, for a window that ends at `end` (microseconds)."""
        by_name = {
            measure.column: measure.expression(latency_sla_ms=latency_sla_ms, currency=currency)
            for measure in MEASURES
        }
        column = pl.col(self.of[0])
        match self.aggregate:
            case Aggregate.SUM:
                made = by_name[self.of[0]]
            case Aggregate.DIFFERENCE:
                made = by_name[self.of[0]] - by_name[self.of[1]]
            case Aggregate.RATIO:
                part, whole = (by_name[name].cast(pl.Float64) for name in self.of)
                made = pl.when(whole > 0).then(part / whole)
            case Aggregate.PERCENTILE_95:
                made = column.quantile(P95, "linear")
            case Aggregate.DISTINCT:
                made = column.drop_nulls().n_unique().cast(pl.Int64)
            case Aggregate.AGE:
                made = (end - column.max()) // MINUTE
        return made.alias(self.column)


def _sum(column: str) -> Figure:
    return Figure(column=column, aggregate=Aggregate.SUM, of=(column,))


FIGURES: Final = (
    _sum("events_count"),
    _sum("purchases_count"),
    _sum("payment_failed_count"),
    _sum("revenue_minor"),
    _sum("refunds_minor"),
    Figure(column="net_revenue_minor", aggregate=Aggregate.DIFFERENCE, of=("revenue_minor", "refunds_minor")),
    Figure(
        column="payment_fail_rate", aggregate=Aggregate.RATIO, of=("payment_failed_count", "attempts_count")
    ),
    Figure(column="avg_latency_ms", aggregate=Aggregate.RATIO, of=("latency_sum_ms", "latency_count")),
    Figure(column="p95_latency_ms", aggregate=Aggregate.PERCENTILE_95, of=("latency_ms",)),
    Figure(
        column="slow_share", aggregate=Aggregate.RATIO, of=("slow_attempts_count", "timed_attempts_count")
    ),
    Figure(column="active_users_30m", aggregate=Aggregate.DISTINCT, of=("user_id",)),
    Figure(column="data_freshness_minutes", aggregate=Aggregate.AGE, of=("event_ts",)),
    _sum("attempts_count"),
    _sum("latency_count"),
    _sum("timed_attempts_count"),
)
"""In the order of `core.kpis.ROW_SCHEMA`."""
FIGURE_BY_COLUMN: Final = {figure.column: figure for figure in FIGURES}
