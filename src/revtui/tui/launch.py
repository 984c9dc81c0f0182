"""Starting the monitor on a terminal, and what its end means as an exit status."""

import getpass
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from revtui.core.rules import Rule
from revtui.tui.ending import Ending
from revtui.tui.feed import Feed
from revtui.tui.terminal import capabilities, require_terminal

_SHOWN_PACKAGES = ("revtui", "textual", "polars", "plotext")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user asked for on the command line or in the configuration."""

    theme: str = "okabe-dark"
    tab: str = "overview"
    query: str = ""
    ascii_only: bool | None = None
    """None: by the locale."""
    mouse: bool = True
    readonly: bool = False


def check_terminal(environ: Mapping[str, str]) -> None:
    """Refuse to start without a terminal that can be drawn on.

    Raises:
        UsageError: naming what to use instead.
    """
    streams = {
        "standard input": sys.__stdin__,
        "standard output": sys.__stdout__,
        "standard error": sys.__stderr__,
    }
    require_terminal(
        terminals={
            name: stream is not None and not stream.closed and stream.isatty()
            for name, stream in streams.items()
        },
        environ=environ,
    )


def run_monitor(
    feed: Feed,
    wishes: Wishes,
    *,
    environ: Mapping[str, str],
    save_rules: Callable[[Sequence[Rule]], str] | None = None,
) -> int:
    """Run the monitor until somebody ends it.

    Args:
        feed: Where its pictures come from; it is run in a thread, and stopped.
        wishes: How it should look.
        environ: The process environment.
        save_rules: Writes thresholds to the configuration and says where; None: they cannot be saved.

    Returns:
        0 after a plain quit, 130 after ctrl+c, 128+n after signal n.

    Raises:
        UsageError: when there is no terminal to draw on.
        RevtuiError: what ended the feed, once the terminal has been given back.
    """
    check_terminal(environ)
    from revtui.tui.app import MonitorApp, Settings  # noqa: PLC0415 - a refusal must not wait for the framework
    from revtui.tui.driver import driver_for  # noqa: PLC0415 - see above
    from revtui.tui.state import ViewState  # noqa: PLC0415 - see above

    ending = Ending(feed.stop)
    settings = Settings(
        capabilities=capabilities(as_started(environ), ascii_only=wishes.ascii_only),
        theme=wishes.theme,
        view=ViewState(tab=wishes.tab, query=wishes.query),
        user=_user(environ),
        readonly=wishes.readonly,
        save_rules=save_rules,
        versions=versions(),
        blocks=environ.get("TERM") == "linux",
    )
    app = MonitorApp(feed, settings, ending=ending, driver_class=driver_for(ending))
    with ending.handling():
        app.run(mouse=wishes.mouse)
    if ending.status is not None:
        return ending.status
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0


def as_started(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with LC_CTYPE as it was given to the process.

    The interpreter sets it to a UTF-8 locale when it finds itself in the C locale (PEP 538), whatever
    the terminal can show.
    """
    try:
        given = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:  # a system that does not tell
        return environ
    types = [
        entry.partition(b"=")[2].decode(errors="replace") for entry in given if entry.startswith(b"LC_CTYPE=")
    ]
    return {**environ, "LC_CTYPE": types[0] if types else ""}


def versions() -> dict[str, str]:
    """Package -> version, of those that matter in a report of a fault."""
    found = {"python": sys.version.split()[0]}
    for name in _SHOWN_PACKAGES:
        with suppress(metadata.PackageNotFoundError):  # run from a source tree that is not installed
            found[name] = metadata.version(name)
    return found


def _user(environ: Mapping[str, str]) -> str:
    """Who sits here: the person behind sudo, if there is one."""
    try:
        return environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return "unknown"
