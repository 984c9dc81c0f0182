"""From roles to colours: the palettes of `views.palette` as themes and as styles of segments.

The one place of the terminal front end that knows a colour. Data reaches the screen only as
(text, role) pairs; nothing is ever parsed as markup.
"""

from collections.abc import Iterable
from typing import Final

from rich.segment import Segment as StyledSegment
from rich.style import Style
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES, Theme

from revtui.views.lines import Line, fitted
from revtui.views.palette import DRAWN, PALETTES, Ink, Palette, Role, Segment

_TERMINAL_OWN: Final = "ansi_default"


def theme_of(palette: Palette) -> Theme:
    """The framework's theme for a palette; one without colours uses the terminal's own."""
    own = not palette.background
    accent = palette.accent or _TERMINAL_OWN

    def colour(role: Role) -> str:
        return palette.ink(role).color or _TERMINAL_OWN

    return Theme(
        name=palette.name,
        dark=palette.dark,
        ansi=own,
        primary=accent,
        secondary=accent,
        accent=accent,
        foreground=colour(Role.TEXT),
        background=palette.background or _TERMINAL_OWN,
        surface=palette.surface or _TERMINAL_OWN,
        panel=palette.surface or _TERMINAL_OWN,
        boost=palette.surface or _TERMINAL_OWN,
        warning=colour(Role.WARN),
        error=colour(Role.CRIT),
        success=colour(Role.OK),
        variables={
            **(BUILTIN_THEMES["ansi-dark"].variables if own else {}),
            "dim": colour(Role.DIM),
            "rule": colour(Role.AXIS),
            "crit": colour(Role.CRIT),
            "input-cursor-background": colour(Role.TEXT),
            "input-cursor-foreground": palette.background or _TERMINAL_OWN,
            "input-cursor-text-style": "reverse" if own else "none",
            "block-cursor-background": accent,
            "block-cursor-foreground": palette.background or _TERMINAL_OWN,
            "block-cursor-text-style": "bold reverse" if own else "bold",
        },
    )


THEMES: Final = tuple(theme_of(palette) for palette in PALETTES.values())
"""Every theme shipped; the default first."""

THEME_DEFAULTS: Final = {"dim": _TERMINAL_OWN, "rule": _TERMINAL_OWN, "crit": _TERMINAL_OWN}
"""Variables that the style sheet needs under any theme."""


def _style(ink: Ink) -> Style:
    return Style(
        color=ink.color or None, bold=ink.bold or None, dim=ink.dim or None, reverse=ink.reverse or None
    )


class Paint:
    """The styles of one palette."""

    def __init__(self, palette: Palette) -> None:
        """Look every role up once."""
        self._styles = {role: _style(palette.ink(role)) for role in Role}
        self.accent = Style(color=palette.accent or None, bold=True)
        self._border = {
            True: Style(color=palette.accent or None, bold=None if palette.accent else True),
            False: Style(color=_mixed(palette) or None, dim=None if palette.accent else True),
        }
        self._bar = self._styles[Role.TEXT] + Style(reverse=True)
        self._selected = {
            role: self._styles[role] + Style(reverse=True)
            for role in (Role.OK, Role.INFO, Role.WARN, Role.CRIT)
        } | {role: self._styles[role] for role in DRAWN}
        self._match = Style(underline=True, bold=True)

    def style(self, role: Role) -> Style:
        """How a role looks."""
        return self._styles[role]

    def border(self, *, focused: bool) -> Style:
        """How a panel's frame looks."""
        return self._border[focused]

    def segments(self, line: Iterable[Segment]) -> list[StyledSegment]:
        """A line as styled segments."""
        return [StyledSegment(text, self._styles[role]) for text, role in line if text]

    def strip(self, line: Line, width: int, *, selected: bool = False) -> Strip:
        """A line in exactly `width` cells; the selected one in reverse video, all but what is drawn in it."""
        line = fitted(line, width)
        if not selected:
            return Strip(self.segments(line), width)
        return Strip(
            [StyledSegment(text, self._selected.get(role, self._bar)) for text, role in line if text], width
        )

    def marked(self, strip: Strip, pieces: Iterable[tuple[int, int]]) -> Strip:
        """`strip` with the cells from start to end of each piece marked as matched."""
        for start, end in pieces:
            parts = list(strip.divide([start, end, strip.cell_length]))
            if len(parts) == 3:
                strip = Strip.join([parts[0], parts[1].apply_style(self._match), parts[2]])
        return strip


def _mixed(palette: Palette) -> str:
    """A frame stays behind its content: halfway between the ground and the dim text."""
    dim, ground = palette.ink(Role.DIM).color, palette.background
    if not (dim and ground):
        return ""
    channels = [(int(dim[i : i + 2], 16) + int(ground[i : i + 2], 16)) // 2 for i in (1, 3, 5)]
    return "#" + "".join(f"{channel:02x}" for channel in channels)
