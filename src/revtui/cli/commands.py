"""The table of commands: what the overview lists, and the only names that are offered.

Importing this imports none of them: a command's code is loaded when it runs.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Final, cast

from revtui.cli.arguments import exists, with_nearest
from revtui.core.errors import UsageError

_LONGEST_SHOWN: Final = 60
_WORD: Final = re.compile(r"[A-Za-z][\w-]*")

Function = Callable[..., int | None]
"""A command: called with its arguments, it returns the exit status (None: 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    """One command, as the help shows it."""

    name: str
    """One or two words; empty for the monitor, which runs when no command is named."""
    summary: str
    """One line for the overview."""
    description: str
    arguments: str
    """Its arguments on the usage line."""
    examples: tuple[str, ...]
    function: str
    """Where it is found, as `module:name`."""

    def load(self) -> Function:
        """Import and give the function."""
        return cast("Function", resolve_name(self.function))


MONITOR: Final = CommandEntry(
    name="",
    summary="the monitor",
    description=(
        "Terminal monitor for the money side of an online business: are we earning what we should, which gateway"
        " fails, and since when. Without SOURCE it shows the sources of the configuration, or else its own simulator."
    ),
    arguments="[SOURCE...]",
    examples=("revtui", "revtui --follow /var/log/payments/events.jsonl"),
    function="revtui.cli.monitor:monitor",
)

COMMANDS: Final = (
    CommandEntry(
        name="windows",
        summary="the KPIs of every window and gateway, as a table",
        description=(
            "Read finite sources to their end, through the same engine as the monitor, and write one row per final"
            " window and gateway. `*` stands for all gateways."
        ),
        arguments="SOURCE...",
        examples=(
            "revtui windows events.csv --window 5m --hop 1m -o kpis.csv",
            "zcat events.jsonl.gz | revtui windows - --format jsonl --summary rows.json",
        ),
        function="revtui.cli.windows:windows",
    ),
    CommandEntry(
        name="snapshot",
        summary="one frame of the monitor, without a terminal",
        description=(
            "Write what the monitor would show, once, without a terminal: for cron, CI and chat. A live source is"
            " read until its first window closes."
        ),
        arguments="[SOURCE...]",
        examples=(
            "revtui snapshot events.csv --size 120x40",
            "revtui snapshot events.csv --format svg -o frame.svg --fail-on crit",
        ),
        function="revtui.cli.snapshot:snapshot",
    ),
    CommandEntry(
        name="watch",
        summary="a plain line per window and per alert, as they come",
        description=(
            "Write a plain line per closed window and per transition of an alert, as they come: for pipes, logs and"
            " screen readers."
        ),
        arguments="[SOURCE...]",
        examples=("revtui watch --follow events.jsonl --jsonl",),
        function="revtui.cli.watch:watch",
    ),
    CommandEntry(
        name="simulate",
        summary="made-up events with incidents in them, and the truth",
        description=(
            "Write made-up payment events, the same for the same arguments, with incidents injected; --truth says"
            " where they are."
        ),
        arguments="",
        examples=(
            "revtui simulate --rate 20/s --duration 1h --seed 42 -o events.csv",
            "revtui simulate --start -2h --format jsonl | revtui watch -",
        ),
        function="revtui.cli.simulate:simulate",
    ),
    CommandEntry(
        name="config show",
        summary="the configuration in force, and where each value is from",
        description="Print every setting with its value and where it comes from.",
        arguments="",
        examples=("revtui config show",),
        function="revtui.cli.configuration:show",
    ),
    CommandEntry(
        name="config check",
        summary="whether the configuration can be used",
        description="Read the configuration and name every problem in it; 2 when there is one.",
        arguments="",
        examples=("revtui config check --config /etc/revtui/config.toml",),
        function="revtui.cli.configuration:check",
    ),
    CommandEntry(
        name="config schema",
        summary="the JSON schema of the configuration file",
        description="Print the JSON schema of the configuration file, for editors and reviews.",
        arguments="",
        examples=("revtui config schema -o revtui.schema.json",),
        function="revtui.cli.configuration:schema",
    ),
    CommandEntry(
        name="keys",
        summary="the keys of the monitor",
        description="Print the keys of the monitor and what they do.",
        arguments="",
        examples=("revtui keys", "revtui keys --format json"),
        function="revtui.cli.keys:keys",
    ),
)
"""Every command there is, in the order of the overview."""


def members(word: str) -> list[CommandEntry]:
    """The commands of two words that begin with this one."""
    return [entry for entry in COMMANDS if entry.name.startswith(f"{word} ")]


def refuse_unknown_command(words: Sequence[str], *, rest: Sequence[str] = ()) -> None:
    """Refuse bare words that are no existing path: a command was meant.

    Args:
        words: Where a SOURCE of the monitor may stand.
        rest: What follows them on the command line.

    Raises:
        UsageError: naming the nearest command.
    """
    for word in words:
        if not _WORD.fullmatch(word) or exists(word):
            continue
        group = ", ".join(f"revtui {entry.name}" for entry in members(word))
        if group:
            typed = f"unknown command {f'{word} {rest[0]}'!r}" if rest else f"{word} needs a command"
            raise UsageError(typed, hint=f"one of: {group}")
        if any(entry.name == word for entry in COMMANDS):
            raise UsageError(f"the command {word} must come first", hint=f"see revtui {word} --help")
        shown = word if len(word) <= _LONGEST_SHOWN else f"{word[: _LONGEST_SHOWN - 1]}…"
        names = {entry.name.split()[0] for entry in COMMANDS}
        raise UsageError(
            f"unknown command {shown!r}, and no file of that name",
            hint=with_nearest(word, names, f"see revtui --help, or write ./{shown} for a file"),
        )
