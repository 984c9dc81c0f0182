"""Percentiles of latencies per window and gateway, from histograms that can be added and subtracted.

Latencies are whole milliseconds: bins of 1 ms up to 4,096 make percentiles exact there; above, 128
bins per octave keep them within 1/128. A window's histogram is the last one plus the panes that
enter and minus those that leave.

PERCENTILE_CONT is linear interpolation between the two nearest ranks: of `n` sorted values, position
`h = q (n - 1)`, value `v[⌊h⌋] + (h - ⌊h⌋) (v[⌊h⌋ + 1] - v[⌊h⌋])`, as in SQL:2003 and Hyndman & Fan's
definition 7.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from revtui.core.watermarks import Int64Array, State

Float64Array = npt.NDArray[np.float64]

EXACT_BELOW_MS: Final = 4096
_EXACT_BITS: Final = 12
_BITS_PER_OCTAVE: Final = 7
_OCTAVES: Final = 11  # up to 2**23 ms, beyond what admission lets in
_BINS: Final = EXACT_BELOW_MS + (_OCTAVES << _BITS_PER_OCTAVE)


def bins_of(latencies: Int64Array) -> Int64Array:
    """The bin of each latency in milliseconds."""
    octave = np.frexp(np.maximum(latencies, EXACT_BELOW_MS).astype(np.float64))[1].astype(np.int64) - 1
    within = (latencies >> (octave - _BITS_PER_OCTAVE)) & ((1 << _BITS_PER_OCTAVE) - 1)
    coarse = EXACT_BELOW_MS + ((octave - _EXACT_BITS) << _BITS_PER_OCTAVE) + within
    return np.where(latencies < EXACT_BELOW_MS, latencies, coarse)


def _values() -> Float64Array:
    """The latency that each bin stands for: itself, or the middle of a wider bin."""
    wide = np.arange(_OCTAVES << _BITS_PER_OCTAVE)
    width = np.exp2(wide >> _BITS_PER_OCTAVE) * (EXACT_BELOW_MS >> _BITS_PER_OCTAVE)
    low = ((1 << _BITS_PER_OCTAVE) + (wide & ((1 << _BITS_PER_OCTAVE) - 1))) * width
    return np.concatenate([np.arange(EXACT_BELOW_MS, dtype=np.float64), low + (width - 1) / 2])


_VALUE: Final = _values()


class LatencyPanes:
    """Latency histograms per pane and key (0: events without a gateway)."""

    def __init__(self) -> None:
        self._keys = 1
        self._panes: dict[int, _Pane] = {}

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        self._keys = max(self._keys, keys)

    def add(self, panes: Int64Array, keys: Int64Array, latencies: Int64Array) -> None:
        """Take latencies in any order of panes."""
        if not panes.size:
            return
        codes = keys * _BINS + bins_of(latencies)
        first, last = int(panes.min()), int(panes.max())
        if first == last:
            self._panes.setdefault(first, _Pane()).add(codes)
            return
        order = np.argsort(panes, kind="stable")
        codes, panes = codes[order], panes[order]
        starts = np.flatnonzero(np.diff(panes, prepend=first - 1))
        for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), panes.size], strict=True):
            self._panes.setdefault(int(panes[start]), _Pane()).add(codes[start:stop])

    def percentiles(self, ends: Int64Array, panes_per_window: int, q: float) -> Float64Array:
        """The `q` quantile of the windows that end before pane `end`: shape (ends, keys).

        Index 0 is for all events; NaN where a window has no latencies. `ends` ascend.
        """
        result = np.full((ends.size, self._keys), np.nan)
        histogram = np.zeros(self._keys * _BINS, dtype=np.int64)
        at: int | None = None
        for row, end in enumerate(ends.tolist()):
            start = end - panes_per_window
            if at is None or end - at >= panes_per_window:
                histogram[:] = 0
                entering, leaving = range(start, end), range(0)
            else:
                entering, leaving = range(at, end), range(at - panes_per_window, start)
            for pane in entering:
                if pane in self._panes:
                    self._panes[pane].add_to(histogram, 1)
            for pane in leaving:
                if pane in self._panes:
                    self._panes[pane].add_to(histogram, -1)
            at = end
            result[row] = _quantiles(histogram.reshape(self._keys, _BINS), q)
        return result

    def drop_before(self, pane: int) -> None:
        """Forget older panes."""
        for old in [key for key in self._panes if key < pane]:
            del self._panes[old]

    def dump(self) -> State:
        """The state as arrays, for `load`: pane, code (key and bin) and count of each occupied bin."""
        parts = [(pane, *held.histogram()) for pane, held in sorted(self._panes.items())]
        return {
            "keys": np.array([self._keys]),
            "panes": np.repeat([pane for pane, _, _ in parts], [codes.size for _, codes, _ in parts]),
            "codes": np.concatenate([np.empty(0, dtype=np.int64), *(codes for _, codes, _ in parts)]),
            "counts": np.concatenate([np.empty(0, dtype=np.int64), *(counts for _, _, counts in parts)]),
        }

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._keys = int(state["keys"][0])
        self._panes = {}
        for pane in np.unique(state["panes"]).tolist():
            here = state["panes"] == pane
            self._panes[pane] = _Pane(state["codes"][here], state["counts"][here])


class _Pane:
    """The histogram of one pane: occupied codes and their counts, and what has come since they were sorted."""

    def __init__(self, codes: Int64Array | None = None, counts: Int64Array | None = None) -> None:
        self._codes = np.empty(0, dtype=np.int64) if codes is None else codes
        self._counts = np.empty(0, dtype=np.int64) if counts is None else counts
        self._new: list[Int64Array] = []

    def add(self, codes: Int64Array) -> None:
        self._new.append(codes)

    def histogram(self) -> tuple[Int64Array, Int64Array]:
        if self._new:
            fresh, fresh_counts = np.unique(np.concatenate(self._new), return_counts=True)
            self._new.clear()
            codes = np.concatenate([self._codes, fresh])
            self._codes, place = np.unique(codes, return_inverse=True)
            counts = np.zeros(self._codes.size, dtype=np.int64)
            np.add.at(counts, place, np.concatenate([self._counts, fresh_counts]))
            self._counts = counts
        return self._codes, self._counts

    def add_to(self, histogram: Int64Array, sign: int) -> None:
        codes, counts = self.histogram()
        histogram[codes] += sign * counts


def _quantiles(histogram: npt.NDArray[np.int64], q: float) -> Float64Array:
    """The `q` quantile of each key's histogram, index 0 replaced by that of all keys; NaN where empty."""
    total = histogram.sum(axis=0)
    running = np.cumsum(np.concatenate([total[None], histogram[1:]]), axis=1)
    count = running[:, -1]
    position = q * (count - 1)
    low = np.floor(position).astype(np.int64)
    result = np.full(count.size, np.nan)
    for key in np.flatnonzero(count).tolist():
        ranks = np.array([low[key] + 1, min(low[key] + 2, count[key])])
        near, far = _VALUE[np.searchsorted(running[key], ranks)]
        result[key] = near + (position[key] - low[key]) * (far - near)
    return result
