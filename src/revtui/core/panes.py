"""Panes: mergeable partial aggregates per hop and gateway, and windows summed from them.

Key 0 holds the events without a gateway; a window's row for `*` is the sum over all keys. Money is
kept in two halves of 32 bits, so that sums are exact far beyond 64 bits. Only panes that hold
something take room, so a gap of a year costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from revtui.core.arrays import Int64Array, State, rows_where
from revtui.core.events import EventType
from revtui.core.measures import MEASURES, Added, Measure
from revtui.core.watermarks import NEVER

LOW_BITS: Final = 32
"""Money is kept as `high << LOW_BITS + low`."""
_LOW_MASK: Final = (1 << LOW_BITS) - 1
_FLOAT_EXACT: Final = 1 << 53
"""Floats hold all integers up to here."""


_COUNTS: Final = [measure for measure in MEASURES if measure.added is Added.ONE]
_TIMES: Final = [measure for measure in MEASURES if measure.added is Added.LATENCY]
_AMOUNTS: Final = [measure for measure in MEASURES if measure.added is Added.MONEY]
_PLACES: Final = [*_COUNTS, *_TIMES, *(half for measure in _AMOUNTS for half in (measure, None))]
SLOT: Final = {measure.column: place for place, measure in enumerate(_PLACES) if measure is not None}
"""Where a measure stands in the sums of a cell; of money its upper half, and behind it the lower."""
SLOTS: Final = len(_PLACES)
_TIMED, _SLOW = len(EventType), 2 * len(EventType)
_CLASSES: Final = 4 * len(EventType)
"""An event's class is its kind, plus `_TIMED` with a latency, plus `_SLOW` when that is above the SLA."""
_COUNTED_AS: Final = np.array(
    [
        [measure.counts(kind, timed=timed, slow=slow) for measure in _COUNTS]
        for slow in (False, True)
        for timed in (False, True)
        for kind in EventType
    ],
    dtype=np.int64,
)
"""What an event of each class adds to each of the counts."""


def exact_sum(amounts: Int64Array) -> int:
    """The sum as a Python integer, right also beyond 64 bits."""
    return (int((amounts >> LOW_BITS).sum()) << LOW_BITS) + int((amounts & _LOW_MASK).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Where the events of a batch belong: the panes there are, and for each event its pane and key."""

    panes: Int64Array
    """Distinct, ascending."""
    place: Int64Array
    """Of each event: the place of its pane in `panes`."""
    key: Int64Array
    """Of each event: the key of its gateway, 0 for none."""
    keys: int
    """How many keys there are."""

    @property
    def flat(self) -> Int64Array:
        """Of each event: its cell, counted over panes and keys."""
        return self.place * self.keys + self.key

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.panes.size * self.keys


def cells_of(panes: Int64Array, key: Int64Array, *, keys: int) -> Cells:
    """The cells of events in these panes."""
    first = int(panes.min())
    place = panes - first
    width = int(place.max()) + 1
    if width > 4 * panes.size + 1024:  # far apart
        distinct, place = np.unique(panes, return_inverse=True)
        return Cells(panes=distinct, place=place, key=key, keys=keys)
    held = np.bincount(place, minlength=width) > 0
    if not held.all():
        place = (np.cumsum(held) - 1).take(place)
    return Cells(panes=rows_where(held) + first, place=place, key=key, keys=keys)


def cell_sums(
    cells: Cells, kind: Int64Array, money: Int64Array, latency: Int64Array, *, latency_sla_ms: int
) -> Int64Array:
    """What counted events add up to in each cell: shape (cells, slots).

    Args:
        cells: Where they belong.
        kind: An `EventType` each.
        money: Absolute amounts in minor units of the configured currency; 0 where there is none.
        latency: Milliseconds, negative where there is none.
        latency_sla_ms: An attempt that takes longer is slow.
    """
    flat = cells.flat
    classes = flat * _CLASSES + kind
    classes += (latency >= 0) * _TIMED
    classes += (latency > latency_sla_ms) * _SLOW
    counted = np.bincount(classes, minlength=cells.size * _CLASSES).reshape(cells.size, _CLASSES)
    sums = np.zeros((cells.size, SLOTS), dtype=np.int64)
    sums[:, : len(_COUNTS)] = counted @ _COUNTED_AS
    for measure in _TIMES:
        at, times = _chosen(measure, kind, flat, latency)
        sums[:, SLOT[measure.column]] = np.bincount(at, weights=np.maximum(times, 0), minlength=cells.size)
    for measure in _AMOUNTS:
        at, amounts = _chosen(measure, kind, flat, money)
        if amounts.size:
            high = SLOT[measure.column]
            sums[:, high], sums[:, high + 1] = _halves(at, amounts, cells.size)
    return sums


def _chosen(measure: Measure, kind: Int64Array, *columns: Int64Array) -> Sequence[Int64Array]:
    """The columns of the events of the kinds that a measure adds."""
    if len(measure.kinds) == len(EventType):
        return columns
    first, *others = measure.kinds
    chosen = kind == first
    for other in others:
        chosen |= kind == other
    rows = rows_where(chosen)
    return [column.take(rows) for column in columns]


class PaneSums:
    """Counts, money and latency sums per pane and key, and the newest event of each."""

    def __init__(self, *, keys: int) -> None:
        """`keys` is how many keys there are at first."""
        self._panes = np.empty(0, dtype=np.int64)
        self._sums = np.zeros((0, keys, SLOTS), dtype=np.int64)
        self._newest = np.full((0, keys), NEVER, dtype=np.int64)
        self._newest_before = np.full(keys, NEVER, dtype=np.int64)  # in panes that were dropped

    @property
    def first(self) -> int:
        """The oldest pane that holds something."""
        return int(self._panes[0]) if self._panes.size else NEVER

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        more = keys - self._newest_before.size
        if more > 0:
            self._sums = np.pad(self._sums, ((0, 0), (0, more), (0, 0)))
            self._newest = np.pad(self._newest, ((0, 0), (0, more)), constant_values=NEVER)
            self._newest_before = np.pad(self._newest_before, (0, more), constant_values=NEVER)

    def add(self, cells: Cells, sums: Int64Array, event_ts: Int64Array) -> None:
        """Take counted events: their cells, with as many keys as there is room for, what `cell_sums` gives
        for them, and their times in microseconds.
        """
        shape = (cells.panes.size, cells.keys)
        at = self._places(cells.panes)
        self._sums[at] += sums.reshape(*shape, SLOTS)
        latest = _latest(cells.flat, event_ts, cells.size)
        self._newest[at] = np.maximum(self._newest[at], latest.reshape(shape))

    def _places(self, panes: Int64Array) -> Int64Array:
        """Row of each of these distinct panes, made where it is missing."""
        at = np.searchsorted(self._panes, panes)
        missing = np.append(self._panes, NEVER).take(at) != panes
        if missing.any():
            self._panes = np.insert(self._panes, at[missing], panes[missing])
            self._sums = np.insert(self._sums, at[missing], 0, axis=0)
            self._newest = np.insert(self._newest, at[missing], NEVER, axis=0)
            at = np.searchsorted(self._panes, panes)
        return at

    def windows(self, ends: Int64Array, panes_per_window: int) -> Int64Array:
        """Sums of the windows that end before pane `end`: shape (ends, keys, slots), key 0 for all events."""
        start = np.searchsorted(self._panes, ends - panes_per_window)
        stop = np.searchsorted(self._panes, ends)
        if ends.size == 1:
            sums = self._sums[start[0] : stop[0]].sum(axis=0)[None]
        else:
            low, high = int(start.min()), int(stop.max())
            running = np.zeros((high - low + 1, *self._sums.shape[1:]), dtype=np.int64)
            np.cumsum(self._sums[low:high], axis=0, out=running[1:])
            sums = running[stop - low] - running[start - low]
        windows: Int64Array = sums
        windows[:, 0] = windows.sum(axis=1)
        return windows

    def newest_before(self, ends: Int64Array) -> Int64Array:
        """Time of the newest event before each end: shape (ends, keys), key 0 for all events."""
        running = np.concatenate([self._newest_before[None], self._newest])
        np.maximum.accumulate(running, axis=0, out=running)
        newest = running[np.searchsorted(self._panes, ends)]
        newest[:, 0] = newest.max(axis=1)
        return newest

    def drop_before(self, pane: int) -> None:
        """Forget older panes, except for their newest event."""
        gone = int(np.searchsorted(self._panes, pane))
        if gone:
            self._newest_before = np.maximum(self._newest_before, self._newest[:gone].max(axis=0))
            self._panes, self._sums, self._newest = (
                values[gone:].copy() for values in (self._panes, self._sums, self._newest)
            )

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {
            "panes": self._panes,
            "sums": self._sums,
            "newest": self._newest,
            "newest_before": self._newest_before,
        }

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._panes, self._sums = state["panes"].copy(), state["sums"].copy()
        self._newest, self._newest_before = state["newest"].copy(), state["newest_before"].copy()


def _halves(places: Int64Array, amounts: Int64Array, size: int) -> tuple[Int64Array, Int64Array]:
    """Sum of the amounts per place, exactly, as upper and lower halves; none is negative."""
    if int(amounts.max()) < _FLOAT_EXACT // amounts.size:
        sums = np.bincount(places, weights=amounts, minlength=size).astype(np.int64)
        return sums >> LOW_BITS, sums & _LOW_MASK
    high, low = (np.zeros(size, dtype=np.int64) for _ in range(2))
    step = _FLOAT_EXACT >> LOW_BITS
    for start in range(0, places.size, step):
        rows = slice(start, start + step)
        high += np.bincount(places[rows], weights=amounts[rows] >> LOW_BITS, minlength=size).astype(np.int64)
        low += np.bincount(places[rows], weights=amounts[rows] & _LOW_MASK, minlength=size).astype(np.int64)
    return high, low


def _latest(places: Int64Array, times: Int64Array, size: int) -> Int64Array:
    """The latest time per place, NEVER where there is none."""
    latest = np.full(size, NEVER, dtype=np.int64)
    latest[places] = times  # of several the last one stays, mostly the latest
    later = rows_where(times > latest.take(places))
    np.maximum.at(latest, places.take(later), times.take(later))
    return latest
