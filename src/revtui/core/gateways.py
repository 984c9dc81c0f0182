"""Gateway names to small keys, in the order in which they first count.

Key 0 stands for all events (`*`); an event without a gateway counts there only. The first
`max_gateways` names get keys of their own; later ones, and the reserved names, share `(other)`.
Names are known by their hashes, so that a million of them cost little.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from revtui.core.hashindex import HashIndex, UInt64Array
from revtui.core.kpis import ALL_GATEWAYS, OTHER_GATEWAYS
from revtui.core.watermarks import Int64Array, State

_RESERVED: Final = frozenset({ALL_GATEWAYS, OTHER_GATEWAYS})


class GatewayKeys:
    """The growing dictionary of gateway names."""

    def __init__(self, *, maximum: int) -> None:
        """`maximum` names get keys of their own."""
        self._maximum = maximum
        self.names: list[str] = [ALL_GATEWAYS]
        """Name of each key."""
        self._keys = HashIndex()
        self._own = 0
        self._other: int | None = None
        self.others = 0
        """How many names share `(other)`."""

    def __len__(self) -> int:
        """How many keys there are, key 0 included."""
        return len(self.names)

    def keys(self, hashes: UInt64Array, name: Callable[[int], str]) -> Int64Array:
        """Key of each hash, in order of arrival; `name(row)` is asked for where a hash is new."""
        found, keys = self._keys.find(hashes)
        if not found.all():
            new = np.flatnonzero(~found)
            distinct, first = np.unique(hashes[new], return_index=True)
            arrival = np.argsort(first)
            made = np.array([self._key(name(int(new[row]))) for row in first[arrival]])
            self._keys.upsert(distinct[arrival], lambda rows: made[rows])
            _, keys = self._keys.find(hashes)
        return keys.astype(np.int64)

    def dump(self) -> State:
        """What is not in `names`, as arrays, for `load`."""
        hashes, keys = self._keys.items()
        other = -1 if self._other is None else self._other
        return {"hashes": hashes, "keys": keys, "counts": np.array([self._own, other, self.others])}

    def load(self, state: State, names: list[str]) -> None:
        """Become what `dump` described."""
        self.names, self._keys = names, HashIndex.of(state["hashes"], state["keys"])
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
