"""What the contestants compute, in one form, and whether it is what revtui computes."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl
import polars.selectors as cs

from benchmarks.engine.stream import SECOND

if TYPE_CHECKING:
    from benchmarks.engine.contestants import Contestant

MINUTE: Final = 60 * SECOND
LENGTH: Final = 5 * MINUTE
BOUND: Final = MINUTE
KEY: Final = ("window_end", "gateway_name")
FIGURES: Final = (
    "events_count",
    "purchases_count",
    "payment_failed_count",
    "revenue_minor",
    "refunds_minor",
    "avg_latency_ms",
    "p95_latency_ms",
    "active_users_30m",
)
"""By window_end, in microseconds, and gateway_name, `*` for all events; a contestant has some of them."""
_SAMPLED: Final = 20
_CLOSE: Final = 1e-9
"""Means may differ by so much of their value: they are added up in another order."""


class Lacking(StrEnum):
    """What revtui does and a contestant may not."""

    USERS = "users"
    """Distinct users of the last half hour."""
    DUPLICATES = "duplicates"
    P95 = "p95"
    REVISIONS = "revisions"
    """Rows at close, and again when events come late."""


def compare(contestant: "Contestant", folder: Path) -> dict[str, int]:
    """Have it and revtui compute the same part of the stream, without what it cannot deal with.

    Returns `same` and `different` rows, and `ours`, the rows that revtui has: a contestant may leave out
    windows at the ends.
    """
    from benchmarks.engine.contestants import Revtui

    events = pl.read_parquet(folder / f"{contestant.stream}.parquet").gather_every(_SAMPLED)
    if Lacking.DUPLICATES in contestant.lacks:
        events = events.unique("event_id", keep="first", maintain_order=True)
    if Lacking.REVISIONS in contestant.lacks:
        events = events.filter(pl.col("event_ts") >= pl.col("event_ts").cum_max() - BOUND)
    reference = Revtui(events, 60, 10_000)
    ours = _in_form(reference.figures(reference.work()))
    way = contestant.make(events, folder)
    try:
        theirs = _in_form(way.figures(way.work()))
    finally:
        way.close()
    compared = ours.join(theirs, on=KEY, suffix="_theirs", nulls_equal=True)
    named = [name for name in FIGURES if name in theirs.columns]
    same = compared.select(pl.all_horizontal(_equal(name) for name in named)).to_series()
    return {
        "same": int(same.sum()),
        "different": int((~same).sum()),
        "ours": ours.height,
        "figures": len(named),
    }


def _in_form(figures: pl.DataFrame) -> pl.DataFrame:
    return figures.select(
        pl.col("window_end").cast(pl.Int64),
        pl.col("gateway_name").cast(pl.String),
        cs.by_name(FIGURES, require_all=False).cast(pl.Float64),
    )


def _equal(name: str) -> pl.Expr:
    ours, theirs = pl.col(name), pl.col(f"{name}_theirs")
    close = (ours - theirs).abs() <= _CLOSE * ours.abs()
    return pl.when(ours.is_null() | theirs.is_null()).then(ours.is_null() & theirs.is_null()).otherwise(close)
