"""A list with a cursor: draws only the rows that can be seen, so ten thousand cost what ten do.

Rows are known by a key, so the cursor stays on its row when others come and go. A list that
follows its tail stays at the end until somebody scrolls up.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment as StyledSegment
from textual import events
from textual.message import Message
from textual.strip import Strip

from revtui.tui.widgets.panel import NOTHING, Panel
from revtui.views.lines import Line
from revtui.views.palette import Role

RowT = TypeVar("RowT")


class RowList(Panel, Generic[RowT], can_focus=True):
    """Rows of any kind, drawn by functions that are handed in."""

    DEFAULT_CSS: ClassVar[str] = "RowList { height: 1fr; width: 1fr; }"

    class Moved(Message):
        """The cursor is on another row, or its row has changed."""

    class Chosen(Message):
        """The row under the cursor was clicked twice."""

    def __init__(
        self,
        *,
        draw: Callable[[RowT, int], Line],
        key: Callable[[RowT], object],
        follow: bool = False,
        skip: Callable[[RowT], bool] = lambda _row: False,
        id: str | None = None,  # noqa: A002 - the framework's name
    ) -> None:
        """`draw(row, width)` gives a row's line, `key(row)` what it is known by; the cursor passes over `skip`."""
        super().__init__(id=id)
        self._draw, self._key, self._follows, self._skip = draw, key, follow, skip
        self._rows: Sequence[RowT] = ()
        self._heading: Line = NOTHING
        self._empty: Sequence[Line] = ()
        self._cursor = 0
        self._top = 0
        self.following = follow
        """Whether it stays at its end."""

    @property
    def rows(self) -> Sequence[RowT]:
        """All rows, seen or not."""
        return self._rows

    @property
    def selected(self) -> RowT | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor."""
        return self._cursor

    @property
    def page(self) -> int:
        """How many rows can be seen."""
        return max(self.room[1] - (1 if self._heading else 0), 0)

    @property
    def visible_rows(self) -> tuple[int, int]:
        """Indices of the first row that can be seen, and of the one after the last."""
        return self._top, min(self._top + self.page, len(self._rows))

    def show_rows(self, rows: Sequence[RowT], *, heading: Line = NOTHING, empty: Sequence[Line] = ()) -> None:
        """Replace the rows; the cursor stays on its row, or near where it was.

        Args:
            rows: What to show.
            heading: A line that stays above them.
            empty: What to say when there are none.
        """
        if rows == self._rows and heading == self._heading and empty == self._empty:
            return
        before = self.selected
        self._rows, self._heading, self._empty = rows, heading, empty
        if self.following:
            self._cursor = max(len(rows) - 1, 0)
        elif before is not None:
            self._cursor = self._find(self._key(before))
        if rows:
            self._cursor = self._passed(min(self._cursor, len(rows) - 1), 1)
        self._clamp()
        self.repaint()
        if self.selected != before:
            self._tell()

    def _find(self, key: object) -> int:
        start = min(self._cursor, len(self._rows) - 1)
        for distance in range(len(self._rows)):  # near first: it has seldom gone far
            for index in {start - distance, start + distance}:
                if 0 <= index < len(self._rows) and self._key(self._rows[index]) == key:
                    return index
        return max(start, 0)

    def move(self, step: int) -> None:
        """Move the cursor by some rows."""
        self.move_to(self._cursor + step)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, as far as there are rows; without any, nothing changes."""
        if not self._rows:
            return
        before = self._cursor
        index = min(max(index, 0), len(self._rows) - 1)
        self._cursor = self._passed(index, 1 if index >= before else -1)
        at_end = self._cursor == len(self._rows) - 1
        if self._follows:
            self.following = at_end
        self._clamp()
        self.repaint()
        if self._cursor != before:
            self._tell()

    def _passed(self, index: int, direction: int) -> int:
        """The row at `index`, or the next in that direction (else the other) where the cursor may stand."""
        ahead = range(index, len(self._rows)) if direction > 0 else range(index, -1, -1)
        behind = range(index, -1, -1) if direction > 0 else range(index, len(self._rows))
        return next((i for reach in (ahead, behind) for i in reach if not self._skip(self._rows[i])), index)

    def to_end(self) -> None:
        """To the last row, and follow."""
        self.move_to(len(self._rows) - 1)

    def _clamp(self) -> None:
        page = self.page
        self._cursor = min(self._cursor, max(len(self._rows) - 1, 0))
        if page:
            self._top = min(max(self._top, self._cursor - page + 1), self._cursor)
            self._top = max(min(self._top, len(self._rows) - page), 0)

    def _tell(self) -> None:
        self.post_message(self.Moved())

    def body_line(self, y: int, width: int) -> Strip:
        """The heading, a row, or what is said when there are none."""
        if self._heading:
            if y == 0:
                return _indented(self.paint.strip(self._heading, max(width - 1, 0)), " ")
            y -= 1
        if not self._rows:
            return self.paint.strip(self._empty[y] if y < len(self._empty) else NOTHING, width)
        index = self._top + y
        if index >= len(self._rows):
            return self.paint.strip(NOTHING, width)
        return self.row_strip(index, width)

    def row_strip(self, index: int, width: int) -> Strip:
        """One row; the one under the cursor is marked, and reversed while the list has the focus."""
        selected = index == self._cursor and not self.still
        line = self._draw(self._rows[index], width - 1)
        strip = self.paint.strip(line, width - 1, selected=selected and self.has_focus)
        return _indented(strip, ">" if selected and self._is_current else " ")

    @property
    def _is_current(self) -> bool:
        """Whether no other list has the focus: one cursor at a time is seen."""
        focused = self.screen.focused
        return focused is self or not isinstance(focused, RowList)

    def on_resize(self, _event: events.Resize) -> None:
        """Keep the cursor in sight."""
        self._clamp()
        self.repaint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there; a second one opens the row."""
        index = self._top + event.y - 1 - (1 if self._heading else 0)
        if self._top <= index < min(self._top + self.page, len(self._rows)):
            again = index == self._cursor and event.chain > 1
            self.move_to(index)
            if again:
                self.post_message(self.Chosen())


def _indented(strip: Strip, sign: str) -> Strip:
    return Strip([StyledSegment(sign), *strip], strip.cell_length + 1)


def said(text: str, role: Role = Role.DIM) -> tuple[Line, ...]:
    """One sentence as the lines of an empty list."""
    return (((text, role),),)
