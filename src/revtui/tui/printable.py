"""Line filters: the last hand that touches every line before it goes to a terminal or a file.

* `Printable`: control characters, C1 and bidirectional overrides become visible signs, wherever the
  text came from. Data is sanitised on admission; this is the belt to those braces.
* `Ascii`: every character below 0x80, with the same width.
* `Colourless`: no colour at all; bold, dim, underline and reverse remain.
"""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from revtui.core.text import sanitise
from revtui.views.widths import plain


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    return style.without_color


class Printable(LineFilter):
    """Nothing that could steer the terminal passes."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - the framework passes it
        """Make control characters visible."""
        return [
            segment
            if segment.control or (safe := sanitise(segment.text)) == segment.text
            else Segment(safe, segment.style)
            for segment in segments
        ]


class Ascii(LineFilter):
    """Only printable ASCII passes."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - the framework passes it
        """Replace what a plain terminal cannot show."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(plain(segment.text), segment.style)
            for segment in segments
        ]


class Colourless(LineFilter):
    """No colour passes, not even the default one."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - the framework passes it
        """Strip foreground and background."""
        return [
            Segment(text, None if style is None else _without_colour(style), control)
            for text, style, control in segments
        ]
