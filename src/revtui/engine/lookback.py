"""Windows of another length than the configured one, from the panes that are kept.

    kept panes ──> windows that cannot change any more: made once, the newest first, a part of them at each look
    live panes ──> windows that can: made anew at each look

A look never makes more than a part, so that nobody who presses a key makes the engine stand still; after
a few of them the past is there as far as panes are kept.

Their rows are judged by the same rules, except for levels of what grows with the length of a window
(money, counts). Alerts go by windows of the configured length alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from revtui.core.arrays import Int64Array
from revtui.core.quantiles import Walk
from revtui.core.rules import Rule, of_any_length
from revtui.engine.judging import Judged
from revtui.engine.rows import MAX_ROWS, NO_ROWS, Published, Rows, Span, first_row
from revtui.engine.tally import Tally

_ROWS_AT_ONCE: Final = 4_000
"""Rows of a part: a tenth of a second even when each of them is an alarm."""
_MOST_CHUNKS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to see of windows of one length."""

    length: int
    """Microseconds."""
    rows: pl.DataFrame
    """ROW_SCHEMA: the closed windows."""
    provisional: pl.DataFrame | None
    """ROW_SCHEMA: those not closed yet; None without one."""
    whole: bool
    """Whether `rows` reach back as far as they ever will; otherwise further with the next look."""


class LookBack:
    """Windows of one length, in panes."""

    def __init__(self, tally: Tally, *, span: Span, currency_exponent: int) -> None:
        """Nothing has been looked at yet."""
        self.span = span
        self.whole = True
        """Whether the past is there as far as panes are kept, or rows are."""
        self._tally = tally
        self._panes = span.length // span.hop
        self._exponent = currency_exponent
        self._walk = Walk()
        self._made = NO_ROWS  # the windows from `_first` up to before `_next`
        self._first = self._next = 0
        self._rules: tuple[Rule, ...] = ()

    def rows(self, rules: tuple[Rule, ...], *, first: int, closed: int, frozen: int) -> pl.DataFrame:
        """ROW_SCHEMA: the windows up to `closed` that the kept panes fill, as far as they are made.

        Args:
            rules: What they are judged by.
            first: The earliest window that has a row.
            closed: The newest closed window.
            frozen: The newest frozen window of the configured length.
        """
        archive = self._tally.archive
        begins = first if not archive.count or archive.start < first else archive.start + self._panes
        settled = min(archive.stop, closed) if archive.count else begins - 1
        part = max(1, _ROWS_AT_ONCE // len(self._tally.gateways))
        near = begins <= self._next <= settled + 1 <= self._next + part
        if not near or of_any_length(rules) != self._rules:
            self._rules, self._walk, self._made = of_any_length(rules), Walk(), NO_ROWS
            self._first = self._next = max(begins, settled + 1)
        self._go_on(settled, frozen)
        self._go_back(begins, part, frozen)
        self._give_up(begins)
        if closed < self._next:
            return self._made
        return pl.concat([self._made, self._frame(np.arange(self._next, closed + 1), Walk(), frozen)])

    def provisional(self, windows: Int64Array, *, frozen: int) -> pl.DataFrame:
        """ROW_SCHEMA: windows that are not closed yet, ascending."""
        return self._frame(windows, Walk(), frozen)

    def _go_on(self, settled: int, frozen: int) -> None:
        """Make the windows that cannot change any more since the last look."""
        if settled < self._next:
            return
        windows = np.arange(self._next, settled + 1)
        self._made = pl.concat([self._made, self._frame(windows, self._walk, frozen)])
        self._tally.archive.settle(self._next - self._panes, settled + 1 - self._panes)
        self._next = settled + 1
        if self._made.n_chunks() > _MOST_CHUNKS:
            self._made = self._made.rechunk()

    def _go_back(self, begins: int, part: int, frozen: int) -> None:
        """Make a part of the windows before those that are made."""
        full = self._made.height + _ROWS_AT_ONCE > MAX_ROWS
        windows = np.arange(max(begins, self._first - part), self._first)
        if windows.size and not full:
            self._made = pl.concat([self._frame(windows, Walk(), frozen), self._made])
            self._first = int(windows[0])
            self._tally.archive.settle(
                self._first - self._panes, min(self._first + part, self._next) - self._panes
            )
        self.whole = full or self._first <= begins

    def _give_up(self, begins: int) -> None:
        """Forget windows whose panes are kept no longer, and those that are too many."""
        surplus = self._made.height - MAX_ROWS
        if surplus > 0:
            begins = max(begins, int(self._made.item(surplus - 1, "window_end")) // self.span.hop + 1)
        if self._first < begins:
            self._made = self._made[first_row(self._made, begins * self.span.hop) :]
            self._first = begins

    def _frame(self, windows: Int64Array, walk: Walk, frozen: int) -> pl.DataFrame:
        sums = self._tally.look(windows, self._panes, walk, frozen=frozen)
        rows: Rows = sums.rows(self.span, self._tally.gateways.names)
        return Published([(rows, Judged(rows, self._rules, currency_exponent=self._exponent).flags)]).frame
