"""Errors a person can act on.

Three kinds of trouble are kept apart:

    bad data     a value, `core.events.Rejected`; it goes to quarantine and is counted
    bad world    a `RevtuiError` below: one line that says what and where, a hint that says what to do
    bad program  any other exception: it crashes visibly

    RevtuiError             exit 1   something failed while running
    ├── UsageError          exit 2   arguments, or the terminal, do not fit
    │   ├── ConfigError     exit 2   configuration; carries every problem found
    │   └── FilterError     exit 2   a filter that cannot be understood (`core.filters`)
    ├── SourceError         exit 3   a source cannot be reached or read
    └── NoDataError         exit 5   the input held nothing to work on
"""

from collections.abc import Sequence
from typing import ClassVar


class RevtuiError(Exception):
    """A failure to report in one line, with a hint and an exit status."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        """`message` says what and where; `hint` says what to do about it."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RevtuiError):
    """The arguments, or the place revtui was started from, do not fit."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration cannot be used; every problem is named at once."""

    def __init__(self, problems: Sequence[str], *, hint: str = "") -> None:
        """`problems` are complete lines, each with its file (or origin) and key."""
        super().__init__("\n".join(problems), hint=hint)
        self.problems = tuple(problems)


class SourceError(RevtuiError):
    """A source cannot be reached or read."""

    exit_code = 3


class NoDataError(RevtuiError):
    """The input held nothing to work on."""

    exit_code = 5
