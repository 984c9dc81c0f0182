"""Help pages: plain text, 80 columns, made from the commands' own signatures.

No colour and no width of the terminal at hand, so that a page reads the same piped, paged and in a
bug report.
"""

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, get_args

from revtui.cli.arguments import is_option
from revtui.cli.commands import COMMANDS, CommandEntry

if TYPE_CHECKING:
    from cyclopts import Argument

COLUMNS: Final = 80
_INDENT: Final = 2
_TERM: Final = 24
"""Explanations begin in this column."""

SOURCE_HELP: Final = (
    "SOURCE is a path or a glob (.csv .jsonl .ndjson .parquet, .gz too), - for standard input, or the simulator:"
    " 'sim:?rate=20&seed=42&duration=1h'. Times: 2026-03-05T09:00:00Z or -2h. Durations: 90s, 5m, 1h30m."
)
EXIT_STATUS: Final = (
    ("0", "done"),
    ("1", "failed while running"),
    ("2", "wrong usage or configuration, or no terminal for the monitor"),
    ("3", "a source cannot be reached"),
    ("4", "--fail-on was met"),
    ("5", "no data"),
    ("129, 130, 143", "ended by SIGHUP, SIGINT, SIGTERM"),
    ("141", "the reader of a pipe has gone"),
)


def command_page(entry: CommandEntry, collection: Iterable["Argument"]) -> str:
    """The page of one command; `collection` are its arguments."""
    return "\n".join(
        [
            f"usage: revtui {entry.name} [OPTIONS] {entry.arguments}".rstrip(),
            "",
            *_prose(entry.description),
            *_examples(entry.examples),
            *_options(collection),
            *(["", *_prose(SOURCE_HELP)] if "SOURCE" in entry.arguments else []),
        ]
    )


def overview_page(monitor: CommandEntry, collection: Iterable["Argument"]) -> str:
    """The page of the program: the monitor, which needs no name, and the commands."""
    return "\n".join(
        [
            f"usage: revtui [OPTIONS] {monitor.arguments}",
            "       revtui COMMAND ...",
            "",
            *_prose(monitor.description),
            *_examples(monitor.examples),
            "",
            "Commands (each has --help):",
            *_table([(entry.name, entry.summary) for entry in COMMANDS]),
            *_options(collection),
            *_table([("--version", "the version, and nothing else")]),
            "",
            *_prose(SOURCE_HELP),
            "",
            "Exit status:",
            *_table(EXIT_STATUS),
        ]
    )


def group_page(word: str, members: Sequence[CommandEntry]) -> str:
    """The page of a word that only begins commands, such as `config`."""
    return "\n".join(
        [
            f"usage: revtui {word} COMMAND [OPTIONS]",
            "",
            "Commands (each has --help):",
            *_table([(entry.name, entry.summary) for entry in members]),
            *_examples([example for entry in members for example in entry.examples[:1]]),
            "",
        ]
    )


def _prose(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def _examples(examples: Sequence[str]) -> list[str]:
    heading = "Example:" if len(examples) == 1 else "Examples:"
    return ["", heading, *(" " * _INDENT + example for example in examples)]


def _options(collection: Iterable["Argument"]) -> list[str]:
    groups: dict[str, tuple[int, list[tuple[str, str]]]] = {}
    for argument in collection:
        if not is_option(argument):
            continue
        title, order = _heading(argument)
        rows = groups.setdefault(title, (order, []))[1]
        rows.append((_term(argument), argument.parameter.help or ""))
    lines: list[str] = []
    for title, (_, rows) in sorted(groups.items(), key=lambda item: item[1][0]):
        lines += ["", f"{title}:", *_table(rows)]
    return [*lines, *_table([("-h, --help", "this page")])]


def _heading(argument: "Argument") -> tuple[str, int]:
    """Under which heading an option stands, and where among the headings."""
    from cyclopts import Group  # noqa: PLC0415 - the overview is printed without the argument library

    groups = argument.parameter.group
    first = next(iter(groups), None) if isinstance(groups, tuple) else groups
    if not isinstance(first, Group) or first.name == "Parameters":
        return "Options", 0
    return first.name, first.sort_key if isinstance(first.sort_key, int) else 0


def _term(argument: "Argument") -> str:
    from revtui.cli.options import Metavar  # noqa: PLC0415 - the overview is printed without the argument library

    names = ", ".join(sorted(argument.names, key=len))
    if argument.is_flag():
        return names
    named = [extra.text for extra in get_args(argument.field_info.annotation) if isinstance(extra, Metavar)]
    choices = argument.get_choices()
    value = named[0] if named else "|".join(choices) if choices else "VALUE"
    return f"{names} {value}"


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    lines: list[str] = []
    for term, explanation in rows:
        head = " " * _INDENT + term
        wrapped = textwrap.wrap(
            explanation, COLUMNS - _TERM, break_long_words=False, break_on_hyphens=False
        ) or [""]
        if len(head) < _TERM - 1:
            lines.append((head.ljust(_TERM) + wrapped.pop(0)).rstrip())
        else:
            lines.append(head)
        lines += [" " * _TERM + line for line in wrapped]
    return lines
