"""A sparse timeline: sorted integer positions, each with a matrix of integers.

Only positions that hold something take room, so a gap of a year costs nothing. `Counts` adds up
what happens at positions; `Newest` keeps the latest time at positions; `Levels` holds what is true
over ranges of positions, as steps.
"""

import numpy as np
import numpy.typing as npt

from revtui.core.watermarks import NEVER, Int64Array, State


class Counts:
    """Numbers per position and key, `fields` of each; they may be added over positions."""

    _blank = 0

    def __init__(self, *, keys: int, fields: int) -> None:
        self.index: Int64Array = np.empty(0, dtype=np.int64)
        self.data: npt.NDArray[np.int64] = np.zeros((0, keys, fields), dtype=np.int64)

    def places(self, positions: Int64Array) -> Int64Array:
        """Row of `data` for each position, made where it is missing."""
        wanted = np.unique(positions)
        at = np.searchsorted(self.index, wanted)
        missing = np.ones(wanted.size, dtype=np.bool_)
        inside = at < self.index.size
        missing[inside] = self.index[at[inside]] != wanted[inside]
        if missing.any():
            self.index = np.insert(self.index, at[missing], wanted[missing])
            self.data = np.insert(self.data, at[missing], self._blank, axis=0)
        return np.searchsorted(self.index, positions)

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        more = keys - self.data.shape[1]
        if more > 0:
            self.data = np.pad(self.data, ((0, 0), (0, more), (0, 0)), constant_values=self._blank)

    def between(self, first: Int64Array, stop: Int64Array) -> npt.NDArray[np.int64]:
        """Sums over `first <= position < stop`, one matrix per pair of bounds."""
        running = np.concatenate(
            [np.zeros((1, *self.data.shape[1:]), dtype=np.int64), self.data.cumsum(axis=0)]
        )
        sums: npt.NDArray[np.int64] = (
            running[np.searchsorted(self.index, stop)] - running[np.searchsorted(self.index, first)]
        )
        return sums

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {"index": self.index, "data": self.data}

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self.index, self.data = state["index"], state["data"]

    def drop_before(self, position: int) -> None:
        """Forget the positions before this one."""
        keep = int(np.searchsorted(self.index, position))
        if keep:
            self.index, self.data = self.index[keep:].copy(), self.data[keep:].copy()


class Newest(Counts):
    """The latest time at each position and key; NEVER where there was none."""

    _blank = NEVER

    def __init__(self, *, keys: int) -> None:
        super().__init__(keys=keys, fields=1)
        self._base: npt.NDArray[np.int64] = np.full((keys, 1), NEVER, dtype=np.int64)

    def add(self, positions: Int64Array, keys: Int64Array, times: Int64Array) -> None:
        """Take note of events."""
        places = self.places(positions)
        np.maximum.at(self.data[:, :, 0], (places, keys), times)

    def before(self, positions: Int64Array) -> npt.NDArray[np.int64]:
        """The latest time before each position, per key: shape (positions, keys)."""
        running = np.maximum.accumulate(np.concatenate([self._base[None], self.data]), axis=0)
        latest: npt.NDArray[np.int64] = running[np.searchsorted(self.index, positions), :, 0]
        return latest

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        super().widen(keys)
        more = keys - self._base.shape[0]
        if more > 0:
            self._base = np.pad(self._base, ((0, more), (0, 0)), constant_values=NEVER)

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {**super().dump(), "base": self._base}

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        super().load(state)
        self._base = state["base"]

    def drop_before(self, position: int) -> None:
        """Fold the positions before this one into the base."""
        gone = int(np.searchsorted(self.index, position))
        if gone:
            self._base = np.maximum(self._base, self.data[:gone].max(axis=0))
            super().drop_before(position)


class Levels:
    """A number per key that changes in steps from position to position."""

    def __init__(self, *, keys: int) -> None:
        self._steps = Counts(keys=keys, fields=1)
        self._base: npt.NDArray[np.int64] = np.zeros((keys, 1), dtype=np.int64)

    def raise_between(self, first: Int64Array, last: Int64Array, key: Int64Array) -> None:
        """Add one to each range `first <= position <= last` of its key; empty ranges are passed over."""
        real = first <= last
        if not real.any():
            return
        first, last, key = first[real], last[real], key[real]
        keys = self._steps.data.shape[1]
        low, width = int(first.min()), int(last.max()) + 2 - int(first.min())
        if width * keys <= 8 * first.size + 4096:
            changes = np.bincount((first - low) * keys + key, minlength=width * keys)
            changes -= np.bincount((last + 1 - low) * keys + key, minlength=width * keys)
            changes = changes.reshape(width, keys)
            touched = np.flatnonzero(changes.any(axis=1))
            places = self._steps.places(touched + low)
            self._steps.data[places, :, 0] += changes[touched]
            return
        flat_places = self._steps.places(np.concatenate([first, last + 1])) * keys + np.concatenate(
            [key, key]
        )
        flat = self._steps.data.reshape(-1)
        np.add.at(flat, flat_places[: first.size], 1)
        np.subtract.at(flat, flat_places[first.size :], 1)

    def at(self, positions: Int64Array) -> npt.NDArray[np.int64]:
        """The level of every key at each position: shape (positions, keys)."""
        running = np.concatenate([self._base[None], self._base + self._steps.data.cumsum(axis=0)])
        levels: npt.NDArray[np.int64] = running[
            np.searchsorted(self._steps.index, positions, side="right"), :, 0
        ]
        return levels

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        self._steps.widen(keys)
        more = keys - self._base.shape[0]
        if more > 0:
            self._base = np.pad(self._base, ((0, more), (0, 0)))

    def drop_before(self, position: int) -> None:
        """Fold the steps before this position into the base; levels there can no longer be asked for."""
        gone = int(np.searchsorted(self._steps.index, position))
        if gone:
            self._base = self._base + self._steps.data[:gone].sum(axis=0)
            self._steps.drop_before(position)

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {**self._steps.dump(), "base": self._base}

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._steps.load(state)
        self._base = state["base"]
