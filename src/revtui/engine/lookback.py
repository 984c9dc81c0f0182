"""Windows of another length than the configured one, from the panes that are kept.

    kept panes ──> windows that cannot change any more, made once
    live panes ──> windows that can, made anew at each look

Their rows are judged by the same rules, except for floors and ceilings of what grows with the length of a
window (money, counts). Alerts go by windows of the configured length alone.
"""

import numpy as np
import polars as pl

from revtui.core.arrays import Int64Array
from revtui.core.quantiles import Walk
from revtui.core.rules import Rule, of_any_length
from revtui.engine.judging import Judged
from revtui.engine.rows import NO_ROWS, Published, Rows, Span
from revtui.engine.tally import Tally


class LookBack:
    """Windows of one length, in panes."""

    def __init__(self, tally: Tally, *, span: Span, currency_exponent: int) -> None:
        """Nothing has been looked at yet."""
        self.span = span
        self._tally = tally
        self._panes = span.length // span.hop
        self._exponent = currency_exponent
        self._walk = Walk()
        self._made = NO_ROWS
        self._next: int | None = None  # the first window that is not in `_made`
        self._rules: tuple[Rule, ...] = ()

    def rows(self, rules: tuple[Rule, ...], *, first: int, closed: int, frozen: int) -> pl.DataFrame:
        """ROW_SCHEMA: the windows up to `closed` that the kept panes fill.

        Args:
            rules: What they are judged by.
            first: The earliest window that has a row.
            closed: The newest closed window.
            frozen: The newest frozen window of the configured length.
        """
        archive = self._tally.archive
        whole = first if not archive.count or archive.start < first else archive.start + self._panes
        begun = rules == self._rules and self._made.height > 0  # until then, earlier windows may come
        if not begun or self._next is None or self._next < whole - 1:
            self._made, self._next, self._rules, self._walk = NO_ROWS, max(first, whole), rules, Walk()
        settled = min(archive.stop, closed) if archive.count else self._next - 1
        if settled >= self._next:
            more = self._frame(np.arange(self._next, settled + 1), self._walk, frozen)
            self._made = pl.concat([self._made, more])
            self._next = settled + 1
        if closed < self._next:
            return self._made
        return pl.concat([self._made, self._frame(np.arange(self._next, closed + 1), Walk(), frozen)])

    def provisional(self, windows: Int64Array, *, frozen: int) -> pl.DataFrame:
        """ROW_SCHEMA: windows that are not closed yet, ascending."""
        return self._frame(windows, Walk(), frozen)

    def _frame(self, windows: Int64Array, walk: Walk, frozen: int) -> pl.DataFrame:
        sums = self._tally.look(windows, self._panes, walk, frozen=frozen)
        rows: Rows = sums.rows(self.span, self._tally.gateways.names)
        return Published(
            [(rows, Judged(rows, of_any_length(self._rules), currency_exponent=self._exponent).flags)]
        ).frame
