"""Fields as spans of bytes, read eight bytes at a time.

For the shapes that nearly every file has: times such as `2026-03-05T09:05:00.250Z`, numbers such as
`-1234.56`, the four event types. A column in which any field has another shape is None here, and the
caller takes it as text, which `core.admission` reads by the letter; the values are the same.

    word      eight bytes as one number, the first byte the lowest
    pairs     of "12:34:56" hold 12 in byte 0, 34 in byte 3, 56 in byte 6
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from revtui.adapters.sources.records import Positions
from revtui.core.arrays import BoolArray, Int64Array, UInt64Array
from revtui.core.events import CODE, DIGITS, EVENT_TYPES, INSTANT, SCALE
from revtui.core.iso import Bytes, days_in_month, days_since_epoch

_MARGIN: Final = 32
"""Bytes beside a field that may be looked at."""
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2099
"""Times of other years are rejected, in words that show the text."""
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_ZEROS: Final = np.uint64(0x3030303030303030)
_LOW_NIBBLES: Final = np.uint64(0x0F0F0F0F0F0F0F0F)
_EVERY_OTHER: Final = np.uint64(0x00FF00FF00FF00FF)
_BYTE: Final = np.uint64(0xFF)
LONGEST_NUMBER: Final = 16
"""In characters."""
_FIRST_BYTES: Final = np.array([(1 << 8 * length) - 1 for length in range(9)], dtype=np.uint64)
_LAST_BYTES: Final = np.array([(1 << 64) - (1 << 8 * (8 - length)) for length in range(9)], dtype=np.uint64)
"""By their number: masks of a word's first and last bytes."""


class _Layout(NamedTuple):
    """What the bytes of a word must be: `0` stands for a digit, `?` for anything, all else for itself."""

    mask: np.uint64
    """Of a digit the upper half, of a character all of it."""
    wanted: np.uint64
    six: np.uint64
    """Added to a digit, which leaves its upper half as it is, unless it is no digit."""


def _layout(text: str) -> _Layout:
    masks = ["f0" if char == "0" else "00" if char == "?" else "ff" for char in text]
    wanted = ["30" if char == "0" else "00" if char == "?" else f"{ord(char):02x}" for char in text]
    six = ["06" if char == "0" else "00" for char in text]
    return _Layout(*(np.uint64(int("".join(reversed(part)), 16)) for part in (masks, wanted, six)))


_DIGITS: Final = _layout("00000000")
_YEAR_MONTH: Final = _layout("0000-00-")
_TO_MINUTE: Final = {mark: _layout(f"00{mark}00:00") for mark in "T "}
_TAILS: Final = {  # by the length of the whole: the third word, and the fourth
    20: (_layout(":00Z????"), None),
    22: (_layout(":00.0Z??"), None),
    23: (_layout(":00.00Z?"), None),
    24: (_layout(":00.000Z"), None),
    25: (_layout(":00.0000"), _layout("Z???????")),
    26: (_layout(":00.0000"), _layout("0Z??????")),
    27: (_layout(":00.0000"), _layout("00Z?????")),
}
_WITHOUT_DECIMALS: Final = len("2026-03-05T09:05:00.Z")


READABLE: Final = frozenset({"event_ts", "event_type", "currency", "amount", "latency_ms", "retry_attempt"})
"""The columns that `Fields.read` knows."""


class Span(NamedTuple):
    """Where one field of each row stands."""

    start: Positions
    length: Positions
    """In bytes; 0 where there is nothing."""


class Text(NamedTuple):
    """Where the text of each row stands."""

    start: Positions
    length: Positions
    present: BoolArray
    """Where there is one; it may be empty."""


class Numbers(NamedTuple):
    """Numbers of a column as `digits * 10**-scale`."""

    digits: Int64Array
    scale: Int64Array
    present: BoolArray
    """Where there is one; elsewhere the digits are 0."""


class Fields:
    """Fields of rows that stand in some bytes, in their order."""

    def __init__(self, data: bytes) -> None:
        """`data` holds the rows."""
        self._data = data

    def read(self, name: str, span: Span, *, longest: int = LONGEST_NUMBER) -> list[pl.Series]:
        """A column of that name, as `core.events.RawBatch` has it; nothing when it must be taken as text.

        Numbers have at most `longest` characters.
        """
        if name == "event_ts":
            us = self.times(span)
            return [] if us is None else [pl.Series(name + INSTANT, us)]
        if name == "event_type":
            codes = self.event_types(span)
            return [] if codes is None else [pl.Series(name + CODE, codes)]
        if name == "currency":
            text = self.only_text(span)
            return [] if text is None else [pl.Series(name, [text]).new_from_index(0, span.start.size)]
        numbers = self.numbers(span, longest=longest)
        if numbers is None:
            return []
        digits = pl.Series(numbers.digits)
        if not numbers.present.all():
            digits = digits.set(pl.Series(~numbers.present), None)
        return [digits.alias(name + DIGITS), pl.Series(name + SCALE, numbers.scale.astype(np.int8))]

    def texts(self, columns: Mapping[str, Text]) -> list[pl.Series]:
        """Columns of text, by name; null where there is none."""
        if not columns:
            return []
        rows = next(iter(columns.values())).start.size
        whole = pl.lit(pl.Series([self._data]).new_from_index(0, rows))  # views of the same bytes
        made = []
        for name, (start, length, present) in columns.items():
            text = whole.bin.slice(pl.Series(start), pl.Series(length)).cast(pl.String)
            made.append((text if present.all() else pl.when(pl.Series(present)).then(text)).alias(name))
        return pl.select(made).get_columns()

    def times(self, span: Span) -> Int64Array | None:
        """Microseconds of UTC times with at most six decimals."""
        start, length = span
        words = self._words(start)
        if (length == length[0]).all():
            return _times(words, start, int(length[0]))
        us = np.zeros(start.size, dtype=np.int64)
        for each in np.unique(length).tolist():
            rows = np.flatnonzero(length == each)
            some = _times(words, start.take(rows), each)
            if some is None:
                return None
            us[rows] = some
        return us

    def numbers(self, span: Span, *, longest: int = LONGEST_NUMBER) -> Numbers | None:
        """Plain decimal numbers of at most so many characters, with at most four decimals."""
        start, length = span
        present = length > 0
        rows = np.flatnonzero(present)
        digits, scale = (np.zeros(start.size, dtype=np.int64) for _ in range(2))
        if rows.size:
            start, length = start.take(rows), length.take(rows)
            read = _decimals(self._words(start), start, length) if int(length.max()) <= longest else None
            if read is None:
                return None
            digits[rows], decimals = read
            scale += int(decimals[0])  # mostly that of all, and then of those that are absent too
            if (decimals != decimals[0]).any():
                scale[rows] = decimals
        return Numbers(digits, scale, present)

    def event_types(self, span: Span) -> Bytes | None:
        """The code of each event type; None when any is not one of the four."""
        start, length = span
        words = self._words(start)
        first = words.at(start) & _FIRST_BYTES.take(np.minimum(length, 8))
        found = np.zeros(start.size, dtype=np.int8)
        for name, kind in EVENT_TYPES.items():
            mine = (length == len(name)) & (first == _word(name[:8]))
            if len(name) > 8:
                rows = np.flatnonzero(mine)
                mine[rows] = words.at(start.take(rows) + 8) & _FIRST_BYTES[len(name) - 8] == _word(name[8:])
            found += mine.view(np.int8) * np.int8(kind + 1)
        return (found - 1).astype(np.uint8) if found.all() else None

    def only_text(self, span: Span) -> str | None:
        """The text, of at most eight bytes, that the field has in every row; None when there is no such."""
        start, length = span
        size = int(length[0])
        if not 0 < size <= 8 or not self.alike(span):
            return None
        return self.text(int(start[0]), size)

    def text(self, start: int, length: int) -> str:
        """What stands at a place."""
        return self._data[start : start + length].decode()

    def alike(self, span: Span) -> bool:
        """Whether the field, of at most 32 bytes, is the same in every row."""
        start, length = span
        size = int(length[0])
        if size > _MARGIN or (length != size).any():
            return False
        words = self._words(start)
        for place in (*range(0, max(size - 8, 0), 8), max(size - 8, 0)):
            word = words.at(start + place) & _FIRST_BYTES[min(size, 8)]
            if (word != word[0]).any():
                return False
        return True

    def word(self, start: Positions) -> UInt64Array:
        """The eight bytes from each place on, of any shape; the first and the last are the outermost."""
        return self._words(start).at(start)

    def _words(self, start: Positions) -> "_Words":
        """The words around fields that start at these places."""
        if start.item(0) >= _MARGIN and start.item(-1) + _MARGIN <= len(self._data):
            return _Words(self._data, 0)
        return self._padded

    @cached_property
    def _padded(self) -> "_Words":
        return _Words(b"".join((bytes(_MARGIN), self._data, bytes(_MARGIN))), _MARGIN)


class _Words:
    """The eight bytes at any place of some bytes, which need not be aligned."""

    def __init__(self, data: bytes, margin: int) -> None:
        self._view: UInt64Array = np.ndarray(len(data) - 7, dtype="<u8", buffer=data, strides=(1,))
        self._margin = margin

    def at(self, places: Positions) -> UInt64Array:
        """The words that begin at these places."""
        return self._view[places + self._margin if self._margin else places]


def _word(text: str) -> np.uint64:
    """At most eight characters, and zeros behind them."""
    return np.uint64(int.from_bytes(text.encode(), "little"))


def _fits(word: UInt64Array, layout: _Layout) -> bool:
    """Whether every word has the layout."""
    shaped = (word & layout.mask) == layout.wanted
    shaped &= ((word + layout.six) & layout.mask) == layout.wanted
    return bool(shaped.all())


def _pairs(word: UInt64Array) -> UInt64Array:
    """In each byte, ten times its digit plus that of the next."""
    digits = word & _LOW_NIBBLES
    return digits * np.uint64(10) + (digits >> np.uint64(8))


def _byte(word: UInt64Array, place: int) -> UInt64Array:
    return (word >> np.uint64(8 * place)) & _BYTE


def _value(word: UInt64Array) -> Int64Array:
    """The number that eight digits make."""
    pairs = _pairs(word) & _EVERY_OTHER
    fours = pairs * np.uint64(100) + (pairs >> np.uint64(16))
    upper, lower = fours & np.uint64(0xFFFF), (fours >> np.uint64(32)) & np.uint64(0xFFFF)
    return (upper * np.uint64(10_000) + lower).astype(np.int64)


def _filled(word: UInt64Array, length: Positions) -> UInt64Array:
    """Words of which so many last bytes are text, with zeros before it."""
    mine = _LAST_BYTES.take(length)
    return (word & mine) | (_ZEROS & ~mine)


def _decimals(words: _Words, start: Positions, length: Positions) -> tuple[Int64Array, Int64Array] | None:
    """Digits and number of decimals of numbers of 1 to 16 characters."""
    first, end = words.at(start), start + length
    negative = (first & _BYTE) == ord("-")
    length = length - negative
    longest = int(length.max())
    if int(length.min()) < 1:
        return None
    if longest == 1 and not negative.any():
        value = (first & _BYTE).astype(np.int64) - ord("0")
        return (value, np.zeros_like(value)) if 0 <= value.min() <= value.max() <= 9 else None
    begin = np.where(negative, first >> np.uint64(8), first) if negative.any() else first
    whole = _point(_filled(words.at(end - 8), np.minimum(length, 8)))
    if whole is None or not _canonical(begin, length):
        return None
    value, decimals = _value(whole[0]), whole[1]
    if longest > 8:
        upper = _filled(words.at(end - 16), np.maximum(length - 8, 0))
        if not _fits(upper, _DIGITS):
            return None
        value += _value(upper) * np.where(decimals > 0, 10_000_000, 100_000_000)
    return None if (negative & (value == 0)).any() else (np.where(negative, -value, value), decimals)


def _canonical(first: UInt64Array, length: Positions) -> bool:
    """Whether every number begins with a digit, and with a zero only before the point or alone.

    Then its digits and its scale say how it was written.
    """
    begin, second = _byte(first, 0), _byte(first, 1)
    odd = (begin == ord(".")) | ((begin == ord("0")) & (second != ord(".")) & (length > 1))
    return not odd.any()


def _point(word: UInt64Array) -> tuple[UInt64Array, Int64Array] | None:
    """Numbers of at most eight characters as eight digits, and how many of them are decimals."""
    whole, decimals = word.copy(), np.zeros(word.size, dtype=np.int64)
    for count in (2, 1, 3, 4):
        rows = np.flatnonzero(_byte(whole, 7 - count) == ord("."))
        if not rows.size:
            continue
        behind = _LAST_BYTES[count]
        before = _FIRST_BYTES[7 - count]
        some = whole if rows.size == whole.size else whole.take(rows)
        joined = ((some & before) << np.uint64(8)) | (some & behind) | np.uint64(ord("0"))
        if rows.size == whole.size:
            whole, decimals = joined, np.full(word.size, count)
            break
        whole[rows], decimals[rows] = joined, count
    return (whole, decimals) if _fits(whole, _DIGITS) else None


def _times(words: _Words, start: Positions, length: int) -> Int64Array | None:
    """Microseconds of times of so many characters each."""
    if length not in _TAILS:
        return None
    first, second, third = words.at(start), words.at(start + 8), words.at(start + 16)
    tail, more = _TAILS[length]
    mark = "T" if int(second[0] >> np.uint64(16)) & 0xFF == ord("T") else " "
    if not (_fits(first, _YEAR_MONTH) and _fits(second, _TO_MINUTE[mark]) and _fits(third, tail)):
        return None
    days = _days(first, second)
    clock, end = _pairs(second), _pairs(third)
    hour, minute, seconds = _byte(clock, 3), _byte(clock, 6), _byte(end, 1)
    if days is None or int(hour.max()) > 23 or int(minute.max()) > 59 or int(seconds.max()) > 59:
        return None
    us = (hour * np.uint64(3600) + minute * np.uint64(60) + seconds) * np.uint64(_SECOND)
    fourth = None if more is None else words.at(start + 24)
    if fourth is not None and more is not None and not _fits(fourth, more):
        return None
    for place in range(length - _WITHOUT_DECIMALS):  # the decimals
        word = third if place < 4 or fourth is None else fourth
        digit = _byte(word, (4 + place) % 8) & np.uint64(0x0F)
        us += digit * np.uint64(10 ** (5 - place))
    return us.astype(np.int64) + days * _DAY


def _days(first: UInt64Array, second: UInt64Array) -> Int64Array | None:
    """Days since the epoch of the dates in words `YYYY-MM-` and `DD…`; None when any is no date."""
    day_bits = np.uint64(0xFFFF)
    if (first == first[0]).all() and not ((second ^ second[0]) & day_bits).any():
        first, second = first[:1], second[:1]
    pairs = _pairs(first)
    year = (_byte(pairs, 0) * np.uint64(100) + _byte(pairs, 2)).astype(np.int32)
    month, day = _byte(pairs, 5).astype(np.uint8), _byte(_pairs(second), 0).astype(np.uint8)
    real = (
        (year >= _FIRST_YEAR)
        & (year <= _LAST_YEAR)
        & (month >= 1)
        & (month <= 12)
        & (day >= 1)
        & (day <= days_in_month(year, month))
    )
    return days_since_epoch(year, month, day) if real.all() else None
