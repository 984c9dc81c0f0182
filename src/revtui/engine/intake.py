"""From a source to events that may count: read, admit, guard; and several finite sources as one stream.

Finite sources are merged by each one's own running maximum of event time; ties go by the order of
the sources, and each source keeps its own order. The stream does not depend on batch sizes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from revtui.core.admission import admit
from revtui.core.arrays import Int64Array
from revtui.core.events import EVENT_SCHEMA, Accounting, AdmissionPolicy, RawBatch, Rejected
from revtui.core.guards import Guarded, JumpGuard, RawOf, guard_future
from revtui.core.watermarks import NEVER
from revtui.engine.ports import Source

QUARANTINE_SHOWN: Final = 100


@dataclass(slots=True)
class IntakeTotals:
    """What a source's rows came to before the engine: those that the engine gets are not in here."""

    quarantined: int = 0
    filtered: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    """Quarantined rows by reason."""
    newest: list[Rejected] = field(default_factory=list)
    """The last `QUARANTINE_SHOWN` quarantined rows, oldest first."""

    def reject(self, rejected: Sequence[Rejected]) -> None:
        """Count rows that go to quarantine."""
        self.quarantined += len(rejected)
        for row in rejected:
            self.reasons[row.reason] = self.reasons.get(row.reason, 0) + 1
        self.newest = [*self.newest, *rejected][-QUARANTINE_SHOWN:]

    @property
    def accounting(self) -> Accounting:
        """As part of the accounting of all rows."""
        return Accounting(
            read=self.quarantined + self.filtered, quarantined=self.quarantined, filtered=self.filtered
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one read of a source came to, after steps 1 to 4."""

    events: pl.DataFrame
    """EVENT_SCHEMA."""
    rejected: tuple[Rejected, ...] = ()
    filtered: int = 0
    end_offset: int = 0
    """Where the next read starts."""


class Intake:
    """One source with its verdicts of steps 1 to 4.

    `read` may run in a thread of its own; what it came to is noted by whoever takes it in.
    """

    def __init__(self, source: Source, *, max_jump: int, max_future_skew: int) -> None:
        """Guards in microseconds."""
        self.source = source
        self.totals = IntakeTotals()
        self.offset = 0
        """Behind the last row that was noted."""
        self._ended = False
        self._end_offset = 0
        self._max_future_skew = max_future_skew
        self._events = 0
        self._broken_down = source.policy.breakdown == AdmissionPolicy().breakdown
        self._guard = None if source.live else JumpGuard(source=source.name, max_jump=max_jump)
        self._held_raw: dict[int, bytes] = {}  # bytes of the rows that the guard holds, by offset

    @property
    def lack(self) -> str:
        """What the configuration asks for and no event has had so far; empty: nothing."""
        column = self.source.policy.breakdown
        return "" if self._broken_down or not self._events else f"no event has {column} to break down by"

    @property
    def note(self) -> str:
        """What the screen should say of the source."""
        return "; ".join(part for part in (self.source.note, self.lack) if part)

    def take_in(self, reading: Reading) -> None:
        """Count what was read and did not become an event."""
        self.totals.reject(reading.rejected)
        self.totals.filtered += reading.filtered
        self.offset = reading.end_offset
        if not self._broken_down:
            self._events += reading.events.height
            self._broken_down = reading.events["gateway_name"].count() > 0

    def read(self, now: int) -> Reading | None:
        """The next rows (possibly none yet); None when the source has ended for good.

        Raises:
            SourceError: when the source cannot be read.
        """
        if self._ended:
            return None
        batch = self.source.read()
        if batch is None:
            self._ended = True
            return self._last()
        self._end_offset = batch.end_offset
        admitted = admit(batch, self.source.policy)
        guarded = self._guarded(batch, admitted.events, now)
        return Reading(
            events=guarded.events,
            rejected=(*admitted.rejected, *guarded.rejected),
            filtered=admitted.filtered,
            end_offset=batch.end_offset,
        )

    def _guarded(self, batch: RawBatch, events: pl.DataFrame, now: int) -> Guarded:
        """Step 4."""
        fresh = _raw_of(batch)
        if self._guard is None:
            return guard_future(
                events, source=self.source.name, now=now, max_skew=self._max_future_skew, raw_of=fresh
            )

        def raw_of(offset: int) -> bytes:
            return self._held_raw[offset] if offset in self._held_raw else fresh(offset)

        self._guard, guarded = self._guard.push(events, raw_of=raw_of)
        self._held_raw = {offset: raw_of(offset) for offset in self._guard.held["offset"].to_list()}
        return guarded

    def _last(self) -> Reading | None:
        """What the guard still held, when there was anything."""
        if self._guard is None or self._guard.held.is_empty():
            return None
        self._guard, guarded = self._guard.end(raw_of=self._held_raw.__getitem__)
        return Reading(events=guarded.events, rejected=guarded.rejected, end_offset=self._end_offset)


def _raw_of(batch: RawBatch) -> RawOf:
    """The bytes of the row at an offset of this batch."""
    offsets = batch.frame["offset"]

    def raw(offset: int) -> bytes:
        return batch.raw(int(offsets.search_sorted(offset)))

    return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Events in arrival order, each with the number of its source."""

    events: pl.DataFrame
    """EVENT_SCHEMA."""
    sources: int | Int64Array


@dataclass(slots=True)
class _Waiting:
    """The rows of one source that have been read and not delivered."""

    intake: Intake
    events: pl.DataFrame = field(default_factory=EVENT_SCHEMA.to_frame)
    keys: Int64Array = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Running maximum of event time up to each row."""
    newest: int = NEVER
    ended: bool = False

    def fill(self) -> None:
        """Read on until there is something new, or the end."""
        while True:
            reading = self.intake.read(now=0)
            if reading is None:
                self.ended = True
                return
            self.intake.take_in(reading)
            more = reading.events
            if more.height:
                keys = np.maximum(np.maximum.accumulate(more["event_ts"].to_numpy()), self.newest)
                self.newest = int(keys[-1])
                self.events = pl.concat([self.events, more]) if self.events.height else more
                self.keys = np.concatenate([self.keys, keys])
                return

    def take(self, count: int) -> pl.DataFrame:
        """Remove and return the first rows."""
        taken, self.events, self.keys = self.events[:count], self.events[count:], self.keys[count:]
        return taken


def merged(intakes: Sequence[Intake], on_end: Callable[[int], None]) -> Iterator[Delivery]:
    """The events of finite sources as one stream; `on_end` is told when a source's last row is out.

    A source that ends is reported after its last row has been delivered, and taken in, by whoever
    iterates.
    """
    waiting = [_Waiting(intake) for intake in intakes]
    reported = [False] * len(waiting)
    while True:
        for place, source in enumerate(waiting):
            if not source.keys.size and not source.ended:
                source.fill()
            if source.ended and not source.keys.size and not reported[place]:
                reported[place] = True
                on_end(place)
        if all(reported):
            return
        counts = [_deliverable(waiting, place) for place in range(len(waiting))]
        if any(counts):
            yield _together(waiting, counts)
        else:
            min((source for source in waiting if not source.ended), key=lambda source: source.newest).fill()


def _deliverable(waiting: Sequence[_Waiting], place: int) -> int:
    """How many rows of a source no row still to be read from another one can precede."""
    count = waiting[place].keys.size
    for other, source in enumerate(waiting):
        if other != place and not source.ended:
            # A row at the very time of the other's newest one goes first only if its source does.
            limit = source.newest + 1 if place < other else source.newest
            count = min(count, int(np.searchsorted(waiting[place].keys, limit)))
    return count


def _together(waiting: Sequence[_Waiting], counts: Sequence[int]) -> Delivery:
    taking = [place for place, count in enumerate(counts) if count]
    if len(taking) == 1:
        place = taking[0]
        return Delivery(events=waiting[place].take(counts[place]), sources=place)
    keys = np.concatenate([waiting[place].keys[: counts[place]] for place in taking])
    sources = np.repeat(np.array(taking), [counts[place] for place in taking])
    events = pl.concat([waiting[place].take(counts[place]) for place in taking])
    order = np.lexsort((sources, keys))  # stable, so each source keeps its own order
    return Delivery(events=events[order], sources=sources[order])


def reasons_of(intakes: Sequence[Intake]) -> Mapping[str, int]:
    """Quarantined rows by reason, over all sources."""
    total: dict[str, int] = {}
    for intake in intakes:
        for reason, count in intake.totals.reasons.items():
            total[reason] = total.get(reason, 0) + count
    return total
