"""The outermost frame: finds the command, and turns every way of ending into an exit status.

    0 done │ 1 failed while running │ 2 usage, configuration, terminal │ 3 source │ 4 --fail-on met │ 5 no data
    129, 130, 143 SIGHUP, SIGINT, SIGTERM │ 141 the reader of a pipe has gone

stdout is data only; what went wrong is one line on stderr and a hint. A traceback appears only with
REVTUI_DEBUG=1, and only for a fault of the program itself.
"""

import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from revtui import __version__
from revtui.cli.arguments import HELP_FLAGS, bind, wants_help
from revtui.cli.commands import COMMANDS, MONITOR, CommandEntry, members, refuse_unknown_command
from revtui.cli.help import command_page, group_page
from revtui.cli.output import output
from revtui.cli.signals import Interrupted, interruptible
from revtui.cli.streams import discard, flush_output, occupy_closed_descriptors, say
from revtui.core.errors import RevtuiError

if TYPE_CHECKING:
    from cyclopts import App

BROKEN_PIPE: Final = 141
OVERVIEW: Final = Path(__file__).with_name("overview.txt")
"""`help.overview_page` written down, so that `revtui --help` answers at once; a test keeps it true."""

_DEBUG: Final = "REVTUI_DEBUG"


def run(argv: Sequence[str]) -> int:
    """Run `revtui` with these arguments; the exit status."""
    occupy_closed_descriptors()
    try:
        with interruptible():
            return _settled(_guarded(list(argv)))
    except Interrupted as signal:
        discard(1)
        return signal.exit_code


def _guarded(argv: list[str]) -> int:
    """The exit status of a command, however it ends."""
    try:
        return _dispatch(argv)
    except RevtuiError as error:
        say(error.message, hint=error.hint)
        return error.exit_code
    except BrokenPipeError:
        discard(1)
        return BROKEN_PIPE
    except (Interrupted, SystemExit):
        raise
    except BaseException as bug:  # noqa: BLE001 - the outermost frame; a panic in polars is no Exception
        _report(bug)
        return 1


def _settled(status: int) -> int:
    """`status`, unless what was written to stdout does not arrive."""
    try:
        flush_output()
    except BrokenPipeError:
        discard(1)
        return BROKEN_PIPE
    except RevtuiError as error:
        discard(1)
        say(error.message)
        return status or error.exit_code
    return status


def _report(bug: BaseException) -> None:
    if os.environ.get(_DEBUG):
        say("".join(traceback.format_exception(bug)))
        return
    first = next(iter(str(bug).splitlines()), "")
    say(
        f"a fault of revtui itself: {type(bug).__name__}: {first}",
        hint=f"set {_DEBUG}=1 to see where, and please report it",
    )


def _dispatch(argv: list[str]) -> int:
    if argv and members(argv[0]) and len(argv) > 1 and argv[1] in HELP_FLAGS:
        _print(group_page(argv[0], members(argv[0])))
        return 0
    entry, tokens = find(argv)
    if "--version" in tokens[: tokens.index("--") if "--" in tokens else None]:
        _print(f"revtui {__version__}\n")
        return 0
    if wants_help(tokens):
        _print(page(entry))
        return 0
    function, positional, named = bind(_app(entry), tokens, command=f"revtui {entry.name}".rstrip())
    return function(*positional, **named) or 0


def find(argv: list[str]) -> tuple[CommandEntry, list[str]]:
    """The command that `argv` names, with the rest; the monitor when it names none.

    Raises:
        UsageError: for a bare word that is neither a command nor an existing path.
    """
    for length in (2, 1):
        name = " ".join(argv[:length])
        for entry in COMMANDS:
            if entry.name == name and len(argv) >= length:
                return entry, argv[length:]
    refuse_unknown_command(argv[:1], rest=argv[1:])
    return MONITOR, argv


def page(entry: CommandEntry) -> str:
    """The help page of a command, ready to print."""
    if entry is MONITOR:
        return OVERVIEW.read_text("utf-8")
    return command_page(entry, _app(entry).assemble_argument_collection()) + "\n"


def _app(entry: CommandEntry) -> "App":
    """What binds arguments to the function of a command."""
    from cyclopts import App  # noqa: PLC0415 - a fifth of a second that `--version` and the overview do not pay

    return App(default_command=entry.load(), help_flags=[], version_flags=[])


def _print(text: str) -> None:
    with output(None) as stream:
        stream.write(text.encode())
