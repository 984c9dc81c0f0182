"""Gateway names to small keys, in the order in which they first count.

Key 0 stands for all events (`*`); an event without a gateway counts there only. The first
`max_gateways` names get keys of their own; later ones, and the reserved names, share `(other)`.
Names are known by their hashes, so that a million of them cost little.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from revtui.core.arrays import Int64Array, State, UInt64Array
from revtui.core.keylog import KeyLog
from revtui.core.kpis import ALL_GATEWAYS, OTHER_GATEWAYS

_RESERVED: Final = frozenset({ALL_GATEWAYS, OTHER_GATEWAYS})


class GatewayKeys:
    """The growing dictionary of gateway names."""

    def __init__(self, *, maximum: int) -> None:
        """`maximum` names get keys of their own."""
        self._maximum = maximum
        self.names: list[str] = [ALL_GATEWAYS]
        """Name of each key."""
        self._hashes = KeyLog()
        self._keys = np.zeros(1, dtype=np.int64)  # by the numbers of the log
        self._own = 0
        self._other: int | None = None
        self.others = 0
        """How many names share `(other)`."""

    def __len__(self) -> int:
        """How many keys there are, key 0 included."""
        return len(self.names)

    def keys(self, hashes: UInt64Array, name: Callable[[int], str]) -> Int64Array:
        """Key of each hash, in order of arrival; `name(row)` is asked for where a hash is new."""
        numbers, appended = self._hashes.upsert(hashes)
        if appended.size:
            made = np.empty(appended.size, dtype=np.int64)
            for place in np.argsort(appended).tolist():
                made[place] = self._key(name(int(appended[place])))
            self._keys = np.append(self._keys, made)
        return self._keys.take(numbers)

    def dump(self) -> State:
        """What is not in `names`, as arrays, for `load`."""
        other = -1 if self._other is None else self._other
        return {
            "hashes": self._hashes.keys,
            "keys": self._keys[1:],
            "counts": np.array([self._own, other, self.others]),
        }

    def load(self, state: State, names: list[str]) -> None:
        """Become what `dump` described."""
        self.names, self._hashes = names, KeyLog.of(state["hashes"])
        self._keys = np.append(0, state["keys"])
        self._own, other, self.others = state["counts"].tolist()
        self._other = None if other < 0 else other

    def _key(self, name: str) -> int:
        if name not in _RESERVED and self._own < self._maximum:
            self._own += 1
            return self._new(name)
        if self._other is None:
            self._other = self._new(OTHER_GATEWAYS)
        self.others += 1
        return self._other

    def _new(self, name: str) -> int:
        self.names.append(name)
        return len(self.names) - 1
