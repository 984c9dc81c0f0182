"""Durations: `5m`, `90s`, `1h30m` and back; microseconds inside."""

import re
from fractions import Fraction
from typing import Final

from revtui.core.errors import UsageError

MICROSECONDS_PER_SECOND: Final = 1_000_000
_UNITS: Final = {
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_LONGEST: Final = 100 * 366 * 86_400_000_000
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")


def parse_duration(text: str) -> int:
    """Microseconds of a duration such as `5m`, `90s`, `1h30m`, `1.5s`, `2d`; a leading `-` negates.

    Raises:
        UsageError: when `text` is no duration, finer than a microsecond or longer than a century.

    >>> parse_duration("1h30m") // 60_000_000
    90
    """
    body = text.strip().lower()
    sign = -1 if body.startswith("-") else 1
    body = body.removeprefix("-")
    position, total = 0, Fraction(0)
    while position < len(body) and (part := _PART.match(body, position)):
        total += Fraction(part[1]) * _UNITS[part[2]]
        position = part.end()
    if not body or position != len(body) or total.denominator != 1 or total > _LONGEST:
        raise UsageError(f"not a duration: {text[:40]!r}", hint="write it like 90s, 5m, 1h30m or 2d")
    return sign * int(total)


def format_duration(us: int) -> str:
    """The shortest exact spelling.

    >>> format_duration(5_400_000_000), format_duration(0), format_duration(300_000_000)
    ('1h30m', '0s', '5m')
    """
    if us == 0:
        return "0s"
    sign, rest, parts = ("-" if us < 0 else ""), abs(us), []
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if rest:
        parts.append(f"{rest / 1000}ms")
    return sign + "".join(parts)
