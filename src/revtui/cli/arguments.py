"""The grammar of the command line: which words are options, values and arguments.

The library that binds arguments to functions takes `-5` for a number and refuses `-` and `-2h`, so
words are put into one unambiguous form before it sees them: `--option=value` for every option,
then `--`, then the arguments. The rules:

    -            an argument, or a value: standard input or output
    -<duration>  a value only: a time relative to now
    --           everything after it is an argument
    -ab, -aVALUE flags combined, and a value attached, as everywhere
    any other word that begins with a hyphen is an option: unknown ones are refused
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from revtui.core.durations import DURATION_PATTERN
from revtui.core.errors import UsageError
from revtui.core.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyclopts import App, Argument

_RELATIVE: Final = re.compile(f"-{DURATION_PATTERN}", re.IGNORECASE)
HELP_FLAGS: Final = frozenset({"--help", "-h"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionName:
    """One spelling of an option."""

    spelling: str
    """As typed: `--output` or `-o`."""
    canonical: str
    """The long spelling that stands for all of them."""
    takes_value: bool


def with_nearest(word: str, known: Iterable[str], hint: str) -> str:
    """A hint that begins with the known word that was perhaps meant.

    >>> with_nearest("windws", ["windows", "watch"], "see revtui --help")
    'did you mean windows? see revtui --help'
    """
    found = nearest(word, known)
    return f"did you mean {found}? {hint}" if found else hint


def exists(name: str) -> bool:
    """Whether a word is the path of something; never an error, whatever the word."""
    return os.path.exists(name)  # noqa: PTH110 - Path.exists raises for names that are too long


def wants_help(words: Sequence[str]) -> bool:
    """Whether a help flag stands among the options (not behind `--`)."""
    end = words.index("--") if "--" in words else len(words)
    return any(word in HELP_FLAGS for word in words[:end])


def normalise(words: Sequence[str], names: Iterable[OptionName], *, command: str) -> list[str]:
    """`words` in the unambiguous form of this module's rules.

    Raises:
        UsageError: for an unknown option, a missing or an unexpected value.
    """
    table = {name.spelling: name for name in names}
    options: list[str] = []
    arguments: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            arguments += rest
            break
        if word == "-" or not word.startswith("-"):
            arguments.append(word)
        elif word.startswith("--"):
            options.append(_long(word, rest, table, command))
        else:
            options += _short(word, rest, table, command)
    return [*options, "--", *arguments]


def _long(word: str, rest: list[str], table: dict[str, OptionName], command: str) -> str:
    spelling, equals, value = word.partition("=")
    name = table.get(spelling)
    if name is None:
        raise _unknown(spelling, table, command)
    if not name.takes_value:
        if equals:
            raise UsageError(f"{spelling} takes no value", hint=f"write {spelling} alone")
        return name.canonical
    return f"{name.canonical}={value if equals else _value(name, rest, command)}"


def _short(word: str, rest: list[str], table: dict[str, OptionName], command: str) -> list[str]:
    found: list[str] = []
    letters = word[1:]
    while letters:
        spelling, letters = f"-{letters[0]}", letters[1:]
        name = table.get(spelling)
        if name is None:
            raise _unknown(word, table, command)
        if name.takes_value:
            value = letters.removeprefix("=") if letters else _value(name, rest, command)
            return [*found, f"{name.canonical}={value}"]
        found.append(name.canonical)
    return found


def _value(name: OptionName, rest: list[str], command: str) -> str:
    if not rest:
        raise UsageError(f"{name.spelling} needs a value", hint=f"see {command} --help")
    word = rest[0]
    if word.startswith("-") and word != "-" and not _RELATIVE.fullmatch(word):
        raise UsageError(
            f"{name.spelling} needs a value, not {word!r}",
            hint=f"a value that begins with a hyphen is written {name.spelling}=VALUE",
        )
    return rest.pop(0)


def _unknown(spelling: str, table: dict[str, OptionName], command: str) -> UsageError:
    return UsageError(
        f"unknown option {spelling!r}", hint=with_nearest(spelling, table, f"see {command} --help")
    )


def is_option(argument: "Argument") -> bool:
    """Whether it is given by name: neither an argument nor a group of options."""
    named = any(name.startswith("--") for name in argument.names)
    return named and argument.parse and not argument.is_var_positional()


def option_names(collection: Iterable["Argument"]) -> list[OptionName]:
    """Every spelling of every option of a command."""
    return [
        OptionName(
            spelling=spelling,
            canonical=next(name for name in argument.names if name.startswith("--")),
            takes_value=not argument.is_flag(),
        )
        for argument in collection
        if is_option(argument)
        for spelling in argument.names
    ]


def bind(
    app: "App", words: Sequence[str], *, command: str
) -> tuple["Callable[..., Any]", tuple[Any, ...], dict[str, Any]]:
    """The command's function with what to call it with.

    Raises:
        UsageError: when the words do not fit the function.
    """
    from cyclopts import CycloptsError  # noqa: PLC0415 - a fifth of a second that `--version` does not pay

    collection = app.assemble_argument_collection()
    plain = normalise(words, option_names(collection), command=command)
    arguments = plain[plain.index("--") + 1 :]
    if arguments and not any(argument.is_var_positional() for argument in collection):
        raise UsageError(f"unexpected argument {arguments[0]!r}", hint=f"see {command} --help")
    try:
        function, bound, _ = app.parse_args(plain, print_error=False, exit_on_error=False)
    except CycloptsError as error:
        raise UsageError(" ".join(str(error).split()), hint=f"see {command} --help") from error
    return function, bound.args, bound.kwargs
