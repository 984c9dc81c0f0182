"""Panes that no window of the configured length may change any more, kept for windows of other lengths.

Of each pane its sums and latencies, and of the window that ends with it what froze then: its users and
its newest event. All of it goes only as far back as memory allows.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from revtui.core.arrays import Int64Array
from revtui.core.panes import SLOTS
from revtui.core.quantiles import LatencyPane
from revtui.core.watermarks import NEVER

_MOST_BYTES: Final = 64 << 20
_MOST_CODES: Final = 4_000_000
"""So many different latencies of a pane and gateway are kept (64 MB); beyond, the oldest panes lose theirs."""
_USERS, _NEWEST = SLOTS, SLOTS + 1
_WIDTH: Final = SLOTS + 2


class PaneArchive:
    """Old panes without a gap between them."""

    def __init__(self, *, most_panes: int) -> None:
        """Nothing is kept yet; at most `most_panes` will be, or none at all with 0."""
        self.most = most_panes
        """So many panes are kept at most."""
        self.start = 0
        """The oldest pane that is kept."""
        self.timed_start = 0
        """No older pane has latencies that are kept."""
        self._rows = np.zeros((0, 1, _WIDTH), dtype=np.int64)  # may begin with panes that are given up
        self._given_up = self.count = 0
        self._frozen: dict[int, tuple[Int64Array, Int64Array]] = {}  # windows whose last pane is not here yet
        self._latencies: dict[int, LatencyPane] = {}
        self._codes = 0

    @property
    def stop(self) -> int:
        """The pane behind the newest one that is kept."""
        return self.start + self.count

    @property
    def latencies(self) -> Mapping[int, LatencyPane]:
        """By pane."""
        return self._latencies

    def freeze(self, windows: Int64Array, users: Int64Array, newest: Int64Array) -> None:
        """Note what will not change any more of these windows, shapes (windows, keys)."""
        if self.most:
            for place, window in enumerate(windows.tolist()):
                self._frozen[window] = users[place], newest[place]

    def keep(self, first: int, sums: Int64Array, latencies: Mapping[int, LatencyPane]) -> None:
        """Take the panes from `first` on, which follow those that are kept: sums of shape (panes, keys, slots)."""
        if not self.most:
            return
        count, keys = sums.shape[:2]
        if first != self.stop or not self.count:
            self.start, self._given_up, self.count = first, 0, 0
            self._latencies.clear()
            self._codes = 0
        self._reserve(count, keys)
        here = self._rows[self._given_up + self.count :][:count]
        here[:, :keys, :SLOTS] = sums
        here[:, :, _NEWEST] = NEVER
        for place in range(count):
            users, newest = self._frozen.pop(first + place + 1, (None, None))
            if users is not None and newest is not None:
                here[place, : users.size, _USERS], here[place, : newest.size, _NEWEST] = users, newest
        self.count += count
        for pane, held in latencies.items():
            held.settle()
            self._latencies[pane] = held
            self._codes += held.size
        self._give_up()

    def _reserve(self, count: int, keys: int) -> None:
        """Make room for so many panes more, and for so many keys."""
        rows, room = self._rows, len(self._rows) - self._given_up - self.count
        more_keys = max(keys - rows.shape[1], 0)
        if room >= count and not more_keys:
            return
        kept = rows[self._given_up : self._given_up + self.count]
        width, needed = rows.shape[1] + more_keys, self.count + count
        size = max(needed, min(2 * needed, self.room(width) * 5 // 4) + 64)
        self._rows = np.zeros((size, width, _WIDTH), dtype=np.int64)
        self._rows[:, :, _NEWEST] = NEVER
        self._rows[: self.count, : rows.shape[1]] = kept
        self._given_up = 0

    def _give_up(self) -> None:
        """Forget the oldest, as far as there is too much."""
        surplus = max(self.count - self.room(self._rows.shape[1]), 0)
        self.start, self._given_up, self.count = (
            self.start + surplus,
            self._given_up + surplus,
            self.count - surplus,
        )
        for pane in list(self._latencies):
            if pane >= self.start and self._codes <= _MOST_CODES:
                break
            self._codes -= self._latencies.pop(pane).size
            self.timed_start = pane + 1
        for window in [known for known in self._frozen if known <= self.start]:
            del self._frozen[window]

    def room(self, keys: int) -> int:
        """How many panes of so many keys are kept at most."""
        return min(self.most, _MOST_BYTES // (8 * _WIDTH * keys))

    def settle(self, first: int, stop: int) -> None:
        """Nobody looks at the panes `first <= pane < stop` for now: forget what can be made again."""
        for pane in range(max(first, self.start), min(stop, self.stop)):
            if pane in self._latencies:
                self._latencies[pane].settle()

    def sums(self, first: Int64Array, stop: Int64Array, *, keys: int) -> Int64Array:
        """Sums over the kept panes `first <= pane < stop`: shape (bounds, keys, fields)."""
        low, high = (np.clip(bound - self.start, 0, self.count) for bound in (first, stop))
        base, end = int(low.min()), int(high.max())
        held = self._rows[self._given_up + base : self._given_up + end, :, :SLOTS]
        running = np.zeros((end - base + 1, keys, SLOTS), dtype=np.int64)
        np.cumsum(held, axis=0, out=running[1:, : held.shape[1]])
        return running[high - base] - running[low - base]

    def frozen(self, windows: Int64Array, *, keys: int) -> tuple[Int64Array, Int64Array]:
        """Users and newest event of frozen windows that begin no earlier than what is kept.

        Shapes (windows, keys).
        """
        users = np.zeros((windows.size, keys), dtype=np.int64)
        newest = np.full((windows.size, keys), NEVER, dtype=np.int64)
        old = np.flatnonzero(windows <= self.stop)
        held = self._rows[self._given_up + windows[old] - 1 - self.start]
        users[old, : held.shape[1]], newest[old, : held.shape[1]] = held[:, :, _USERS], held[:, :, _NEWEST]
        for place in np.flatnonzero(windows > self.stop).tolist():
            own_users, own_newest = self._frozen[int(windows[place])]
            users[place, : own_users.size], newest[place, : own_newest.size] = own_users, own_newest
        return users, newest
