"""Percentiles of latencies per window and gateway, from histograms that can be added and subtracted.

Latencies are whole milliseconds: bins of 1 ms up to 4,096 make percentiles exact there; above, 128
bins per octave keep them within 1/128. A window's histogram is that of the one before, plus the pane
that enters and minus the one that leaves.

PERCENTILE_CONT is linear interpolation between the two nearest ranks: of `n` sorted values, position
`h = q (n - 1)`, value `v[⌊h⌋] + (h - ⌊h⌋) (v[⌊h⌋ + 1] - v[⌊h⌋])`, as in SQL:2003 and Hyndman & Fan's
definition 7.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from revtui.core.arrays import Float64Array, Int64Array, State, rows_where
from revtui.core.panes import Cells

EXACT_BELOW_MS: Final = 4096
_EXACT_BITS: Final = 12
_BITS_PER_OCTAVE: Final = 7
_OCTAVES: Final = 11  # up to 2**23 ms, beyond what admission lets in
_BINS: Final = EXACT_BELOW_MS + (_OCTAVES << _BITS_PER_OCTAVE)
_BLOCK_BITS: Final = 6
_BLOCKS: Final = _BINS >> _BLOCK_BITS
"""A percentile is found among blocks of 64 bins first, then within one."""


def bins_of(latencies: Int64Array) -> Int64Array:
    """The bin of each latency in milliseconds."""
    wide = rows_where(latencies >= EXACT_BELOW_MS)
    if not wide.size:
        return latencies
    long = latencies.take(wide)
    octave = np.frexp(long.astype(np.float64))[1].astype(np.int64) - 1
    within = (long >> (octave - _BITS_PER_OCTAVE)) & ((1 << _BITS_PER_OCTAVE) - 1)
    bins = latencies.copy()
    bins[wide] = EXACT_BELOW_MS + ((octave - _EXACT_BITS) << _BITS_PER_OCTAVE) + within
    return bins


def latency_codes(key: Int64Array, latency: Int64Array) -> Int64Array:
    """Key and bin of each latency as one number, by which histograms of all keys are kept."""
    return key * _BINS + bins_of(latency)


def _value_of_bins() -> Float64Array:
    """The latency that each bin stands for: itself, or the middle of a wider bin."""
    wide = np.arange(_OCTAVES << _BITS_PER_OCTAVE)
    width = np.exp2(wide >> _BITS_PER_OCTAVE) * (EXACT_BELOW_MS >> _BITS_PER_OCTAVE)
    low = ((1 << _BITS_PER_OCTAVE) + (wide & ((1 << _BITS_PER_OCTAVE) - 1))) * width
    return np.concatenate([np.arange(EXACT_BELOW_MS, dtype=np.float64), low + (width - 1) / 2])


_VALUE: Final = _value_of_bins()
_NOTHING: Final = np.empty(0, dtype=np.int64)
_MOST_WAITING: Final = 1 << 14
"""So many latencies of a pane are counted before its turn comes, lest a tick count them all at once."""


class LatencyPanes:
    """Latency histograms per pane and key (0: events without a gateway)."""

    def __init__(self) -> None:
        self._keys = 1
        self._panes: dict[int, LatencyPane] = {}
        self.closing = Walk()
        """Along the windows as they close."""
        self.behind = Walk()
        """Along windows that have closed already."""

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        self._keys = max(self._keys, keys)
        self.closing.widen(keys)
        self.behind.widen(keys)

    def add(self, cells: Cells, latency: Int64Array) -> None:
        """Take the latencies of events, in milliseconds; negative ones are none."""
        timed = rows_where(latency >= 0)
        if not timed.size:
            return
        span = cells.keys * _BINS
        codes = cells.place.take(timed) * span + latency_codes(cells.key.take(timed), latency.take(timed))
        codes.sort()
        edges = np.searchsorted(codes, np.arange(cells.panes.size + 1) * span).tolist()
        for place, pane in enumerate(cells.panes.tolist()):
            if edges[place] < edges[place + 1]:
                own = codes[edges[place] : edges[place + 1]] - place * span
                self._panes.setdefault(pane, LatencyPane()).add(own)
                for walk in (self.closing, self.behind):
                    if walk.holds(pane):
                        walk.add(own)

    def percentiles(self, ends: Int64Array, panes_per_window: int, q: float, *, walk: "Walk") -> Float64Array:
        """The `q` quantile of the windows that end before pane `end`: shape (ends, keys).

        Index 0 is for all events; NaN where a window has no latencies. `ends` ascend. `walk` goes on
        from where it stands.
        """
        return percentiles_of(self._panes, ends, panes_per_window, q, walk=walk, keys=self._keys)

    @property
    def panes(self) -> "Mapping[int, LatencyPane]":
        """Those that are kept."""
        return self._panes

    def drop_before(self, pane: int) -> "dict[int, LatencyPane]":
        """Forget older panes; those that were forgotten."""
        old = sorted(known for known in self._panes if known < min(pane, self.closing.start))
        if self.behind.start < pane:
            self.behind = Walk()
        return {known: self._panes.pop(known) for known in old}

    def dump(self) -> State:
        """The state as arrays, for `load`: pane, code (key and bin) and count of each occupied bin."""
        held = {pane: self._panes[pane].histogram for pane in sorted(self._panes)}
        return {
            "keys": np.array([self._keys]),
            "panes": np.repeat(np.array([*held], dtype=np.int64), [codes.size for codes, _ in held.values()]),
            "codes": np.concatenate([_NOTHING, *(codes for codes, _ in held.values())]),
            "counts": np.concatenate([_NOTHING, *(counts for _, counts in held.values())]),
        }

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._keys = int(state["keys"][0])
        self.closing, self.behind = Walk(), Walk()
        self._panes = {}
        for pane in np.unique(state["panes"]).tolist():
            here = state["panes"] == pane
            self._panes[pane] = LatencyPane(state["codes"][here], state["counts"][here])


class _Counted(NamedTuple):
    """What a histogram holds, by codes, and by blocks of codes; index 0 is for all events."""

    codes: Int64Array
    counts: Int64Array
    blocks: Int64Array
    block_counts: Int64Array


class LatencyPane:
    """The histogram of one pane, and what has come since it was counted."""

    def __init__(self, codes: Int64Array = _NOTHING, counts: Int64Array = _NOTHING) -> None:
        self._codes, self._counts = codes, counts
        self._new: list[Int64Array] = []
        self._waiting = 0
        self._counted: _Counted | None = None

    def add(self, codes: Int64Array) -> None:
        """Take codes in ascending order."""
        self._new.append(codes)
        self._waiting += codes.size
        self._counted = None
        if self._waiting > _MOST_WAITING:
            self._count()

    def _count(self) -> None:
        if not self._new:
            return
        new = np.sort(np.concatenate(self._new)) if len(self._new) > 1 else self._new[0]
        self._new.clear()
        self._waiting = 0
        codes, counts = _totals(new, np.ones(new.size, dtype=np.int64))
        if self._codes.size:
            codes, counts = np.concatenate([self._codes, codes]), np.concatenate([self._counts, counts])
            order = np.argsort(codes, kind="stable")  # merges two runs
            codes, counts = _totals(codes.take(order), counts.take(order))
        self._codes, self._counts = codes, counts

    @property
    def size(self) -> int:
        """How many different codes there are."""
        return self.histogram[0].size

    def settle(self) -> None:
        """Nothing more will come: forget what can be made again."""
        self._count()
        self._counted = None

    @property
    def histogram(self) -> tuple[Int64Array, Int64Array]:
        """Codes, ascending, and their counts."""
        self._count()
        return self._codes, self._counts

    @property
    def counted(self) -> _Counted:
        """The same for walks."""
        if self._counted is None:
            codes, counts = self.histogram
            of_all = np.bincount(codes % _BINS, weights=counts, minlength=_BINS)
            held = rows_where(of_all)
            own = int(np.searchsorted(codes, _BINS))  # events without a gateway count for all only
            codes = np.concatenate([held, codes[own:]])
            counts = np.concatenate([of_all.take(held).astype(np.int64), counts[own:]])
            self._counted = _Counted(codes, counts, *_totals(codes >> _BLOCK_BITS, counts))
        return self._counted


def _totals(codes: Int64Array, counts: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Distinct codes, of codes in ascending order, and the sum of the counts of each."""
    starts = rows_where(np.append(True, codes[1:] != codes[:-1]))
    return codes.take(starts), np.add.reduceat(counts, starts)


class Histogram:
    """Latencies per key by bins, and by blocks of bins; index 0 is for all events, with a gateway or without.

    What comes in are codes: `key * _BINS + bin`.
    """

    def __init__(self) -> None:
        """Empty, with room for key 0."""
        self.bins = np.zeros(_BINS, dtype=np.int64)
        """Flat, by code."""
        self._blocks = np.zeros(_BLOCKS, dtype=np.int64)

    @classmethod
    def of(cls, bins: Int64Array) -> "Histogram":
        """With these bins."""
        made = cls()
        made.bins = bins.copy()
        made._blocks = bins.reshape(-1, 1 << _BLOCK_BITS).sum(axis=1)
        return made

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        if self.bins.size < keys * _BINS:
            self.bins = np.pad(self.bins, (0, keys * _BINS - self.bins.size))
            self._blocks = np.pad(self._blocks, (0, keys * _BLOCKS - self._blocks.size))

    def add(self, codes: Int64Array) -> None:
        """Take latencies one by one; those of a gateway count for all events too."""
        for taken in (codes % _BINS, codes[codes >= _BINS]):
            np.add.at(self.bins, taken, 1)
            np.add.at(self._blocks, taken >> _BLOCK_BITS, 1)

    def look(self, q: float) -> "Look":
        """Where the `q` quantile of each key lies."""
        running = self._blocks.reshape(-1, _BLOCKS).cumsum(axis=1)
        count = running[:, -1]
        position = q * (count - 1)
        low = position.astype(np.int64)  # rounds down; a key without latencies does not matter
        rank = np.array([low + 1, np.minimum(low + 2, count)])
        block = (running < rank[:, :, None]).sum(axis=2)
        np.minimum(block, _BLOCKS - 1, out=block)
        keys = np.arange(count.size)
        within = self.bins.reshape(-1, _BLOCKS, 1 << _BLOCK_BITS)[keys, block]
        return Look(position, rank, block, running[keys, block], within)


class Walk(Histogram):
    """The histogram of a window that moves along the panes; it takes in what comes while it stands."""

    def __init__(self) -> None:
        """An empty window."""
        super().__init__()
        self.start = 0
        """The first pane of the window."""
        self._stop = 0

    def holds(self, pane: int) -> bool:
        """Whether the pane is in the window."""
        return self.start <= pane < self._stop

    def to(self, start: int, stop: int, panes: Mapping[int, LatencyPane]) -> None:
        """Move on to the window of the panes from `start` up to `stop`."""
        if self.start <= start <= self._stop <= stop:
            leaving, entering = range(self.start, start), range(self._stop, stop)
        else:
            self.bins[:], self._blocks[:] = 0, 0
            leaving, entering = range(0), range(start, stop)
        self.start, self._stop = start, stop
        for which, shift in ((leaving, np.subtract), (entering, np.add)):
            for pane in which:
                if pane in panes:
                    held = panes[pane].counted
                    self.bins[held.codes] = shift(self.bins.take(held.codes), held.counts)
                    self._blocks[held.blocks] = shift(self._blocks.take(held.blocks), held.block_counts)


class Look(NamedTuple):
    """Where quantiles lie: for each key, between the values at two ranks, from 1 on."""

    position: Float64Array
    """Shape (keys), from 0 on; negative without latencies."""
    rank: Int64Array
    """Shape (2, keys)."""
    block: Int64Array
    """The block of each rank."""
    running: Int64Array
    """Latencies up to the end of that block."""
    within: Int64Array
    """The counts in it: shape (2, keys, bins of a block)."""


def percentiles_of(
    panes: Mapping[int, LatencyPane],
    ends: Int64Array,
    panes_per_window: int,
    q: float,
    *,
    walk: Walk,
    keys: int,
) -> Float64Array:
    """`LatencyPanes.percentiles` of any panes."""
    walk.widen(keys)
    looks = []
    for end in ends.tolist():
        walk.to(end - panes_per_window, end, panes)
        looks.append(walk.look(q))
    return values_of(looks)


def values_of(looks: Sequence[Look]) -> Float64Array:
    """The quantiles of many looks at once: shape (looks, keys); NaN without latencies."""
    position, rank, block, running, within = (np.array(part) for part in zip(*looks, strict=True))
    rest = rank - (running - within.sum(axis=-1))
    place = (within.cumsum(axis=-1) < rest[..., None]).sum(axis=-1)
    np.minimum(place, (1 << _BLOCK_BITS) - 1, out=place)
    near, far = np.moveaxis(_VALUE.take((block << _BLOCK_BITS) + place), 1, 0)
    fraction = position - np.floor(position)
    values: Float64Array = np.where(position < 0, np.nan, near + fraction * (far - near))
    return values
