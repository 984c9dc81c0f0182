"""Rows and transitions as data for others: public names, ISO times, money as exact decimal text.

Whatever leaves the program as CSV or JSON is made here, so that `windows`, `watch --jsonl`, `detect`
and the JSON snapshot spell the same thing the same way. Nothing here holds NaN or an infinity.
"""

import math
from typing import Any, Final

import polars as pl

from revtui.core.alerts import Transition
from revtui.core.kpis import PUBLIC_COLUMNS
from revtui.core.money import exponent, format_minor
from revtui.core.times import format_instant, format_instants

MONEY_COLUMNS: Final = {
    "revenue": "revenue_minor",
    "refunds": "refunds_minor",
    "net_revenue": "net_revenue_minor",
}
"""Public column -> the column of ROW_SCHEMA in minor units."""

TIME_COLUMNS: Final = ("window_start", "window_end")


def rows_frame(rows: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The public table of rows (ROW_SCHEMA), PUBLIC_COLUMNS in order.

    Times are UTC text, money is decimal text with the currency's decimals, counts stay Int64, rates
    and latencies Float64 (unrounded; what is not finite becomes null), the SLA flag Boolean.

    Raises:
        UsageError: when the currency is unknown.
    """
    made = _money_texts(currency)
    made |= {name: format_instants(pl.col(name)) for name in TIME_COLUMNS}
    floats = {name for name, dtype in rows.schema.items() if dtype.is_float()}
    made |= {name: pl.when(pl.col(name).is_finite()).then(pl.col(name)) for name in floats}
    return rows.select(made.get(name, pl.col(name)).alias(name) for name in PUBLIC_COLUMNS)


def _money_texts(currency: str) -> dict[str, pl.Expr]:
    decimals = exponent(currency)
    return {name: _decimal_text(pl.col(minor), decimals) for name, minor in MONEY_COLUMNS.items()}


def _decimal_text(minor: pl.Expr, decimals: int) -> pl.Expr:
    """Exact text of integers of minor units, as `core.money.format_minor` writes it."""
    digits = minor.abs().cast(pl.String).str.zfill(decimals + 1)
    sign = pl.when(minor < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    if not decimals:
        return sign + digits
    return sign + digits.str.head(digits.str.len_chars() - decimals) + pl.lit(".") + digits.str.tail(decimals)


def public_rows(rows: pl.DataFrame, currency: str) -> list[dict[str, Any]]:
    """The public table as objects ready for JSON."""
    return rows_frame(rows, currency).to_dicts()


def public_days(days: pl.DataFrame, currency: str) -> list[dict[str, Any]]:
    """Business days (DAY_SCHEMA) as objects ready for JSON, spelled like the public table of windows.

    Raises:
        UsageError: when the currency is unknown.
    """
    made = {
        "date": pl.col("date").dt.to_string("iso"),
        "day_start": format_instants(pl.col("day_start")),
        "day_end": format_instants(pl.col("day_end")),
        **{name: pl.col(name) for name in PUBLIC_COLUMNS if name in days.columns},
        **_money_texts(currency),
    }
    return days.select(expression.alias(name) for name, expression in made.items()).to_dicts()


def finite(value: float | None) -> float | None:
    """`value`, or None where JSON has no word for it."""
    return value if value is not None and math.isfinite(value) else None


def transition_record(transition: Transition, currency: str) -> dict[str, Any]:
    """One transition as an object ready for JSON: the columns of `revtui detect`, in order.

    `value` and `expected` are in the unit of the rule's threshold; `money_at_risk` is decimal text.
    """
    return {
        "seq": transition.seq,
        "at": format_instant(transition.at),
        "rule": transition.rule,
        "kind": transition.kind,
        "gateway_name": transition.gateway_name,
        "from": transition.from_.value,
        "to": transition.to.value,
        "severity": transition.severity.name,
        "value": finite(transition.value),
        "expected": finite(transition.expected),
        "n": transition.n,
        "z": finite(transition.z),
        "money_at_risk": None
        if transition.money_at_risk is None
        else format_minor(transition.money_at_risk, currency),
        "began_at": format_instant(transition.began_at),
        "incident_id": transition.incident_id,
        "muted_by": transition.muted_by,
        "clock": transition.clock,
        "reason": transition.reason,
    }
