"""Which users are followed when there are more than can be: a sample by hash, and what each stands for.

Up to `most` users of a generation all are followed, and every figure is exact. Beyond, only users whose hash
ends in a zero bit are taken in anew or moved on, then in two, and so on; what each of them adds counts for
2, 4, … users, while what was counted before stays as it is. As hashes are random, the expected figure is the
true one (adaptive sampling: Wegman; Flajolet, Computing 43, 1990); with a sample of `m` its relative standard
error is below 1/√m, which is .05 % of five million.

When a generation has ended with few enough, the windows behind the newest one that anybody covers are exact
again; those before it are left to the coarser sample. A sample is thinned at the end of a batch: alone among
figures, estimates may differ, within their error, by how events were batched.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from revtui.core.arrays import Int64Array, State, UInt64Array, rows_where

_NOWHERE: Final = -(2**62) - 1
"""Before any window."""
SAMPLE_BITS: Final = np.uint64(32)
"""So many bits at the end of a hash decide; whoever makes other hashes of a user's leaves them as they are."""


class Part(NamedTuple):
    """Ranges of windows, and how many users each of their entities stands for."""

    rows: Int64Array
    first: Int64Array
    last: Int64Array
    weight: int


class Sample:
    """The sample of users that is followed."""

    def __init__(self, *, most: int) -> None:
        """Figures are exact while a generation has no more than `most` users; twice as many users cost room
        for half as many again.
        """
        self._most = most
        self._followed = 0  # users of the present generation, as far as they are in the sample
        self._bits = 0
        self._coarse_bits = 0
        self._coarse_to = _NOWHERE  # up to this window, entities stand for 2 to the power of `_coarse_bits`

    def estimates(self, oldest: int) -> bool:
        """Whether figures of windows from the oldest on are estimates."""
        return self._bits > 0 or self._coarse_to >= oldest

    def of(self, hashes: UInt64Array) -> Int64Array | None:
        """Rows of the users that are followed; None for all."""
        return rows_where(hashes & _ends(self._bits) == 0) if self._bits else None

    def parts(self, hashes: UInt64Array, first: Int64Array, last: Int64Array, oldest: int) -> Iterator[Part]:
        """What users that are followed add to the ranges `first <= window <= last`; a range may be empty.

        No window before the oldest one matters.
        """
        rows = np.arange(hashes.size)
        if self._coarse_to < oldest:
            yield Part(rows, first, last, 1 << self._bits)
            return
        coarse = rows_where(hashes & _ends(self._coarse_bits) == 0)
        until = np.minimum(last, self._coarse_to)
        yield Part(coarse, first.take(coarse), until.take(coarse), 1 << self._coarse_bits)
        yield Part(rows, np.maximum(first, self._coarse_to + 1), last, 1 << self._bits)

    def note(self, fresh: int) -> None:
        """So many users more are followed in this generation."""
        self._followed += fresh
        while self._followed > self._most and self._bits < SAMPLE_BITS:
            self._bits += 1
            self._followed //= 2
            self._coarse_bits = max(self._coarse_bits, self._bits)

    def turn(self, newest: int) -> None:
        """A generation has ended; nobody covers a window after the newest one."""
        if self._bits and self._followed << self._bits <= self._most:
            self._coarse_bits, self._coarse_to = self._bits, newest
            self._bits = 0
        self._followed = 0

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {"numbers": np.array([self._followed, self._bits, self._coarse_bits, self._coarse_to])}

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._followed, self._bits, self._coarse_bits, self._coarse_to = state["numbers"].tolist()


def _ends(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)
