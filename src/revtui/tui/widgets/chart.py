"""A chart: drawn in a thread, kept until its data, size or theme change.

Drawing takes longer than a frame, so the event loop never does it. Until the new picture is ready
the old one stands.
"""

from dataclasses import dataclass
from typing import ClassVar

from textual import events, work
from textual.message import Message
from textual.strip import Strip
from textual.worker import get_current_worker

from revtui.tui.widgets.panel import NOTHING, Panel, drawn_once
from revtui.views.charts import ChartPicture, render_chart
from revtui.views.model import ChartView
from revtui.views.palette import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that a picture depends on: what the drawing thread gets to see, and nothing else."""

    view: ChartView
    now: int | None
    width: int
    height: int
    ascii: bool
    blocks: bool

    def draw(self) -> ChartPicture:
        """The picture; safe in any thread."""
        return render_chart(
            self.view, self.width, self.height, ascii=self.ascii, blocks=self.blocks, now=self.now
        )


class ChartPanel(Panel, can_focus=True):
    """A framed chart of one series."""

    DEFAULT_CSS: ClassVar[str] = "ChartPanel { height: 1fr; width: 1fr; }"

    class Drawn(Message, bubble=False):
        """A picture is ready; sent from the thread that drew it."""

        def __init__(self, picture: ChartPicture, wanted: Wanted) -> None:
            """`wanted` says what was asked for."""
            super().__init__()
            self.picture, self.wanted = picture, wanted

    def __init__(self, *, id: str | None = None, blocks: bool = False) -> None:  # noqa: A002 - the framework's name
        """`blocks`: for consoles whose font has no braille."""
        super().__init__(id=id)
        self._blocks = blocks
        self._view: ChartView | None = None
        self._asked = 0
        self._now: int | None = None
        self._wanted: Wanted | None = None
        self._shown: Wanted | None = None
        self._picture: ChartPicture | None = None
        self.drawn = 0
        """How many pictures have been drawn."""

    @property
    def settled(self) -> bool:
        """Whether what stands on the screen is the newest."""
        return self._view is None or (self._picture is not None and self._wanted == self._shown)

    @drawn_once
    def present(self, view: ChartView, *, now: int) -> None:
        """Show a series; a live one's axis ends at `now`."""
        self._view = view
        self._asked, self._now = now, _quantised(view, now, self.room[0])
        title = [(view.title, Role.STRONG)]
        if view.unit:
            title.append((f"  {view.unit}", Role.DIM))
        self.entitle(title, ((view.span, Role.DIM),))
        self._want()

    def on_resize(self, _event: events.Resize) -> None:
        """Draw in the new size."""
        if self._view is not None:
            self.present(self._view, now=self._asked)

    def _want(self) -> None:
        width, height = self.room
        if self._view is None or width <= 0 or height <= 0:
            return
        wanted = Wanted(
            view=self._view,
            now=self._now,
            width=width,
            height=height,
            ascii=self.plain,
            blocks=self._blocks,
        )
        if wanted != self._wanted:
            self._wanted = wanted
            self._draw(wanted)

    @work(thread=True, exclusive=True, exit_on_error=True)
    def _draw(self, wanted: Wanted) -> None:
        worker = get_current_worker()
        picture = wanted.draw()
        if not worker.is_cancelled:
            self.post_message(self.Drawn(picture, wanted))

    def on_chart_panel_drawn(self, message: Drawn) -> None:
        """The picture is ready."""
        self._shown = message.wanted
        self.drawn += 1
        if message.picture != self._picture:
            self._picture = message.picture
            self.repaint()

    def body_line(self, y: int, width: int) -> Strip:
        """A line of the newest picture."""
        picture = self._picture
        return self.paint.strip(picture.lines[y] if picture and y < len(picture.lines) else NOTHING, width)


def _quantised(view: ChartView, now: int, width: int) -> int:
    """`now` to the column: a chart is not drawn anew for less."""
    if not (view.live and view.times):
        return now
    column = max((view.times[-1] - view.times[0]) // max(width, 1), 1_000_000)
    return now // column * column
