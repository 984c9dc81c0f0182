"""Levels: a number per key that holds over ranges of windows, kept as steps where it changes.

Only windows at which something changes take room, so a gap of a year costs nothing.
"""

import numpy as np

from revtui.core.arrays import Int64Array, State, rows_where
from revtui.core.watermarks import NEVER


class Levels:
    """A number per key and window, raised by ranges of windows."""

    def __init__(self, *, keys: int) -> None:
        """All zero; `keys` is how many keys there are at first."""
        self._windows = np.empty(0, dtype=np.int64)
        self._steps = np.zeros((0, keys), dtype=np.int64)
        self._base = np.zeros(keys, dtype=np.int64)  # the level before the first step

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        more = keys - self._base.size
        if more > 0:
            self._steps = np.pad(self._steps, ((0, 0), (0, more)))
            self._base = np.pad(self._base, (0, more))

    def raise_between(self, first: Int64Array, last: Int64Array, key: Int64Array, *, by: int = 1) -> None:
        """Add to each range `first <= window <= last` of its key; empty ranges are passed over."""
        real = rows_where(first <= last)
        if not real.size:
            return
        if real.size < first.size:
            first, last, key = first.take(real), last.take(real), key.take(real)
        after, keys = last + 1, self._base.size
        low = int(first.min())
        width = int(after.max()) - low + 1
        if width * keys <= 8 * first.size + 4096:
            size = width * keys
            steps = np.bincount((first - low) * keys + key, minlength=size)
            steps -= np.bincount((after - low) * keys + key, minlength=size)
            steps = steps.reshape(width, keys)
            touched = np.flatnonzero(steps.any(axis=1))
            at = self._places(touched + low)
            self._steps[at] += steps[touched] * by
            return
        windows, place = np.unique(np.concatenate([first, after]), return_inverse=True)
        cells = (self._places(windows) * keys).take(place) + np.concatenate([key, key])
        flat = self._steps.reshape(-1)
        np.add.at(flat, cells[: first.size], by)
        np.subtract.at(flat, cells[first.size :], by)

    def _places(self, windows: Int64Array) -> Int64Array:
        """Row of each of these distinct windows, made where it is missing."""
        at = np.searchsorted(self._windows, windows)
        missing = np.append(self._windows, NEVER).take(at) != windows
        if missing.any():
            self._windows = np.insert(self._windows, at[missing], windows[missing])
            self._steps = np.insert(self._steps, at[missing], 0, axis=0)
            at = np.searchsorted(self._windows, windows)
        return at

    def at(self, windows: Int64Array) -> Int64Array:
        """The level of every key at each window: shape (windows, keys)."""
        running = np.concatenate([self._base[None], self._steps])
        np.cumsum(running, axis=0, out=running)
        return running[np.searchsorted(self._windows, windows, side="right")]

    def drop_before(self, window: int) -> None:
        """The levels before this window will not be asked for again."""
        gone = int(np.searchsorted(self._windows, window))
        if gone:
            self._base = self._base + self._steps[:gone].sum(axis=0)
            self._windows, self._steps = self._windows[gone:].copy(), self._steps[gone:].copy()

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {"windows": self._windows, "steps": self._steps, "base": self._base}

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._windows, self._steps, self._base = (state[name].copy() for name in ("windows", "steps", "base"))
