"""Distinct 64-bit keys in the order in which they first came, found again a batch at a time.

The keys stand in one append-only log; a table of slots leads to them by open addressing. A table that
fills up is followed by a larger one, into which the log moves a piece at a time as batches come, so that
no single batch pays for the growth. Keys are hashes already: two different texts with the same 64 bits
would be taken for one, which among five million has odds below 10⁻⁶.

    key ──(spread)──> slot ──> number in the log ──> the key itself, or on to the next slot
"""

import mmap
from contextlib import suppress
from typing import Final

import numpy as np

from revtui.core.arrays import BoolArray, Int32Array, Int64Array, UInt64Array, grown, rows_where

_FIRST_SLOTS: Final = 1 << 14
_GROWTH: Final = 4
_LARGE: Final = 1 << 20
"""Slots: a table of more grows to twice its size only."""
_FULL: Final = 0.55
_MOVED_AT_LEAST: Final = 1 << 12
_WIDEST_STEP: Final = 16
"""Probing goes on in steps of 1, 2, 3 … so many slots, which scatters clusters, then one by one."""
_SLOT_BYTES: Final = 4
_MANY_BYTES: Final = 1 << 24
_HALF: Final = np.uint64(32)
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2⁶⁴ over the golden ratio: keys that differ in any bit begin at slots that are far apart."""


class KeyLog:
    """A growing set of keys, each known by its number: 1 for the first to come, 2 for the next."""

    def __init__(self, *, expected: int = 0) -> None:
        """An empty log in which `expected` keys find room without growth."""
        self._table = _Slots(max(_FIRST_SLOTS, int(expected / _FULL)))
        self._smaller: _Slots | None = None  # leads to the keys that have not moved yet, and to others
        self._moved = self._to_move = 0  # numbers up to the first have moved, up to the other they will
        self._log = np.zeros(max(expected, 1024) + 1, dtype=np.uint64)  # number 0 stands for "missing"
        self._count = 0

    def __len__(self) -> int:
        """How many keys there are."""
        return self._count

    @property
    def keys(self) -> UInt64Array:
        """The keys by number, from 1; a view, not to be changed, nor kept while keys are appended."""
        return self._log[1 : self._count + 1]

    def find(self, keys: UInt64Array) -> Int32Array:
        """The number of each key, 0 where it is not here."""
        numbers = self._find_in(self._table, keys)
        if self._smaller is not None:
            rows = rows_where(numbers == 0)
            numbers[rows] = self._find_in(self._smaller, keys.take(rows))
        return numbers

    def upsert(self, keys: UInt64Array) -> tuple[Int32Array, Int64Array]:
        """Find keys, and append those that are not here; of equal ones the first is appended.

        Returns the number of each key, and the rows that were appended, by their numbers, which go on
        without a gap from the newest one before.
        """
        self._make_room(keys.size)
        if self._smaller is None:
            return self._insert(keys)
        numbers = self._find_in(self._smaller, keys)
        rows = rows_where(numbers == 0)
        numbers[rows], appended = self._insert(keys.take(rows))
        return numbers, rows.take(appended)

    @classmethod
    def of(cls, keys: UInt64Array) -> "KeyLog":
        """The log of these keys, which are distinct."""
        log = cls(expected=keys.size)
        log.upsert(keys)
        return log

    def _others(self, numbers: Int32Array, keys: UInt64Array) -> Int64Array:
        """Rows whose slot is taken by another key: they go on to the next slot."""
        return rows_where((self._log.take(numbers) != keys) * numbers)

    def _find_in(self, table: "_Slots", keys: UInt64Array) -> Int32Array:
        slots = table.home(keys)
        numbers = table.numbers.take(slots)
        on = rows = self._others(numbers, keys)
        step = 1
        while on.size:
            keys, slots = keys.take(on), table.onward(slots.take(on), step)
            numbers[rows] = there = table.numbers.take(slots)
            on = self._others(there, keys)
            rows, step = rows.take(on), step + 1
        return numbers

    def _insert(self, keys: UInt64Array) -> tuple[Int32Array, Int64Array]:
        """`upsert` into the table, of keys that are not to be found by way of the smaller one."""
        table, start, size = self._table, self._count + 1, keys.size
        self._log[start : start + size] = keys  # every row, until it turns out to be known
        mine = np.arange(start, start + size, dtype=np.int32)
        slots = table.home(keys)
        numbers = table.claim(slots, mine)
        on = rows = self._others(numbers, keys)
        own, step = slots, 1
        while on.size:
            keys, own = keys.take(on), table.onward(own.take(on), step)
            slots[rows] = own
            numbers[rows] = there = table.claim(own, mine.take(rows))
            on = self._others(there, keys)
            rows, step = rows.take(on), step + 1
        is_new = numbers == mine
        appended = rows_where(is_new)
        if appended.size < size:
            appended = self._close_gaps(numbers, is_new, appended, slots)
        self._count += appended.size
        return numbers, appended

    def _close_gaps(
        self, numbers: Int32Array, is_new: BoolArray, appended: Int64Array, slots: Int64Array
    ) -> Int64Array:
        """Known keys leave gaps in the log behind its end: the last of the new ones fill them.

        Returns the rows that were appended, by their numbers.
        """
        start, count = self._count + 1, appended.size
        gaps = rows_where(~is_new[:count])
        if not gaps.size:
            return appended
        last = appended[count - gaps.size :]
        self._log[start + gaps] = self._log.take(start + last)
        self._table.numbers[slots.take(last)] = start + gaps
        moved = rows_where(numbers >= start + count)  # the last ones, and rows that repeat them
        numbers[moved] = start + gaps.take(np.searchsorted(start + last, numbers.take(moved)))
        rows = np.arange(count)
        rows[gaps] = last
        return rows

    # --- growth ---

    def _make_room(self, count: int) -> None:
        """See that so many keys more find room in the log and in the table."""
        needed = self._count + count
        if needed >= self._log.size:
            self._log = grown(self._log, self._log.size + max(self._log.size // 4, count))
        if self._smaller is not None:
            self._move(2 * count + _MOVED_AT_LEAST)
        if needed > self._table.numbers.size * _FULL:
            self._move(self._to_move)  # what has not moved yet; nothing, unless batches grow all at once
            self._smaller, self._moved, self._to_move = self._table, 0, self._count
            size = self._table.numbers.size
            self._table = _Slots(max(size * (_GROWTH if size < _LARGE else 2), int(1.5 * needed / _FULL)))

    def _move(self, count: int) -> None:
        """Let the table lead to the next keys of those that only the smaller one leads to."""
        start, self._moved = self._moved + 1, min(self._moved + count, self._to_move)
        numbers = np.arange(start, self._moved + 1, dtype=np.int32)
        slots, step = self._table.home(self._log[start : self._moved + 1]), 1
        while numbers.size:
            on = rows_where(self._table.claim(slots, numbers) != numbers)
            numbers, slots, step = numbers.take(on), self._table.onward(slots.take(on), step), step + 1
        if self._moved == self._to_move:
            self._smaller = None


def _zeros(size: int) -> Int32Array:
    """Zeros. Many of them in small pages, which the system makes one by one as they are touched: keys are
    scattered, and the first batch in a new table would wait for all its large pages at once.
    """
    if size * _SLOT_BYTES < _MANY_BYTES:
        return np.zeros(size, dtype=np.int32)
    room = mmap.mmap(-1, size * _SLOT_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(AttributeError, OSError):  # there are no large pages here
        room.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(room, dtype=np.int32)


class _Slots:
    """A table of fixed size; a slot holds the number of a key, 0 while it is free."""

    def __init__(self, size: int) -> None:
        self.numbers = _zeros(size)

    def home(self, keys: UInt64Array) -> Int64Array:
        """Where each key is looked for first."""
        upper = (keys * _SPREAD) >> _HALF
        return ((upper * np.uint64(self.numbers.size)) >> _HALF).view(np.int64)

    def onward(self, slots: Int64Array, step: int) -> Int64Array:
        """Where it is looked for next."""
        slots = slots + (step if step <= _WIDEST_STEP else 1)
        slots[slots >= self.numbers.size] -= self.numbers.size
        return slots

    def claim(self, slots: Int64Array, numbers: Int32Array) -> Int32Array:
        """Put numbers into free slots, the first of several at one; what stands in each slot then."""
        there = self.numbers.take(slots)
        free = rows_where(there == 0)
        wanted = slots.take(free)
        self.numbers[wanted[::-1]] = numbers.take(free)[::-1]  # the last to be written stays
        there[free] = self.numbers.take(wanted)
        return there
