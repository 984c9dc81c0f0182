"""Lines to read, scrolled when there are more than fit."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.strip import Strip

from revtui.tui.widgets.panel import NOTHING, Panel
from revtui.views.lines import Line
from revtui.views.palette import Role


class Pager(Panel, can_focus=True):
    """A page that scrolls; there is no cursor."""

    DEFAULT_CSS: ClassVar[str] = "Pager { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start at the top."""
        super().__init__(id=id)
        self._top = 0

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; the place is kept as far as it still exists."""
        super().show(lines)
        self.move(0)

    def move(self, step: int) -> None:
        """Scroll by some lines."""
        self.move_to(self._top + step)

    def move_to(self, line: int) -> None:
        """Scroll so that `line` is on top, as far as possible."""
        most = max(len(self._lines) - self.page, 0)
        top = min(max(line, 0), most)
        if top != self._top:
            self._top = top
            self.repaint()
        left, right, foot, _place = self._titles
        self.entitle(
            left, right, foot_left=foot, foot_right=((self._place(), Role.DIM),) if most else NOTHING
        )

    def to_end(self) -> None:
        """To the last line."""
        self.move_to(len(self._lines))

    @property
    def page(self) -> int:
        """How many lines can be seen."""
        return self.room[1]

    def _place(self) -> str:
        last = min(self._top + self.page, len(self._lines))
        return f"{self._top + 1}-{last} of {len(self._lines)}"

    def body_line(self, y: int, width: int) -> Strip:
        """A line of the page."""
        index = self._top + y
        return self.paint.strip(self._lines[index] if index < len(self._lines) else NOTHING, width)

    def on_resize(self, _event: events.Resize) -> None:
        """Stay within the page."""
        self.move(0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls."""
        event.stop()
        self.move(-3)
