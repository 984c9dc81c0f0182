"""The rows of closed windows that front ends can look back on."""

from typing import Final

import polars as pl

from revtui.core.kpis import ROW_SCHEMA
from revtui.engine.engine import Results
from revtui.engine.rows import ordered

MAX_ROWS: Final = 200_000
"""Whatever the retention, no more rows than this are kept in memory."""


class RowHistory:
    """The newest revision of each closed window, for a span of event time."""

    def __init__(self, *, retention: int) -> None:
        """`retention` in microseconds of event time."""
        self._retention = retention
        self._rows: pl.DataFrame = ROW_SCHEMA.to_frame()

    @property
    def rows(self) -> pl.DataFrame:
        """ROW_SCHEMA, ordered; never mutated, so that a snapshot may hold it."""
        return self._rows

    def update(self, results: Results) -> None:
        """Add rows just closed, and replace those revised."""
        if results.closed.is_empty() and results.revised.is_empty():
            return
        rows = pl.concat([self._rows, results.closed])
        newest_first = rows.item(-1, "window_end") if rows.height else 0
        if results.revised.height or (results.closed.height and self._out_of_order(results.closed)):
            key = ["window_end", "gateway_name"]
            rows = ordered(pl.concat([rows, results.revised]).unique(key, keep="last"))
            newest_first = rows.item(-1, "window_end")
        if rows.item(0, "window_end") < newest_first - self._retention:
            rows = rows.filter(pl.col("window_end") >= newest_first - self._retention)
        self._rows = rows.tail(MAX_ROWS).rechunk() if rows.n_chunks() > 64 or rows.height > MAX_ROWS else rows

    def _out_of_order(self, closed: pl.DataFrame) -> bool:
        return self._rows.height > 0 and closed.item(0, "window_end") <= self._rows.item(-1, "window_end")
