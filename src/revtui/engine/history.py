"""The rows of closed windows that front ends can look back on."""

from typing import Final

import polars as pl

from revtui.core.kpis import ROW_SCHEMA
from revtui.engine.engine import Results
from revtui.engine.rows import MAX_ROWS, Published, first_row, ordered

_MOST_WAITING: Final = 256
"""So many results are put in order although nobody has looked."""
_KEY: Final = ("window_end", "gateway_name")


class RowHistory:
    """The newest revision of each closed window, for a span of event time."""

    def __init__(self, *, retention: int) -> None:
        """`retention` in microseconds of event time."""
        self._retention = retention
        self._settled: pl.DataFrame = ROW_SCHEMA.to_frame()
        self._waiting: list[Published] = []

    @property
    def rows(self) -> pl.DataFrame:
        """ROW_SCHEMA, ordered; never mutated, so that a snapshot may hold it."""
        if self._waiting:
            self._settled = self._with(Published.together(self._waiting).frame)
            self._waiting.clear()
        return self._settled

    def update(self, results: Results) -> None:
        """Add rows just closed, and replace those revised."""
        self._waiting += [rows for rows in (results.at_close, results.anew) if rows]
        if len(self._waiting) > _MOST_WAITING:
            _ = self.rows

    def _with(self, newer: pl.DataFrame) -> pl.DataFrame:
        """The rows with newer ones; only as much of them is sorted as these reach back."""
        cut = first_row(self._settled, int(newer["window_end"].to_numpy().min()))
        tail = pl.concat([self._settled[cut:], newer]).unique(_KEY, keep="last")
        rows = pl.concat([self._settled[:cut], ordered(tail)])
        oldest = rows.item(-1, "window_end") - self._retention
        rows = rows[first_row(rows, oldest) :].tail(MAX_ROWS)
        return rows.rechunk() if rows.n_chunks() > 64 else rows
