"""The alert log: newest at the end, its filter always in its title."""

from collections.abc import Sequence
from itertools import takewhile
from typing import ClassVar

from textual.strip import Strip

from revtui.core.filters import Query, highlights
from revtui.core.severity import Severity
from revtui.tui.widgets.panel import NOTHING, drawn_once
from revtui.tui.widgets.rows import RowList, said
from revtui.views.alerts import DateSeparator, alert_line, with_dates
from revtui.views.lines import Line
from revtui.views.model import AlertRow
from revtui.views.palette import Role, Segment
from revtui.views.values import clock_text, same_day
from revtui.views.widths import width_of

Entry = AlertRow | DateSeparator


class AlertLog(RowList[Entry]):
    """Alerts in the order of their newest transition."""

    DEFAULT_CSS: ClassVar[str] = "AlertLog { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start empty, following the tail."""
        super().__init__(draw=self._line, key=_key, follow=True, skip=_is_date, id=id)
        self._alerts: Sequence[AlertRow] | None = None
        self._now = 0
        self._query: Query | None = None
        self._pieces: Sequence[str] = ()
        self._seen = 0

    @property
    def unseen(self) -> int:
        """Alerts shown that are newer than all that were there when somebody scrolled up."""
        newer = takewhile(lambda row: row.seq > self._seen, reversed(self._alerts or ()))
        return sum(1 for _row in newer)

    @property
    def alert(self) -> AlertRow | None:
        """The alert under the cursor."""
        return self.selected if isinstance(self.selected, AlertRow) else None

    @drawn_once
    def present(
        self,
        rows: Sequence[AlertRow],
        *,
        total: int,
        query: str,
        least: Severity,
        compiled: Query | None,
        now: int,
        dropped: int = 0,
    ) -> None:
        """Show the alerts that the filter left over out of `total`; `dropped` are not kept any more."""
        second, before = 1_000_000, self._now
        if now // second != self._now // second or compiled is not self._query:
            self._now, self._query = now, compiled
            self._pieces = highlights(compiled) if compiled is not None else ()
            self.repaint()
        hidden = total - len(rows)
        title: list[Segment] = [(f"Alerts {len(rows):,}" + (f" of {total:,}" if hidden else ""), Role.STRONG)]
        if query:
            title += [("  filter: ", Role.DIM), (query, Role.WARN)]
        if least > Severity.OK:
            title += [("  ", Role.DIM), (f"{least.name}+", Role.WARN)]
        if query or least > Severity.OK:
            title.append((f" ({hidden:,} hidden)", Role.DIM))
        same_rows = rows == self._alerts and same_day(now, before)
        if not same_rows:
            self._alerts = rows
            self.show_rows(tuple(with_dates(rows, now)), empty=_nothing(total))
        oldest = f"oldest {clock_text(rows[0].at, now=now)}Z" if rows else ""
        gone = f"{dropped:,} before dropped" if dropped else ""
        foot = ", ".join(filter(None, (oldest, gone)))
        self.entitle(title, self._tail(), foot_right=((foot, Role.DIM),) if foot else NOTHING)

    def _tail(self) -> Line:
        if not self.rows or self.still:
            return NOTHING
        if self.following:
            self._seen = max(self._seen, self._alerts[-1].seq if self._alerts else 0)
            return (("tail ↓", Role.DIM),)
        unseen = self.unseen
        return ((f"{unseen:,} new below (G)", Role.WARN),) if unseen else (("G to the end", Role.DIM),)

    def moved(self) -> None:
        """The cursor has moved: say whether the tail is followed."""
        self.entitle(*(self._titles[0], self._tail()), foot_right=self._titles[3])

    def _line(self, row: Entry, width: int) -> Line:
        if isinstance(row, DateSeparator):
            return (
                (f"{row.text} ", Role.DIM),
                (("-" if self.plain else "─") * max(width - width_of(row.text) - 1, 0), Role.AXIS),
            )
        return alert_line(row, width, self._now, ascii=self.plain)

    def row_strip(self, index: int, width: int) -> Strip:
        """A row, with what the filter's words matched underlined."""
        strip = super().row_strip(index, width)
        return self.paint.marked(strip, places(strip.text, self._pieces)) if self._pieces else strip


def places(text: str, pieces: Sequence[str]) -> list[tuple[int, int]]:
    """Where the pieces stand in `text`, in cells from start to end, whatever their case.

    >>> places("stripe: payments fail", ["FAIL"])
    [(17, 21)]
    """
    found: list[tuple[int, int]] = []
    lowered = text.lower()
    if len(lowered) != len(text):  # a character whose lower case is longer: the places would be wrong
        return found
    for piece in pieces:
        needle = piece.lower()
        start = lowered.find(needle) if needle else -1
        while start >= 0:
            found.append((width_of(text[:start]), width_of(text[: start + len(needle)])))
            start = lowered.find(needle, start + len(needle))
    return sorted(found)


def _key(row: Entry) -> object:
    return row.id if isinstance(row, AlertRow) else row.text


def _is_date(row: Entry) -> bool:
    return isinstance(row, DateSeparator)


def _nothing(total: int) -> tuple[Line, ...]:
    if total:
        return said(f"No alerts match. {total:,} hidden. esc clears filter.")
    return said("No alerts yet.")
