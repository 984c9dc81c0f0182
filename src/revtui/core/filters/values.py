"""How values are written: severities, numbers, durations and times.

Each reader takes the text of one value and returns it, or raises `Unreadable` with what is wrong;
the parser adds where.
"""

import difflib
import math
import re
from collections.abc import Iterable
from typing import Final

from revtui.core.durations import parse_duration
from revtui.core.errors import UsageError
from revtui.core.filters.fields import Kind
from revtui.core.filters.syntax import Anchor, Moment, Quantity
from revtui.core.iso import read_iso
from revtui.core.severity import Severity

_NUMBER: Final = re.compile(
    r"([+-]?)[$€£]?(\d[\d_]*(?:\.\d*)?|\.\d+)\s*(%|ms|k|m|b|)", re.IGNORECASE | re.ASCII
)
_FACTORS: Final = {"": 1.0, "ms": 1.0, "%": 0.01, "k": 1e3, "m": 1e6, "b": 1e9}
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z?", re.ASCII)
_SECOND: Final = 1_000_000
_LONGEST: Final = 2**53
"""Microseconds, some 285 years: exact as a float, far from the ends of an integer column."""


class Unreadable(Exception):  # noqa: N818 # a signal between reader and parser, never shown as an error
    """A text that is no value of its kind."""

    def __init__(self, message: str, hint: str = "") -> None:
        """`message` is what the person gets to read."""
        super().__init__(message)
        self.message = message
        self.hint = hint


def near(word: str, known: Iterable[str]) -> str:
    """`, did you mean X?` for the nearest of `known`, or nothing."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.5)
    return f", did you mean {found[0]}?" if found else ""


def read_quantity(kind: Kind, text: str) -> Quantity:
    """A value of an ordered field.

    Raises:
        Unreadable: when the text is none.
    """
    match kind:
        case Kind.SEVERITY:
            return _severity(text)
        case Kind.NUMBER:
            return _number(text)
        case _:
            return Quantity(amount=_duration(text), text=text.lower())


def read_moment(text: str) -> Moment:
    """A point in time: `30m` or `-30m` (before now), `12:30` (UTC, the last time it was), ISO 8601, `now`.

    Raises:
        Unreadable: when the text is none.
    """
    if text.lower() == "now":
        return Moment(anchor=Anchor.NOW, us=0, text="now")
    if (clock := _CLOCK.fullmatch(text)) is not None:
        seconds = (int(clock[1]) * 60 + int(clock[2])) * 60 + int(clock[3] or 0)
        return Moment(anchor=Anchor.DAY, us=seconds * _SECOND, text=text)
    if (found := read_iso(text)) is not None:
        return Moment(anchor=Anchor.EPOCH, us=found[0], text=text)
    try:
        us = _duration(text.removeprefix("-"))
    except Unreadable:
        raise Unreadable(
            f"not a time: {text!r}", "write it like 30m, 12:30 or 2026-03-05T09:05:00Z (UTC)"
        ) from None
    return Moment(anchor=Anchor.NOW, us=us, text=text.lower())


def _severity(text: str) -> Quantity:
    name = text.lower()
    if name.upper() not in Severity.__members__:
        known = [severity.name.lower() for severity in Severity]
        raise Unreadable(f"unknown severity {text!r}{near(text, known)}", f"severities: {', '.join(known)}")
    return Quantity(amount=int(Severity[name.upper()]), text=name)


def _number(text: str) -> Quantity:
    parts = _NUMBER.fullmatch(text)
    amount = math.nan if parts is None else float(parts[1] + parts[2].replace("_", ""))
    if parts is None or not math.isfinite(amount):
        raise Unreadable(f"not a number: {text!r}", "write it like 20, 5%, 800ms or 1.9k")
    scaled = amount / 100 if parts[3] == "%" else amount * _FACTORS[parts[3].lower()]
    return Quantity(amount=scaled, text=text)


def _duration(text: str) -> int:
    try:
        us = parse_duration(text)
    except (UsageError, OverflowError, ValueError):
        raise Unreadable(f"not a duration: {text!r}", "write it like 30s, 5m, 1h30m or 2d") from None
    if abs(us) > _LONGEST:
        raise Unreadable(f"too long a time: {text!r}")
    return us
