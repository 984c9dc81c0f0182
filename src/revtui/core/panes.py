"""Panes: mergeable partial aggregates per hop and gateway, and windows summed from them.

Key 0 holds the events without a gateway; a window's row for `*` is the sum over all keys. Money is
kept in two halves of 32 bits, so that sums are exact far beyond 64 bits.
"""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from revtui.core.events import EventType
from revtui.core.timeline import Counts, Newest
from revtui.core.watermarks import Int64Array

LOW_BITS: Final = 32
"""Money is kept as `high << LOW_BITS + low`."""
_LOW_MASK: Final = (1 << LOW_BITS) - 1


class Field(IntEnum):
    """The numbers of a pane; all may be added over panes and keys."""

    EVENTS = 0
    PURCHASES = 1
    FAILED = 2
    REVENUE_HIGH = 3
    REVENUE_LOW = 4
    REFUNDS_HIGH = 5
    REFUNDS_LOW = 6
    LATENCIES = 7
    LATENCY_SUM = 8
    SLOW = 9
    TIMED_ATTEMPTS = 10


def exact_sum(amounts: Int64Array) -> int:
    """The sum as a Python integer, right also beyond 64 bits."""
    return (int((amounts >> LOW_BITS).sum()) << LOW_BITS) + int((amounts & _LOW_MASK).sum())


_EXACT_ROWS: Final = 1 << (53 - LOW_BITS)


def _sums(places: Int64Array, values: Int64Array, size: int) -> Int64Array:
    """Sum of values below 2**32 per place, exactly: floats hold integers up to 2**53."""
    total = np.zeros(size, dtype=np.int64)
    for start in range(0, places.size, _EXACT_ROWS):
        rows = slice(start, start + _EXACT_ROWS)
        total += np.bincount(places[rows], weights=values[rows], minlength=size).astype(np.int64)
    return total


class PaneSums:
    """Counts, money and latency sums per pane and key, and the newest event of each."""

    def __init__(self, *, keys: int, latency_sla_ms: int) -> None:
        self._latency_sla_ms = latency_sla_ms
        self.counts = Counts(keys=keys, fields=len(Field))
        self.newest = Newest(keys=keys)

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        self.counts.widen(keys)
        self.newest.widen(keys)

    def add(
        self,
        panes: Int64Array,
        keys: Int64Array,
        event_ts: Int64Array,
        kind: Int64Array,
        money: Int64Array,
        latency: Int64Array,
    ) -> None:
        """Take counted events.

        Args:
            panes: Pane of each event.
            keys: Key of its gateway, 0 for none.
            event_ts: Its time in microseconds.
            kind: An `EventType` each.
            money: Absolute amounts in minor units of the configured currency; 0 where there is none.
            latency: Milliseconds, negative where there is none.
        """
        places = self.counts.places(panes) * self.counts.data.shape[1] + keys
        flat = self.counts.data.reshape(-1, len(Field))
        size, kinds = flat.shape[0], len(EventType)
        by_kind = np.bincount(places * kinds + kind, minlength=size * kinds).reshape(size, kinds)
        flat[:, Field.EVENTS] += by_kind.sum(axis=1)
        flat[:, Field.PURCHASES] += by_kind[:, EventType.PURCHASE]
        flat[:, Field.FAILED] += by_kind[:, EventType.PAYMENT_FAILED]
        timed = np.flatnonzero(latency >= 0)
        own, took = places[timed], latency[timed]
        attempt = np.isin(kind[timed], (EventType.PURCHASE, EventType.PAYMENT_FAILED))
        flat[:, Field.LATENCIES] += np.bincount(own, minlength=size)
        flat[:, Field.LATENCY_SUM] += _sums(own, took, size)
        flat[:, Field.TIMED_ATTEMPTS] += np.bincount(own[attempt], minlength=size)
        flat[:, Field.SLOW] += np.bincount(own[attempt & (took > self._latency_sla_ms)], minlength=size)
        for which, high, low in (
            (EventType.PURCHASE, Field.REVENUE_HIGH, Field.REVENUE_LOW),
            (EventType.REFUND, Field.REFUNDS_HIGH, Field.REFUNDS_LOW),
        ):
            paid = np.flatnonzero(kind == which)
            own, amount = places[paid], money[paid]
            flat[:, low] += _sums(own, amount & _LOW_MASK, size)
            if paid.size and int(amount.max()) > _LOW_MASK:
                flat[:, high] += _sums(own, amount >> LOW_BITS, size)
        self.newest.add(panes, keys, event_ts)

    def windows(self, ends: Int64Array, panes_per_window: int) -> npt.NDArray[np.int64]:
        """Sums of the windows that end before pane `end`: shape (ends, keys, fields), key 0 for all events."""
        sums = self.counts.between(ends - panes_per_window, ends)
        sums[:, 0] = sums.sum(axis=1)
        return sums

    def newest_before(self, ends: Int64Array) -> npt.NDArray[np.int64]:
        """Time of the newest event before each end: shape (ends, keys), key 0 for all events."""
        newest = self.newest.before(ends)
        newest[:, 0] = newest.max(axis=1)
        return newest

    def drop_before(self, pane: int) -> None:
        """Forget older panes, except for their newest event."""
        self.counts.drop_before(pane)
        self.newest.drop_before(pane)
