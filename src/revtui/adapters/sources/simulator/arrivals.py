"""The stream as it arrives: blocks merged into one order, handed out up to a moment.

Rows come by arrival time; those that arrive at the same microsecond, by block and place in it. So
the order does not depend on how much is asked for at a time, and a stream that starts later has the
same rows as one that started earlier, less those that happened before.
"""

from typing import Final

import numpy as np

from revtui.adapters.sources.simulator.population import RETRY_REACH, ROW, Population, Rows
from revtui.adapters.sources.simulator.rhythm import IntArray

_NOTHING: Final = np.zeros(0, dtype=ROW)
_BLOCKS_AT_ONCE: Final = 16
_PLACE_BITS: Final = 24
"""A block and what it inherits have fewer rows than two to the power of this."""


class Arrivals:
    """Hands out every event from `start` on, once each, in order of arrival."""

    def __init__(self, population: Population, start: int) -> None:
        """`start`: event time of the earliest event, microseconds."""
        self._population = population
        self._start = start
        self._block = (start - RETRY_REACH) // population.block_us
        self._ready = _NOTHING
        """Rows that nothing can overtake any more."""
        self._pending = _NOTHING
        """Rows that arrive after the last block made."""

    def take(self, before: int, limit: int) -> Rows:
        """The next rows that arrive before a moment (microseconds), at most `limit` of them."""
        self._fill(before, limit)
        due = int(np.searchsorted(self._ready["arrival"], before, side="left"))
        taken, self._ready = np.split(self._ready, [min(due, limit)])
        return taken

    def exhausted(self, before: int) -> bool:
        """Whether no row arrives before a moment that has not been handed out."""
        if self._ready.size:
            return bool(self._ready["arrival"][0] >= before)
        return self._block * self._population.block_us >= before

    def _fill(self, before: int, limit: int) -> None:
        """Have rows ready: some in any case where there are some, and more while that is quick."""
        parts, size, blocks = [self._ready], self._ready.size, 0
        while self._block * self._population.block_us < before and (
            not size or (size < limit and blocks < _BLOCKS_AT_ONCE)
        ):
            parts.append(self._next_block())
            size += parts[-1].size
            blocks += 1
        if blocks:
            self._ready = np.concatenate(parts)

    def _next_block(self) -> Rows:
        """The rows that arrive during the next block."""
        made = self._population.block(self._block)
        if (self._block * self._population.block_us) < self._start:
            made = made[made["ts"] >= self._start]
        self._block += 1
        rows = np.concatenate([self._pending, made])
        rows = rows[_by_arrival(rows)]
        complete = int(np.searchsorted(rows["arrival"], self._block * self._population.block_us, side="left"))
        done, self._pending = np.split(rows, [complete])
        return done


def _by_arrival(rows: Rows) -> IntArray:
    """Places in the order of arrival, ties as they stand: one sort of packed numbers, as a stable
    argsort takes several times as long.
    """
    arrivals = np.ascontiguousarray(rows["arrival"])
    early = arrivals.min(initial=np.iinfo(np.int64).max)
    packed = ((arrivals - early) << _PLACE_BITS) | np.arange(rows.size)
    packed.sort()
    places: IntArray = packed & ((1 << _PLACE_BITS) - 1)
    return places
