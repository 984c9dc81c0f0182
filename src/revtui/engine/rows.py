"""Rows of the public table from sums over panes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from revtui.core.kpis import ALL_GATEWAYS, ROW_SCHEMA
from revtui.core.panes import LOW_BITS, Field
from revtui.core.quantiles import Float64Array
from revtui.core.severity import Severity
from revtui.core.watermarks import NEVER, Int64Array
from revtui.core.windows import MINUTE, WindowPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What was said of a row when its window closed."""

    severity: str
    sla_breach: bool
    reason: str


UNJUDGED = Flags(severity=Severity.UNKNOWN.name, sla_breach=False, reason="")
"""A gateway that had no event when the window closed could not be judged then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSums:
    """Windows as they stand, for all keys; key 0 is for all events."""

    windows: Int64Array
    """Ends of the windows, in hops, ascending."""
    sums: npt.NDArray[np.int64]
    """Shape (windows, keys, fields of `core.panes.Field`)."""
    percentiles: Float64Array
    """p95 latency, shape (windows, keys); NaN without latencies."""
    users: npt.NDArray[np.int64]
    """Distinct users, shape (windows, keys)."""
    newest: npt.NDArray[np.int64]
    """Newest event before the window's end, shape (windows, keys); NEVER without one."""
    revisions: npt.NDArray[np.int64]
    """Shape (windows, keys)."""


Cells = tuple[Int64Array, Int64Array]
"""Place of the window and key of each row."""


def cells_of(windows: WindowSums, names: Sequence[str]) -> Cells:
    """The rows there are, in order: per window one for all events, then the gateways that have an event."""
    present = windows.sums[:, :, Field.EVENTS] > 0
    present[:, 0] = True
    row, key = np.nonzero(present)
    order = np.lexsort((_rank(names)[key], row))
    return row[order], key[order]


def row_frame(
    windows: WindowSums, cells: Cells, policy: WindowPolicy, names: Sequence[str], flags: Sequence[Flags]
) -> pl.DataFrame:
    """ROW_SCHEMA, with the flags of each row; `names` are those of the keys."""
    row, key = cells
    sums, end, latest = windows.sums[row, key].T, windows.windows[row] * policy.hop, windows.newest[row, key]
    attempts = sums[Field.PURCHASES] + sums[Field.FAILED]
    revenue = _money(sums[Field.REVENUE_HIGH], sums[Field.REVENUE_LOW])
    refunds = _money(sums[Field.REFUNDS_HIGH], sums[Field.REFUNDS_LOW])
    data = {
        "window_start": end - policy.length,
        "window_end": end,
        "gateway_name": [names[place] for place in key.tolist()],
        "revision": windows.revisions[row, key],
        "events_count": sums[Field.EVENTS],
        "purchases_count": sums[Field.PURCHASES],
        "payment_failed_count": sums[Field.FAILED],
        "revenue_minor": revenue,
        "refunds_minor": refunds,
        "net_revenue_minor": revenue - refunds,
        "payment_fail_rate": _ratio(sums[Field.FAILED], attempts),
        "avg_latency_ms": _ratio(sums[Field.LATENCY_SUM], sums[Field.LATENCIES]),
        "p95_latency_ms": windows.percentiles[row, key],
        "slow_share": _ratio(sums[Field.SLOW], sums[Field.TIMED_ATTEMPTS]),
        "active_users_30m": windows.users[row, key],
        "data_freshness_minutes": _or_null((end - latest) // MINUTE, latest != NEVER),
        "alert_flag": [flag.severity for flag in flags],
        "sla_breach_flag": [flag.sla_breach for flag in flags],
        "alert_reason": [flag.reason for flag in flags],
        "attempts_count": attempts,
        "latency_count": sums[Field.LATENCIES],
        "timed_attempts_count": sums[Field.TIMED_ATTEMPTS],
    }
    return pl.DataFrame(data, schema=ROW_SCHEMA, nan_to_null=True)


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """By window end, then all events, then gateways by name."""
    return rows.sort("window_end", pl.col("gateway_name") != ALL_GATEWAYS, "gateway_name")


def _rank(names: Sequence[str]) -> Int64Array:
    """Place of each key in a window: all events first, then by name in code point order."""
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=lambda key: (key != 0, names[key]))] = np.arange(len(names))
    return rank


def _ratio(part: Int64Array, whole: Int64Array) -> Float64Array:
    """Share of the whole; NaN where there is none."""
    ratio: Float64Array = np.divide(part, whole, out=np.full(part.size, np.nan), where=whole > 0)
    return ratio


def _money(high: Int64Array, low: Int64Array) -> pl.Series:
    """Sums of money from their two halves, exact also beyond 64 bits."""
    carried = high + (low >> LOW_BITS)
    if int(np.abs(carried).max(initial=0)) < 1 << (LOW_BITS - 2):
        return pl.Series((high << LOW_BITS) + low).cast(pl.Int128)
    exact = [(top << LOW_BITS) + rest for top, rest in zip(high.tolist(), low.tolist(), strict=True)]
    return pl.Series(exact, dtype=pl.Int128)


def _or_null(values: Int64Array, known: npt.NDArray[np.bool_]) -> pl.Series:
    series = pl.Series(values)
    return (
        series
        if known.all()
        else series.zip_with(
            pl.Series(known), pl.Series([None], dtype=pl.Int64).new_from_index(0, values.size)
        )
    )
