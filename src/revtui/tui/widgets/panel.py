"""A framed rectangle of lines: the base of everything on the screen.

It draws its own frame, so that titles can stand at all four corners, and compares before it
redraws: showing the same again costs nothing and writes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import ClassVar, Concatenate, Final, ParamSpec, TypeVar

from rich.segment import Segment as StyledSegment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from revtui.tui.paint import Paint
from revtui.views.lines import Line, fitted
from revtui.views.palette import OKABE_DARK, PALETTES, Role
from revtui.views.widths import line_width

_ROUND: Final = ("╭", "╮", "╰", "╯", "─", "│")
_PLAIN: Final = ("+", "+", "+", "+", "-", "|")

NOTHING: Final[Line] = ()


class Painted(Widget):
    """A widget whose lines are (text, role) pairs."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start empty."""
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._painted: list[Strip] = []
        self._held = self._due = False
        self._ground: Style | None = None

    @property
    def paint(self) -> Paint:
        """The styles of the theme in use."""
        return paint_for(self.app.theme)

    @property
    def plain(self) -> bool:
        """Whether only ASCII may be shown."""
        return self.app.has_class("-ascii")

    @property
    def still(self) -> bool:
        """Whether this is a frame that nobody can press a key in."""
        return self.app.has_class("-still")

    def repaint(self) -> None:
        """Draw anew the lines that have changed, and only those: every line costs bytes on its way."""
        self._due = self._held
        if self._held:
            return
        self._ground = self._base()  # the same for all lines, and slow to find out
        fresh = [self.render_line(y) for y in range(self.size.height)]
        self._ground = None
        before, self._painted = self._painted, fresh
        if len(before) != len(fresh):
            self.refresh()
            return
        width = self.size.width
        changed = [Region(0, y, width, 1) for y, strip in enumerate(fresh) if strip != before[y]]
        if changed:
            self.refresh(*changed)

    @contextmanager
    def held(self) -> Iterator[None]:
        """What changes within this block is drawn at its end, once."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._due:
            self.repaint()

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines, from the top."""
        if lines != self._lines:
            self._lines = lines
            self.repaint()

    def body_line(self, y: int, width: int) -> Strip:
        """Line `y` of the content."""
        return self.paint.strip(self._lines[y] if y < len(self._lines) else NOTHING, width)

    def render_line(self, y: int) -> Strip:
        """Called by the framework for each visible line."""
        return self.grounded(self.body_line(y, self.size.width))

    def grounded(self, strip: Strip) -> Strip:
        """`strip` on the background of this widget."""
        return strip.apply_style(self._ground or self._base())

    def _base(self) -> Style:
        base = self.rich_style
        return Style(color=base.color, bgcolor=base.bgcolor)


_Drawn = TypeVar("_Drawn", bound=Painted)
_Given = ParamSpec("_Given")


def drawn_once(
    present: Callable[Concatenate[_Drawn, _Given], None],
) -> Callable[Concatenate[_Drawn, _Given], None]:
    """A method that changes several things of a widget, which is drawn once, at its end."""

    @wraps(present)
    def presented(widget: _Drawn, /, *args: _Given.args, **kwargs: _Given.kwargs) -> None:
        with widget.held():
            present(widget, *args, **kwargs)

    return presented


class Panel(Painted):
    """A frame around lines."""

    DEFAULT_CSS: ClassVar[str] = "Panel { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start without titles."""
        super().__init__(id=id)
        self._titles: tuple[Line, Line, Line, Line] = (NOTHING,) * 4
        self._frame_role: Role | None = None

    @property
    def room(self) -> tuple[int, int]:
        """Columns and rows inside the frame, padding excluded."""
        return max(self.size.width - 4, 0), max(self.size.height - 2, 0)

    def entitle(
        self,
        left: Line = NOTHING,
        right: Line = NOTHING,
        *,
        foot_left: Line = NOTHING,
        foot_right: Line = NOTHING,
    ) -> None:
        """Write on the frame, at its four corners."""
        titles = (left, right, foot_left, foot_right)
        if titles != self._titles:
            self._titles = titles
            self.repaint()

    def frame_in(self, role: Role | None) -> None:
        """Draw the frame in the colour of a role; None is the ordinary one."""
        if role != self._frame_role:
            self._frame_role = role
            self.repaint()

    def render_line(self, y: int) -> Strip:
        """Frame and content."""
        width, height = self.size
        if width < 4 or height < 2:
            return self.grounded(Strip.blank(width))
        corners = _PLAIN if self.plain else _ROUND
        style = self._frame_style()
        if y in {0, height - 1}:
            left, right = self._titles[:2] if y == 0 else self._titles[2:]
            begin, end = (corners[0], corners[1]) if y == 0 else (corners[2], corners[3])
            return self.grounded(self._edge(begin, end, corners[4], (left, right), style))
        side = StyledSegment(corners[5], style)
        pad = StyledSegment(" ")
        body = self.body_line(y - 1, width - 4)
        return self.grounded(Strip([side, pad, *body, pad, side], width))

    def _frame_style(self) -> Style:
        if self.has_focus and not self.still:
            return self.paint.border(focused=True)
        if self._frame_role is not None:
            return self.paint.style(self._frame_role)
        return self.paint.border(focused=False)

    def _edge(self, begin: str, end: str, rule: str, titles: tuple[Line, Line], style: Style) -> Strip:
        width = self.size.width
        left, right = (spaced(title) for title in titles)
        room = width - 4
        if line_width(left) + line_width(right) > room:
            right = () if line_width(left) > room // 2 and line_width(right) > room // 3 else right
            left = (
                fitted(left, max(room - line_width(right), 0))
                if line_width(left) + line_width(right) > room
                else left
            )
        gap = room - line_width(left) - line_width(right)
        if gap < 0:
            left, right, gap = (), (), room
        return Strip(
            [
                StyledSegment(begin + rule, style),
                *self.paint.segments(left),
                StyledSegment(rule * gap, style),
                *self.paint.segments(right),
                StyledSegment(rule + end, style),
            ],
            width,
        )


def spaced(title: Line) -> Line:
    """A title with a blank on either side; nothing stays nothing."""
    return ((" ", Role.TEXT), *title, (" ", Role.TEXT)) if title else ()


_PAINTS: Final = {name: Paint(palette) for name, palette in PALETTES.items()}


def paint_for(theme: str) -> Paint:
    """The styles of a theme by its name; the default's for a theme that is not ours."""
    return _PAINTS.get(theme, _PAINTS[OKABE_DARK.name])
