"""Business days: from midnight to midnight in a zone, 23 to 25 hours, and what was counted in each.

Totals are of the same counted events as the panes, late ones included, so that a day is the sum of its
panes to the cent.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from revtui.core.arrays import Float64Array, Int64Array, State
from revtui.core.measures import P95
from revtui.core.panes import SLOTS, Cells, cell_sums
from revtui.core.quantiles import Histogram, latency_codes, values_of
from revtui.core.times import load_zone

KEPT_DAYS: Final = 8
"""So many of the newest days are kept."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)


class Calendar:
    """The days of a zone, numbered from 1970-01-01.

    A day that would begin in a gap of the clock begins when the gap ends; midnight that comes twice
    begins its day the first time.
    """

    def __init__(self, timezone: str) -> None:
        """An IANA name.

        Raises:
            UsageError: when there is no such zone.
        """
        self._zone = load_zone(timezone)
        self._starts: dict[int, int] = {}

    def day_at(self, instant: int) -> int:
        """The day in which an instant lies, in microseconds."""
        return (_EPOCH + instant * _MICROSECOND).astimezone(self._zone).toordinal() - _EPOCH_DAY

    def start(self, day: int) -> int:
        """When a day begins, in microseconds."""
        if day not in self._starts:
            midnight = datetime.combine(self.date(day), time(), self._zone)
            self._starts[day] = (midnight.astimezone(UTC) - _EPOCH) // _MICROSECOND
        return self._starts[day]

    @staticmethod
    def date(day: int) -> date:
        """Its date."""
        return date.fromordinal(day + _EPOCH_DAY)

    def days_of(self, instants: Int64Array) -> Int64Array:
        """The day in which each instant lies."""
        first, last = self.day_at(int(instants.min())), self.day_at(int(instants.max()))
        if first == last:
            return np.full(instants.size, first)
        starts = np.array([self.start(day) for day in range(first, last + 1)])
        return np.searchsorted(starts, instants, side="right") - 1 + first


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySums:
    """What was counted in some days, per key; key 0 is for all events."""

    days: Int64Array
    """Ascending."""
    sums: Int64Array
    """Shape (days, keys, slots of `core.panes`)."""
    percentiles: Float64Array
    """p95 latency, shape (days, keys); NaN without latencies."""


class DayTotals:
    """Totals of the newest days, per key (0: events without a gateway)."""

    def __init__(self, calendar: Calendar, *, hop: int, latency_sla_ms: int) -> None:
        """`hop` is the width of a pane in microseconds."""
        self._calendar = calendar
        self._hop = hop
        self._latency_sla_ms = latency_sla_ms
        self._keys = 1
        self._days: dict[int, tuple[Int64Array, Histogram]] = {}

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        self._keys = max(self._keys, keys)

    def add(
        self,
        cells: Cells,
        sums: Int64Array,
        event_ts: Int64Array,
        kind: Int64Array,
        money: Int64Array,
        latency: Int64Array,
    ) -> None:
        """Take counted events, as `PaneSums.add` does; `sums` are those of their cells."""
        start = cells.panes * self._hop
        days = self._calendar.days_of(start)
        place = cells.place
        if (days != self._calendar.days_of(start + self._hop - 1)).any():  # a day begins inside a pane
            days, place = np.unique(self._calendar.days_of(event_ts), return_inverse=True)
            by_day = Cells(panes=days, place=place, key=cells.key, keys=cells.keys)
            sums = cell_sums(by_day, kind, money, latency, latency_sla_ms=self._latency_sla_ms)
        sums = sums.reshape(days.size, cells.keys, SLOTS)
        timed = np.flatnonzero(latency >= 0)
        codes = latency_codes(cells.key.take(timed), latency.take(timed))
        day_of_code = days.take(place.take(timed)) if days[0] != days[-1] else None
        for day in np.unique(days).tolist():
            total, histogram = self._day(day)
            total[: cells.keys] += sums[days == day].sum(axis=0)
            histogram.add(codes if day_of_code is None else codes[day_of_code == day])
        for old in sorted(self._days)[:-KEPT_DAYS]:
            del self._days[old]

    def _day(self, day: int) -> "tuple[Int64Array, Histogram]":
        """Sums and latencies of a day, with room for every key."""
        sums, histogram = self._days.get(day) or (np.zeros((0, SLOTS), dtype=np.int64), Histogram())
        if len(sums) < self._keys:
            sums = np.pad(sums, ((0, self._keys - len(sums)), (0, 0)))
            histogram.widen(self._keys)
            self._days[day] = sums, histogram
        return sums, histogram

    def totals(self) -> DaySums:
        """The newest days as they stand."""
        days = sorted(self._days)
        held = [self._day(day) for day in days]
        shape = len(days), self._keys, SLOTS
        sums = np.array([sums for sums, _ in held], dtype=np.int64).reshape(shape)
        sums[:, 0] = sums.sum(axis=1)
        looks = [histogram.look(P95) for _, histogram in held]
        return DaySums(
            days=np.array(days, dtype=np.int64),
            sums=sums,
            percentiles=values_of(looks) if looks else np.empty((0, self._keys)),
        )

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        state: State = {"keys": np.array([self._keys]), "days": np.array(sorted(self._days), dtype=np.int64)}
        for day in self._days:
            sums, histogram = self._day(day)
            state[f"{day}.sums"], state[f"{day}.bins"] = sums, histogram.bins
        return state

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._keys = int(state["keys"][0])
        self._days = {
            day: (state[f"{day}.sums"].copy(), Histogram.of(state[f"{day}.bins"]))
            for day in state["days"].tolist()
        }
