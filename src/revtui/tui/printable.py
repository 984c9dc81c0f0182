"""Line filters: the last hand that touches every line before it goes to a terminal or a file.

* `Printable`: control characters, C1 and bidirectional overrides become visible signs, wherever the
  text came from. Data is sanitised on admission; this is the belt to those braces.
* `Ascii`: every character below 0x80, with the same width.
* `Colourless`: no colour at all; bold, dim, underline and reverse remain.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NON_ASCII: Final = re.compile("[^\x20-\x7e]")

_PLAIN: Final[Mapping[str, str]] = {
    "●": ".", "▲": "!", "■": "X", "○": "?", "□": "o", "✓": "v", "▼": "v", "◆": "*", "◇": "i", "▶": ">", "►": ">", "◀": "<",
    "–": "-", "—": "-", "−": "-", "·": "-", "•": "*", "…": "~", "×": "x", "÷": "/", "±": "~", "≈": "~", "Δ": "d", "Σ": "S",
    "≥": ">", "≤": "<", "≠": "#", "→": ">", "←": "<", "↑": "^", "↓": "v", "↕": "|", "‖": "|", "«": "<", "»": ">",
    "“": '"', "”": '"', "‘": "'", "’": "'", "€": "E", "£": "L", "¥": "Y", "µ": "u", "°": "o", "½": "h",
    "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+",
    "┴": "+", "┼": "+", "─": "-", "━": "-", "═": "=", "╌": "-", "╍": "-", "┄": "-", "┈": "-", "╴": "-", "╶": "-", "│": "|", "┃": "|",
    "║": "|", "╎": "|", "┊": "|", "╵": "|", "╷": "|", "▏": "|", "▎": "|", "▍": "|", "▌": "|", "▋": "#", "▊": "#", "▉": "#", "█": "#",
    "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#", "▀": "-", "▔": "-", "▕": "|", "▐": "|",
    "░": ":", "▒": "%", "▓": "#", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip


def printable(text: str) -> str:
    r"""`text` with everything that could steer a terminal made visible.

    >>> printable("a\x1b[2Jb")
    'a␛[2Jb'
    """
    return _UNPRINTABLE.sub(lambda match: _visible(match[0]), text)


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def plain(text: str) -> str:
    """`text` in printable ASCII, as wide as before.

    >>> plain("■ 7.4 % ≥ 6 %"), plain("東x")
    ('X 7.4 % > 6 %', '??x')
    """
    return _NON_ASCII.sub(lambda match: _plain(match[0]), text)


def _plain(character: str) -> str:
    if (known := _PLAIN.get(character)) is not None:
        return known
    if "\u2800" <= character <= "\u28ff":  # a braille cell
        return " " if character == "\u2800" else "*"
    return "?" * cell_len(character)


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    return style.without_color


class Printable(LineFilter):
    """Nothing that could steer the terminal passes."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - the framework passes it
        """Make control characters visible."""
        return [
            segment
            if segment.control or not _UNPRINTABLE.search(segment.text)
            else Segment(printable(segment.text), segment.style)
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
