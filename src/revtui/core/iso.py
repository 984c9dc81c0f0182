"""ISO 8601 timestamps: text to microseconds, one by one or by the column.

    2026-03-05                    midnight
    2026-03-05T09:05              `T`, `t` or one blank before the time; seconds may be absent
    2026-03-05 09:05:00,123456789 one to nine decimals after point or comma, cut to microseconds
    2026-03-05T09:05:00.5+05:30   then Z, UTC, +hh, +hhmm or +hh:mm, behind one blank or none

A leap second, 23:59:60 as written or in UTC, is read as 23:59:59.999. Without a zone the result is
local time, which the caller places in a zone.

The column function reads the full shapes (seconds, an optional fraction, an optional zone without
blank) as matrices of bytes, one per length of text, and sends every other text to `read_iso`, the
one judge of what is no timestamp. The values are the same.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from revtui.core.durations import DAY, SECOND

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?: ?(?:([Zz]|UTC)|([+-])([0-9]{2})(?::?([0-9]{2}))?))?)?"
)
_SECONDS_END: Final = 19
_LONGEST_ZONE: Final = 6
_LONGEST_FRACTION: Final = 10
_ZONE_LENGTHS: Final = (0, 1, 3, 5, 6)  # nothing, Z, +hh, +hhmm, +hh:mm

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class IsoTimes:
    """A column of timestamps; where `readable` is false, `us` is 0."""

    us: Integers
    """Microseconds since the epoch: UTC where `zoned`, local time elsewhere."""
    zoned: Mask
    readable: Mask


def read_iso(text: str) -> tuple[int, bool] | None:
    """Microseconds, and whether the text names its zone (then they are UTC); None for anything else.

    >>> read_iso("1970-01-01T01:00:00.5+01:00"), read_iso("1970-01-02"), read_iso("noon")
    ((500000, True), (86400000000, False), None)
    """
    parts = _TIMESTAMP.fullmatch(text)
    if parts is None:
        return None
    year, month, day = int(parts[1]), int(parts[2]), int(parts[3])
    hour, minute, second = int(parts[4] or 0), int(parts[5] or 0), int(parts[6] or 0)
    fraction = int((parts[7] or "")[:6].ljust(6, "0"))
    offset = _offset_minutes(parts[9], parts[10], parts[11])
    leap = second == 60
    if hour > 23 or minute > 59 or second > 60 or offset is None:
        return None
    if leap:
        second, fraction = 59, 999_000
    try:
        midnight = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    written = hour * 60 + minute
    if leap and written != 1439 and (written - offset) % 1440 != 1439:
        return None
    seconds = (written - offset) * 60 + second
    us = (midnight - _EPOCH) // timedelta(microseconds=1) + seconds * SECOND + fraction
    return us, bool(parts[8] or parts[9])


def _offset_minutes(sign: str | None, hours: str | None, minutes: str | None) -> int | None:
    """Minutes east of UTC; None when there is no such offset."""
    if sign is None or hours is None:
        return 0
    if int(hours) > 23 or int(minutes or 0) > 59:
        return None
    return (int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)


def read_iso_times(text: pl.Series) -> IsoTimes:
    """Every timestamp of a String column; nulls are not readable."""
    size = text.len()
    found = IsoTimes(us=np.zeros(size, np.int64), zoned=np.zeros(size, bool), readable=np.zeros(size, bool))
    lengths = text.str.len_bytes()
    for length in lengths.unique().drop_nulls().to_list():
        if _SECONDS_END <= length <= _SECONDS_END + _LONGEST_FRACTION + _LONGEST_ZONE:
            _read_full_shapes(text, lengths, length, found)
    if not found.readable.all():
        _read_one_by_one(text, found)
    return found


def _read_one_by_one(text: pl.Series, found: IsoTimes) -> None:
    """Fill the rows of `found` that are not read yet."""
    rows = np.flatnonzero(~found.readable & text.is_not_null().to_numpy())
    known: dict[str, tuple[int, bool] | None] = {}
    for row, value in zip(rows.tolist(), text.gather(rows).to_list(), strict=True):
        time = known[value] if value in known else known.setdefault(value, read_iso(value))
        if time is not None:
            found.us[row], found.zoned[row] = time
            found.readable[row] = True


def _read_full_shapes(text: pl.Series, lengths: pl.Series, length: int, found: IsoTimes) -> None:
    """Fill the rows of `found` whose text has this many bytes, as far as they have a full shape."""
    mine = (lengths == length).fill_null(value=False)
    every = bool(mine.all())
    chosen = text if every else text.filter(mine)
    matrix = chosen.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, length)).to_numpy()
    characters = np.ascontiguousarray(matrix.T)
    local, shaped = _date_and_time(characters)
    tail = characters[_SECONDS_END:]
    us, zoned, readable = local, np.zeros(local.size, bool), np.zeros(local.size, bool)
    for zone_length in _ZONE_LENGTHS:
        fraction_length = length - _SECONDS_END - zone_length
        if fraction_length == 1 or not 0 <= fraction_length <= _LONGEST_FRACTION:
            continue
        offset, fits = _zone(tail[fraction_length:])
        fits = fits & shaped
        if not fits.any():
            continue
        fraction, digits = _fraction(tail[:fraction_length])
        fits &= digits
        us = np.where(fits, local + fraction - offset, us)
        zoned |= fits & (zone_length > 0)
        readable |= fits
    rows = slice(None) if every else np.flatnonzero(mine.to_numpy())
    found.us[rows] = np.where(readable, us, 0)
    found.zoned[rows] = zoned
    found.readable[rows] = readable


def _pair(digits: Bytes, position: int) -> Bytes:
    """The two-digit numbers at a position; meaningless where those are no digits."""
    return np.asarray(digits[position] * np.uint8(10) + digits[position + 1], np.uint8)


def _date_and_time(characters: Bytes) -> tuple[Integers, Mask]:
    """Microseconds of `YYYY-MM-DD?hh:mm:ss`, and where it is one (leap seconds excepted)."""
    digits = characters[:_SECONDS_END] - np.uint8(ord("0"))
    shaped: Mask = (characters[4] == ord("-")) & (characters[7] == ord("-"))
    shaped &= (characters[13] == ord(":")) & (characters[16] == ord(":"))
    shaped &= (characters[10] == ord("T")) | (characters[10] == ord(" "))
    for position in (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18):
        shaped &= digits[position] < 10
    year = _pair(digits, 0).astype(np.int32) * 100 + _pair(digits, 2)
    month, day = _pair(digits, 5), _pair(digits, 8)
    hour, minute, second = _pair(digits, 11), _pair(digits, 14), _pair(digits, 17)
    shaped &= (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= days_in_month(year, month))
    shaped &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = hour.astype(np.int32) * 3600 + minute.astype(np.int32) * 60 + second
    return days_since_epoch(year, month, day) * DAY + seconds.astype(np.int64) * SECOND, shaped


def days_in_month(year: npt.NDArray[np.int32], month: Bytes) -> Bytes:
    """How many days a month has; nothing sensible for a month beyond 12."""
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.uint8)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.asarray(lengths[np.minimum(month, 12)] + (leap & (month == 2)), np.uint8)


def days_since_epoch(year: npt.NDArray[np.int32], month: Bytes, day: Bytes) -> Integers:
    """Days since the epoch in the proleptic Gregorian calendar, counted in years that begin in March."""
    before_march = month <= 2
    march_year = year - before_march
    march_month = month.astype(np.int32) + np.where(before_march, 9, -3).astype(np.int32)
    days = 365 * march_year + march_year // 4 - march_year // 100 + march_year // 400
    days += (153 * march_month + 2) // 5 + day
    return np.asarray(days - 719_469, np.int64)


def _fraction(characters: Bytes) -> tuple[Integers, Mask]:
    """Microseconds of `.ddd` (nothing: 0), and where it is that."""
    if not len(characters):
        return np.zeros(1, np.int64), np.ones(1, bool)
    digits = characters[1:] - np.uint8(ord("0"))
    fits = ((characters[0] == ord(".")) | (characters[0] == ord(","))) & (digits < 10).all(axis=0)
    us = np.zeros(digits.shape[1], np.int32)
    for position in range(6):
        us *= 10
        if position < len(digits):
            us += digits[position]
    return us.astype(np.int64), np.asarray(fits, bool)


def _zone(characters: Bytes) -> tuple[Integers, Mask]:
    """Microseconds east of UTC of a suffix (nothing: 0), and where it is one."""
    if not len(characters):
        return np.zeros(1, np.int64), np.ones(1, bool)
    if len(characters) == 1:
        return np.zeros(1, np.int64), np.asarray(characters[0] == ord("Z"), bool)
    fits: Mask = (characters[0] == ord("+")) | (characters[0] == ord("-"))
    if not fits.any():
        return np.zeros(1, np.int64), fits
    positions = (1, 2, 4, 5) if len(characters) == _LONGEST_ZONE else tuple(range(1, len(characters)))
    if len(characters) == _LONGEST_ZONE:
        fits &= characters[3] == ord(":")
    digits = characters[list(positions)] - np.uint8(ord("0"))
    fits &= (digits < 10).all(axis=0)
    hours = _pair(digits, 0)
    minutes = _pair(digits, 2) if len(positions) > 2 else np.zeros_like(hours)
    fits &= (hours < 24) & (minutes < 60)
    total = (hours.astype(np.int64) * 60 + minutes) * (60 * SECOND)
    return np.where(characters[0] == ord("-"), -total, total), fits
