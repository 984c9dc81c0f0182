"""A hash table over numpy arrays: 64-bit keys to small values, looked up and filled a batch at a time.

Open addressing with linear probing. A table that fills up gets a further, larger segment instead of
being rehashed, so that no single batch pays for the growth. Keys are hashes already: two different
texts with the same 64 bits would be taken for one, which among five million has odds below 10⁻⁶.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

UInt64Array = npt.NDArray[np.uint64]
UInt32Array = npt.NDArray[np.uint32]
BoolArray = npt.NDArray[np.bool_]
Values = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.integer[Any]]]
"""Values for rows about to be inserted."""

_FIRST_SLOTS: Final = 1 << 18
_GROWTH: Final = 8
_FULL: Final = 0.6
_EMPTY: Final = np.uint64(0)
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


class _Segment:
    """One fixed-size table."""

    def __init__(self, slots: int) -> None:
        self.mask = slots - 1
        self.shift = np.uint64(64 - slots.bit_length() + 1)
        self.keys = np.zeros(slots, dtype=np.uint64)
        self.values = np.zeros(slots, dtype=np.uint32)
        self.count = 0

    @property
    def room(self) -> int:
        return int((self.mask + 1) * _FULL) - self.count

    def home(self, keys: UInt64Array) -> npt.NDArray[np.int64]:
        return ((keys * _SPREAD) >> self.shift).view(np.int64)

    def find(self, keys: UInt64Array) -> tuple[BoolArray, UInt32Array]:
        """Which keys are here, and their values (0 where they are not)."""
        found = np.zeros(keys.size, dtype=np.bool_)
        values = np.zeros(keys.size, dtype=np.uint32)
        rows, slot = np.arange(keys.size), self.home(keys)
        while rows.size:
            there = self.keys[slot]
            hit = there == keys
            found[rows[hit]] = True
            values[rows[hit]] = self.values[slot[hit]]
            on = np.flatnonzero(~hit & (there != _EMPTY))
            rows, keys, slot = rows[on], keys[on], (slot[on] + 1) & self.mask
        return found, values

    def upsert(self, keys: UInt64Array, values: Values) -> tuple[BoolArray, UInt32Array]:
        """Find keys, and insert those that are not here; see `HashIndex.upsert`."""
        fresh = np.zeros(keys.size, dtype=np.bool_)
        stored = np.empty(keys.size, dtype=np.uint32)
        rows, slot = np.arange(keys.size), self.home(keys)
        while rows.size:
            there = self.keys[slot]
            claims = np.flatnonzero(there == _EMPTY)
            if claims.size:
                # Written backwards, so that of equal slots the earliest row is the one that stays.
                self.keys[slot[claims[::-1]]] = keys[claims[::-1]]
                self.values[slot[claims[::-1]]] = claims[::-1]
                there[claims] = self.keys[slot[claims]]
                own = (there[claims] == keys[claims]) & (self.values[slot[claims]] == claims)
                first = claims[own]
                self.values[slot[first]] = values(rows[first])
                fresh[rows[first]] = True
                self.count += first.size
            mine = there == keys
            stored[rows[mine]] = self.values[slot[mine]]
            on = np.flatnonzero(~mine)
            rows, keys, slot = rows[on], keys[on], (slot[on] + 1) & self.mask
        return fresh, stored


class HashIndex:
    """A growing mapping from 64-bit keys to unsigned 32-bit values."""

    def __init__(self, expected: int = 0) -> None:
        """`expected` keys find room without a further segment."""
        slots = _FIRST_SLOTS
        while slots * _FULL < expected:
            slots *= 2
        self._segments = [_Segment(slots)]

    def __len__(self) -> int:
        return sum(segment.count for segment in self._segments)

    def find(self, keys: UInt64Array) -> tuple[BoolArray, UInt32Array]:
        """Which keys are here, and their values (0 where they are not)."""
        keys = _never_empty(keys)
        found, values = self._segments[-1].find(keys)
        for segment in self._segments[-2::-1]:
            missing = np.flatnonzero(~found)
            found[missing], values[missing] = segment.find(keys[missing])
        return found, values

    def upsert(self, keys: UInt64Array, values: Values) -> tuple[BoolArray, UInt32Array]:
        """Find keys, and insert those that are not here.

        `values(rows)` is asked for the values of the rows that are inserted. Of equal keys in one
        call the first is inserted. Returns which rows were, and the value that now stands under
        the key of each row.
        """
        keys = _never_empty(keys)
        fresh = np.zeros(keys.size, dtype=np.bool_)
        stored = np.empty(keys.size, dtype=np.uint32)
        rows = np.arange(keys.size)
        for segment in self._segments[:-1]:
            found, known = segment.find(keys[rows])
            stored[rows[found]] = known[found]
            rows = rows[~found]
        if self._segments[-1].room < rows.size:
            slots = _GROWTH * (self._segments[-1].mask + 1)
            while slots * _FULL < rows.size:
                slots *= 2
            found, known = self._segments[-1].find(keys[rows])
            stored[rows[found]] = known[found]
            rows = rows[~found]
            self._segments.append(_Segment(slots))
        fresh[rows], stored[rows] = self._segments[-1].upsert(keys[rows], lambda new: values(rows[new]))
        return fresh, stored

    @classmethod
    def of(cls, keys: npt.NDArray[Any], values: npt.NDArray[Any]) -> "HashIndex":
        """The index that holds these keys, which are distinct."""
        index = cls(expected=keys.size)
        index.upsert(keys.astype(np.uint64), lambda rows: values[rows])
        return index

    def items(self) -> tuple[UInt64Array, UInt32Array]:
        """All keys and values, in no order."""
        used = [segment.keys != _EMPTY for segment in self._segments]
        return (
            np.concatenate([segment.keys[mask] for segment, mask in zip(self._segments, used, strict=True)]),
            np.concatenate(
                [segment.values[mask] for segment, mask in zip(self._segments, used, strict=True)]
            ),
        )


def _never_empty(keys: UInt64Array) -> UInt64Array:
    """Zero marks an empty slot, so the key zero becomes one."""
    return keys if keys.all() else np.where(keys == _EMPTY, np.uint64(1), keys)
