"""Durations: `5m`, `90s`, `1h30m` and back; microseconds inside."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from revtui.core.errors import UsageError

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
MICROSECONDS_PER_SECOND: Final = SECOND
_UNITS: Final = {"ms": SECOND // 1000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_LONGEST: Final = 100 * 366 * DAY
_LONGEST_TEXT: Final = 100
"""Characters; Python itself refuses to read numbers of thousands of digits."""
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")
DURATION_PATTERN: Final = r"([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+"
"""A regular expression of what is written like a duration, small letters and without a sign."""


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
    while len(body) <= _LONGEST_TEXT and position < len(body) and (part := _PART.match(body, position)):
        total += Fraction(part[1]) * _UNITS[part[2]]
        position = part.end()
    if not body or position != len(body) or total.denominator != 1 or total > _LONGEST:
        raise UsageError(f"not a duration: {text[:40]!r}", hint="write it like 90s, 5m, 1h30m or 2d")
    return sign * int(total)


def format_duration(us: int) -> str:
    """The exact spelling, largest unit first; what is left of a minute is one number.

    >>> format_duration(5_400_000_000), format_duration(0), format_duration(61_500_000)
    ('1h30m', '0s', '1m1.5s')
    >>> format_duration(250_000), format_duration(1500)
    ('250ms', '1.5ms')
    """
    if us == 0:
        return "0s"
    sign, rest, parts = ("-" if us < 0 else ""), abs(us), []
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if rest:
        unit = "s" if rest >= SECOND else "ms"
        parts.append(f"{Decimal(rest) / _UNITS[unit]:f}{unit}")
    return sign + "".join(parts)
