"""Instants, as integers in microseconds since the epoch, to text and back.

Nothing here asks what time it is: `now` is an argument. Zones are IANA names and are used for what
people type and read; data is UTC.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from revtui.core.durations import SECOND, parse_duration
from revtui.core.errors import UsageError
from revtui.core.iso import read_iso

EARLIEST: Final = 946_684_800_000_000
"""2000-01-01T00:00:00Z: no event is older."""
LATEST: Final = 4_102_444_800_000_000
"""2100-01-01T00:00:00Z: every event is older."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def load_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        UsageError: when there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _unknown_zone(name) from None


def check_zone(name: str) -> None:
    """See that columns of times can be read in a zone.

    Raises:
        UsageError: when Python or polars does not know it (`localtime` is known to Python alone).
    """
    load_zone(name)
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(name)
    except pl.exceptions.ComputeError:
        raise _unknown_zone(name) from None


def _unknown_zone(name: str) -> UsageError:
    return UsageError(f"unknown time zone {name!r}", hint="write an IANA name, such as Europe/Berlin")


def parse_instant(text: str, *, now: int, zone: str = "UTC") -> int:
    """Microseconds of an ISO 8601 time, of `now`, or of a duration before (`-2h`) or after (`+5m`) it.

    A time without a zone is read in `zone`; one that occurs twice there is the earlier.

    Raises:
        UsageError: when it is none of these, or a local time that the clock skipped.

    >>> parse_instant("-2h", now=7_200_000_001), parse_instant("1970-01-01T00:00:01Z", now=0)
    (1, 1000000)
    """
    body = text.strip()
    if body == "now":
        return now
    if body.startswith(("-", "+")):
        return now + parse_duration(body.removeprefix("+"))
    found = read_iso(body)
    if found is None:
        raise UsageError(f"not a time: {text!r}", hint="write it like 2026-03-05T09:05:00Z, -2h or now")
    us, zoned = found
    return us if zoned else _place(us, load_zone(zone), text)


def _place(local_us: int, zone: ZoneInfo, text: str) -> int:
    try:
        local = (_EPOCH + local_us * _MICROSECOND).replace(tzinfo=zone)
        instant = local.astimezone(UTC)
        returned = instant.astimezone(zone)
    except OverflowError:
        raise UsageError(f"the time {text!r} is out of range") from None
    if returned.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise UsageError(
            f"the time {text!r} does not exist in {zone.key}", hint="the clock was put forward over it"
        )
    return (instant - _EPOCH) // _MICROSECOND


def format_instant(us: int) -> str:
    """UTC text for data, with a fraction only when it is not zero; years 1 to 9999.

    >>> format_instant(1_772_701_500_000_000), format_instant(500_000)
    ('2026-03-05T09:05:00Z', '1970-01-01T00:00:00.5Z')
    """
    text = (_EPOCH + us * _MICROSECOND).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def format_instants(column: pl.Expr) -> pl.Expr:
    """The same text for a column of microseconds; nulls stay null."""
    seconds = column.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S")
    us = column % SECOND
    fraction = pl.format(".{}", us.cast(pl.String).str.zfill(6).str.strip_chars_end("0"))
    ending = pl.when(us == 0).then(pl.lit("")).otherwise(fraction)
    return seconds + ending + pl.lit("Z")
