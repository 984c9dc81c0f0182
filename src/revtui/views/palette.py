"""Severity and style vocabulary: glyphs, words, and the colours of the shipped themes as plain data.

Rules: severity is never told by colour alone (a glyph and a word always stand beside it); every
foreground has a contrast of at least 4.5:1 on its background; OK, WARN and CRIT stay apart for
readers with deuteranopia and protanopia. The tests measure all three.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from revtui.core.severity import Severity
from revtui.core.text import ASCII


class Role(StrEnum):
    """What a piece of text is, so that the palette can say how it looks.

    LINE and the two after it are for what is drawn instead of written: lines, blocks, frames, marks.
    They are never shown in reverse video, which would turn a drawing into its opposite.
    """

    TEXT = "text"
    DIM = "dim"
    STRONG = "strong"
    AXIS = "axis"
    LINE = "line"
    OK = "ok"
    INFO = "info"
    UNKNOWN = "unknown"
    WARN = "warn"
    CRIT = "crit"
    WARN_LINE = "warn-line"
    CRIT_LINE = "crit-line"


Segment: TypeAlias = tuple[str, Role]
"""A run of text in one role. A line is a sequence of these."""

SEVERITY_ROLES: Final = MappingProxyType(
    {
        Severity.OK: Role.OK,
        Severity.INFO: Role.INFO,
        Severity.UNKNOWN: Role.UNKNOWN,
        Severity.WARN: Role.WARN,
        Severity.CRIT: Role.CRIT,
    }
)

DRAWN: Final = frozenset({Role.LINE, Role.AXIS, Role.WARN_LINE, Role.CRIT_LINE})
"""The roles of what is drawn."""

_GLYPHS: Final = MappingProxyType(
    {
        Severity.OK: "●",
        Severity.INFO: "◆",
        Severity.UNKNOWN: "○",
        Severity.WARN: "▲",
        Severity.CRIT: "■",
    }
)

_WORDS: Final = MappingProxyType(
    {
        Severity.OK: "OK",
        Severity.INFO: "INFO",
        Severity.UNKNOWN: "UNKN",
        Severity.WARN: "WARN",
        Severity.CRIT: "CRIT",
    }
)


def glyph(severity: Severity, *, ascii_only: bool = False) -> str:
    """The one-cell sign of a severity.

    >>> glyph(Severity.CRIT), glyph(Severity.CRIT, ascii_only=True)
    ('■', 'X')
    """
    sign = _GLYPHS[severity]
    return ASCII[sign] if ascii_only else sign


def word(severity: Severity) -> str:
    """The word of a severity, at most four letters, for columns.

    >>> word(Severity.UNKNOWN)
    'UNKN'
    """
    return _WORDS[severity]


def role(severity: Severity) -> Role:
    """The role in which a severity is written."""
    return SEVERITY_ROLES[severity]


def drawn(severity: Severity) -> Role:
    """The role in which something of a severity is drawn: a frame, a level, a mark, a trend.

    >>> drawn(Severity.CRIT), drawn(Severity.OK)
    (<Role.CRIT_LINE: 'crit-line'>, <Role.LINE: 'line'>)
    """
    return {Severity.WARN: Role.WARN_LINE, Severity.CRIT: Role.CRIT_LINE}.get(severity, Role.LINE)


def mark(severity: Severity) -> Role:
    """The role of a glyph that stands alone: it is drawn, not written.

    >>> mark(Severity.CRIT), mark(Severity.UNKNOWN)
    (<Role.CRIT_LINE: 'crit-line'>, <Role.UNKNOWN: 'unknown'>)
    """
    return drawn(severity) if severity.is_alarm else role(severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """What a role is written in: a colour (empty: the terminal's own) and the cues beside it."""

    color: str = ""
    """`#rrggbb`."""
    bold: bool = False
    dim: bool = False
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One theme as data."""

    name: str
    dark: bool
    background: str
    """`#rrggbb`; empty in the theme without colours."""
    surface: str
    """Behind cards and panels."""
    accent: str
    """Focus, selected tab, border of the focused panel."""
    inks: Mapping[Role, Ink]

    def ink(self, part: Role) -> Ink:
        """What `part` is written in, in this theme."""
        return self.inks[part]


_WRITTEN: Final = {Role.WARN_LINE: Role.WARN, Role.CRIT_LINE: Role.CRIT}
"""What is drawn has the colour of what is written of the same severity."""


def _palette(
    name: str, *, dark: bool, ground: tuple[str, str], accent: str, colors: Mapping[Role, str]
) -> Palette:
    """A theme with the cues that all coloured themes share."""
    return Palette(
        name=name,
        dark=dark,
        background=ground[0],
        surface=ground[1],
        accent=accent,
        inks=MappingProxyType(
            {
                part: Ink(
                    color=colors[_WRITTEN.get(part, part)],
                    bold=part in {Role.STRONG, Role.WARN, Role.CRIT},
                )
                for part in Role
            }
        ),
    )


OKABE_DARK: Final = _palette(
    "okabe-dark",
    dark=True,
    ground=("#121212", "#1a1a1a"),
    accent="#56B4E9",
    colors={
        Role.TEXT: "#E0E0E0",
        Role.DIM: "#999999",
        Role.STRONG: "#FFFFFF",
        Role.AXIS: "#8F8F8F",
        Role.LINE: "#56B4E9",
        Role.OK: "#56B4E9",
        Role.INFO: "#CC79A7",
        Role.UNKNOWN: "#999999",
        Role.WARN: "#E69F00",
        Role.CRIT: "#FF6B5E",
    },
)
"""The default: Okabe and Ito's colours, which stay apart for colour-blind readers."""

OKABE_LIGHT: Final = _palette(
    "okabe-light",
    dark=False,
    ground=("#F5F5F5", "#FFFFFF"),
    accent="#0072B2",
    colors={
        Role.TEXT: "#1A1A1A",
        Role.DIM: "#666666",
        Role.STRONG: "#000000",
        Role.AXIS: "#666666",
        Role.LINE: "#0072B2",
        Role.OK: "#0072B2",
        Role.INFO: "#8E3A70",
        Role.UNKNOWN: "#666666",
        Role.WARN: "#8A5A00",
        Role.CRIT: "#9C0A2A",  # a lighter red would be WARN to readers with deuteranopia
    },
)

HIGH_CONTRAST: Final = _palette(
    "high-contrast",
    dark=True,
    ground=("#000000", "#000000"),
    accent="#FFFFFF",
    colors={
        Role.TEXT: "#FFFFFF",
        Role.DIM: "#C8C8C8",
        Role.STRONG: "#FFFFFF",
        Role.AXIS: "#C8C8C8",
        Role.LINE: "#7FD4FF",
        Role.OK: "#7FD4FF",
        Role.INFO: "#F0A8E0",
        Role.UNKNOWN: "#C8C8C8",
        Role.WARN: "#FFD400",
        Role.CRIT: "#FF7A6E",
    },
)

MONO: Final = Palette(
    name="mono",
    dark=True,
    background="",
    surface="",
    accent="",
    inks=MappingProxyType(
        {
            Role.TEXT: Ink(),
            Role.DIM: Ink(dim=True),
            Role.STRONG: Ink(bold=True),
            Role.AXIS: Ink(dim=True),
            Role.LINE: Ink(),
            Role.OK: Ink(),
            Role.INFO: Ink(),
            Role.UNKNOWN: Ink(dim=True),
            Role.WARN: Ink(bold=True),
            Role.CRIT: Ink(bold=True, reverse=True),
            Role.WARN_LINE: Ink(bold=True),
            Role.CRIT_LINE: Ink(bold=True),
        }
    ),
)
"""No colour at all: weight and reverse video only (`NO_COLOR`)."""

PALETTES: Final = MappingProxyType({p.name: p for p in (OKABE_DARK, OKABE_LIGHT, HIGH_CONTRAST, MONO)})
"""By name, the default first."""
