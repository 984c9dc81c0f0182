"""One frame without a terminal: the same screen, drawn into text, ANSI, SVG, HTML or PNG.

Needs no terminal, no standard input, no HOME and no TERM. The SVG refers to nothing outside itself.
"""

import asyncio
import io
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from rich.console import Console
from rich.segment import Segment, Segments
from rich.terminal_theme import TerminalTheme

from revtui.core.alerts import Transition
from revtui.core.errors import RevtuiError, UsageError
from revtui.engine.snapshot import Snapshot
from revtui.tui.actions import TABS
from revtui.tui.app import MonitorApp, Settings
from revtui.tui.feed import StillFeed
from revtui.tui.launch import versions
from revtui.tui.state import ViewState
from revtui.tui.terminal import Capabilities
from revtui.views.palette import MONO, OKABE_DARK, PALETTES

Format = Literal["text", "ansi", "svg", "html"]
FORMATS: Final = ("text", "ansi", "svg", "html")

_FONT: Final = "DejaVu Sans Mono, monospace"
_OUTSIDE: Final = re.compile(r"@font-face\s*\{.*?\}|<!--.*?-->", re.DOTALL)
_PATIENCE_SECONDS: Final = 30.0
"""A chart takes a fraction of a second to draw; a machine that needs longer than this has another problem."""
_POLL_SECONDS: Final = 0.01
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


def frame(
    snapshot: Snapshot | None,
    transitions: Sequence[Transition] = (),
    *,
    size: tuple[int, int] = (120, 40),
    format: Format = "text",  # noqa: A002 - the option's name
    tab: str = "overview",
    theme: str = OKABE_DARK.name,
    query: str = "",
    ascii_only: bool = False,
    no_color: bool = False,
) -> str:
    """One frame as text of at most COLS x ROWS characters, or as a picture of as many cells.

    Args:
        snapshot: What to show; None: a start without data.
        transitions: The alert log behind it.
        size: Columns and rows.
        format: text, ansi, svg or html.
        tab: One of the tabs.
        theme: One of the palettes; `mono` writes no colours.
        query: A filter for the alerts.
        ascii_only: Only characters below 0x80.
        no_color: Whether the environment asks for no colours (NO_COLOR). What goes to a terminal then
            has none; a picture keeps those of its theme.

    Raises:
        UsageError: for an unknown format, tab or theme, and (as FilterError) for a bad filter.
        RevtuiError: when the frame is not drawn in time.
    """
    _refuse("tab", tab, TABS)
    _refuse("theme", theme, tuple(PALETTES))
    _refuse("format", format, FORMATS)
    if no_color and format in {"text", "ansi"}:
        theme = MONO.name
    settings = Settings(
        capabilities=Capabilities(ascii=ascii_only, colour=theme != MONO.name),
        theme=theme,
        view=ViewState(tab=tab, query=query),
        versions=versions(),
        timed=False,
        still=True,
    )
    app = MonitorApp(StillFeed(snapshot, transitions), settings, monotonic=lambda: 0.0)
    if query:
        app.session.compiled(query)
    console = asyncio.run(_drawn(app, size))
    return _export(console, format, dark=PALETTES[theme].dark)


def png(svg: str) -> bytes:
    """An SVG made by `frame` as PNG.

    Raises:
        UsageError: without the extra `png`.
    """
    try:
        import resvg_py  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(
            "PNG needs the extra `png`", hint="pip install 'revtui[png]', or use --format svg"
        ) from None
    return bytes(resvg_py.svg_to_bytes(svg_string=svg))


def _refuse(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"unknown {what} {value!r}", hint=f"one of {', '.join(known)}")


async def _drawn(
    app: MonitorApp, size: tuple[int, int], *, patience_seconds: float = _PATIENCE_SECONDS
) -> Console:
    """Run the app without a terminal until its charts are drawn, and record the screen.

    Raises:
        RevtuiError: when they are not drawn in time; a frame without its charts is worse than none.
    """
    async with app.run_test(size=size) as pilot:
        deadline = asyncio.get_running_loop().time() + patience_seconds
        while not app.settled:  # a chart is being drawn in its thread
            if asyncio.get_running_loop().time() > deadline:
                raise RevtuiError(
                    f"the frame was not drawn within {patience_seconds:g} s",
                    hint="the machine may be overloaded: try again, or take --format json",
                )
            await pilot.pause(_POLL_SECONDS)
        await pilot.pause()
        return screen_console(app, size)


def screen_console(app: MonitorApp, size: tuple[int, int]) -> Console:
    """The screen recorded in a console.

    The one place that touches the framework's compositor, for which it has no public name.
    """
    console = Console(
        width=size[0],
        height=size[1],
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        _environ={},
    )
    compositor = app.screen._compositor  # noqa: SLF001 - see the docstring
    update: Any = compositor.render_update(full=True, screen_stack=app._background_screens)  # noqa: SLF001 - see the docstring
    for line in update.strips:  # each line in pieces
        console.print(Segments([*(segment for strip in line for segment in strip), Segment.line()]), end="")
    return console


def _export(console: Console, form: Format, *, dark: bool) -> str:
    ground, text = (_BLACK, _WHITE) if dark else (_WHITE, _BLACK)
    colours = TerminalTheme(ground, text, [_BLACK] * 8, [_WHITE] * 8)
    match form:
        case "text":
            return _trimmed(console.export_text())
        case "ansi":
            return console.export_text(styles=True)
        case "html":
            page = console.export_html(theme=colours, inline_styles=True)
            return page.replace(
                "font-family:Menlo,'DejaVu Sans Mono',consolas,'Courier New',monospace",
                f"font-family:{_FONT}",
            )
        case "svg":
            return self_contained(console.export_svg(title="revtui", theme=colours))


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def self_contained(svg: str) -> str:
    """The SVG without fonts from elsewhere, in one that has boxes and braille."""
    return _OUTSIDE.sub("", svg).replace("Fira Code", _FONT)
