"""One KPI: its value and severity, its way up to now, its change, and the threshold next in line."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events

from revtui.tui.widgets.panel import NOTHING, Panel, drawn_once
from revtui.views.lines import Line, joined
from revtui.views.model import CardView
from revtui.views.palette import Role, Segment, mark, role, word
from revtui.views.sparkline import sparkline
from revtui.views.widths import line_width, width_of


class KpiCard(Panel):
    """A card of two rows (value, change and threshold) or three."""

    DEFAULT_CSS: ClassVar[str] = "KpiCard { height: 5; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start empty."""
        super().__init__(id=id)
        self._card: CardView | None = None

    @drawn_once
    def present(self, card: CardView) -> None:
        """Show a KPI."""
        self._card = card
        badge: Line = ((f"{card.sign} {word(card.severity)}", role(card.severity)),) if card.judged else ()
        short: Line = ((card.sign, mark(card.severity)),) if card.judged else ()
        width, height = self.room
        roomy = width >= width_of(card.label) + line_width(badge) + 4
        age: Line = ((card.stale, Role.UNKNOWN),) if card.stale else NOTHING
        title: Line = ((card.label, Role.STRONG if card.alarming else Role.TEXT),)
        window: Line = ((card.window, Role.INFO),) if card.window else NOTHING
        self.entitle(title, badge if roomy else short, foot_left=window, foot_right=age)
        self.frame_in(card.trend if card.alarming else None)
        self.show(card_lines(card, width, height, plain=self.plain))

    def on_resize(self, _event: events.Resize) -> None:
        """Use the room there is now."""
        if self._card is not None:
            self.present(self._card)


def card_lines(card: CardView, width: int, height: int, *, plain: bool = False) -> Sequence[Line]:
    """The content of a card of `width` columns; one row only where `height` is 1."""
    value: list[Segment] = [(card.value, card.look)]
    room = width - line_width(value) - 1
    spark: Line = ((sparkline(card.spark, room, ascii=plain), card.trend),) if room >= 4 else ()
    first = joined(value, spark, width)
    level = card.threshold if width_of(card.threshold) <= width else card.threshold_short or card.threshold
    # What the value leaves out is said before how it has changed.
    rest = [_aside(card, width), ((card.change, Role.DIM),), ((level, Role.DIM),)]
    aside, change, threshold = (line if line[0][0] else NOTHING for line in rest)
    if height >= 3:
        return (first, change, threshold) if not aside else (first, threshold or change, aside)
    second = aside or change
    if second and threshold and line_width(second) + line_width(threshold) + 1 <= width:
        return (first, joined(second, threshold, width))
    return (first, aside or threshold or change)


def _aside(card: CardView, width: int) -> Line:
    """What the value leaves out, in the longest spelling that fits."""
    fitting = (text for text in card.aside if width_of(text) <= width)
    return ((next(fitting, card.aside[-1] if card.aside else ""), Role.WARN),)
