"""Distinct users per window, with no work when a window closes.

A user who was active at time `t` counts in every window whose users-span covers `t`: those that end
in hops `t // hop + 1` to `(t + span) // hop`. For each user the windows in which it counts already are
kept as intervals, and an event raises by one those that it adds:

    covered   ····[====]········[========]·····      most users have one interval at a time
    event                   [=======]                in order it extends the newest, or begins another
    raises                  [==]

Users are forgotten in two generations: whoever has not been seen since the turn before last, and
covers no window that may still change, is gone at the next. A user at a gateway is an entity of its own.

When there are more users than can be followed, figures become estimates: see `core.samples`.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from revtui.core.arrays import Int32Array, Int64Array, State, UInt64Array, grown, rows_where
from revtui.core.keylog import KeyLog
from revtui.core.levels import Levels
from revtui.core.samples import SAMPLE_BITS, Sample

_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_NOWHERE: Final = -(2**62)
"""A window before all others."""
_NO_PAST: Final = 0


class DistinctUsers:
    """Distinct users per window, for all events (key 0) and per gateway (keys from 1)."""

    def __init__(self, *, hop: int, span: int, keys: int, most: int) -> None:
        """`hop` and `span` in microseconds; `keys` is how many keys there are at first.

        With more than `most` users in a generation, figures are estimates.
        """
        self._hop = hop
        self._span = span
        self._levels = Levels(keys=keys)
        self._sample = Sample(most=most)
        self._past = _Past()
        self._present = _Coverage(self._past)
        self._before = _Coverage(self._past)
        self._oldest = _NOWHERE  # no window before this one will be asked for or changed
        self._newest = _NOWHERE  # covered by anybody
        self._turn = _NOWHERE  # when this window is past, so is all that the generation before covers

    def widen(self, keys: int) -> None:
        """Make room for more keys."""
        self._levels.widen(keys)

    def windows_of(self, event_ts: Int64Array) -> tuple[Int64Array, Int64Array]:
        """First and last window whose users-span covers each event; none when last < first."""
        return event_ts // self._hop + 1, (event_ts + self._span) // self._hop

    def add(self, users: UInt64Array, event_ts: Int64Array, keys: Int64Array) -> None:
        """Take events that have a user: hashes, times, and the key of the gateway (0 when it has none)."""
        first, last = self.windows_of(event_ts)
        if self._span < self._hop:
            rows = rows_where(first <= last)
            users, keys = users.take(rows), keys.take(rows)
            first, last = first.take(rows), last.take(rows)
        if not users.size:
            return
        self._newest = max(self._newest, int(last.max()))
        followed = self._sample.of(users)
        if followed is not None:
            users, keys = users.take(followed), keys.take(followed)
            first, last = first.take(followed), last.take(followed)
            if not followed.size:
                return
        own = rows_where(keys)
        at_gateways = keys.take(own)
        mixed = (at_gateways.view(np.uint64) * _MIX) << SAMPLE_BITS
        numbers, appended = self._numbers(np.concatenate([users, users.take(own) ^ mixed]))
        stays = _stays(
            numbers,
            np.concatenate([first, first.take(own)]),
            np.concatenate([last, last.take(own)]),
            np.concatenate([np.zeros(users.size, dtype=np.int64), at_gateways]),
        )
        for entities, begin, end, key in stays:
            rows, low, high = self._present.cover(entities, begin, end, oldest=self._oldest)
            hashes = self._present.log.keys.take(entities.take(rows) - 1)
            for part in self._sample.parts(hashes, low, high, self._oldest):
                at = key.take(rows.take(part.rows))
                self._levels.raise_between(part.first, part.last, at, by=part.weight)
        self._sample.note(int(np.count_nonzero(appended < users.size)))

    def _numbers(self, entities: UInt64Array) -> tuple[Int32Array, Int64Array]:
        """Number of each entity in the present generation, and the rows of those that are new to it.

        Whoever is known of old moves into it.
        """
        numbers, appended = self._present.upsert(entities)
        if appended.size and len(self._before):
            known = self._before.log.find(entities.take(appended))
            here = rows_where(known)
            self._present.inherit(numbers.take(appended.take(here)), self._before, known.take(here))
        return numbers, appended

    @property
    def estimated(self) -> bool:
        """Whether figures of windows that may still be asked for are estimates."""
        return self._sample.estimates(self._oldest)

    def at(self, windows: Int64Array) -> Int64Array:
        """Distinct users of each window and key."""
        return self._levels.at(windows)

    def forget_before(self, window: int) -> None:
        """No window before this one will be asked for or changed."""
        self._levels.drop_before(window)
        self._oldest = window
        if window > self._turn:
            self._turn = self._newest
            self._sample.turn(self._newest)
            self._before, self._present = self._present, _Coverage(self._past, expected=len(self._present))
            self._past.turn()

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {
            "numbers": np.array([self._oldest, self._newest, self._turn]),
            **{
                f"{part}_{name}": values
                for part, held in self._parts()
                for name, values in held.dump().items()
            },
        }

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._oldest, self._newest, self._turn = state["numbers"].tolist()
        for part, held in self._parts():
            prefix = f"{part}_"
            held.load({name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)})

    def _parts(self) -> "tuple[tuple[str, Levels | Sample | _Past | _Coverage], ...]":
        return (
            ("levels", self._levels),
            ("sample", self._sample),
            ("past", self._past),
            ("present", self._present),
            ("before", self._before),
        )


_Stays = tuple[Int64Array, Int64Array, Int64Array, Int64Array]
"""Numbers of entities, each with the first and the last window it covers, and its key."""


def _stays(numbers: Int32Array, first: Int64Array, last: Int64Array, keys: Int64Array) -> Iterator[_Stays]:
    """What the entities of a batch cover, as intervals: each entity once in a turn, earlier ones first."""
    number, first, last, key = _sorted_stays(numbers, first, last, keys)
    other = number[1:] != number[:-1]
    apart = other if first.max() <= last.min() + 1 else other | (first[1:] > last[:-1] + 1)
    starts = np.concatenate([[0], rows_where(apart) + 1])
    stops = np.append(starts[1:], number.size) - 1
    number, first, last, key = number.take(starts), first.take(starts), last.take(stops), key.take(starts)
    if apart is other:
        yield number, first, last, key
        return
    other = np.append(True, number[1:] != number[:-1])
    rank = np.arange(number.size) - np.maximum.accumulate(np.where(other, np.arange(number.size), 0))
    for turn in range(int(rank.max()) + 1):
        rows = rows_where(rank == turn)
        yield number.take(rows), first.take(rows), last.take(rows), key.take(rows)


def _sorted_stays(
    numbers: Int32Array, first: Int64Array, last: Int64Array, keys: Int64Array
) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """By entity, then by time."""
    low, shortest = int(first.min()), int((last - first).min())
    time_bits = (2 * (int(first.max()) - low) + 1).bit_length()
    key_bits = int(keys.max()).bit_length()
    if int(numbers.max()).bit_length() + time_bits + key_bits < 64:
        # Packed into one integer each, which sorts ten times faster than columns do. A stay is as
        # long as the shortest, or one window longer.
        moment = ((first - low) << 1) + (last - first - shortest)
        packed = np.sort((((numbers.astype(np.int64) << time_bits) | moment) << key_bits) | keys)
        moment = (packed >> key_bits) & ((1 << time_bits) - 1)
        first = (moment >> 1) + low
        last = first + shortest + (moment & 1)
        return packed >> (time_bits + key_bits), first, last, packed & ((1 << key_bits) - 1)
    order = np.lexsort((last, first, numbers))
    return numbers.astype(np.int64)[order], first[order], last[order], keys[order]


class _Coverage:
    """The windows that the entities of one generation cover: of each the newest interval, the others past."""

    def __init__(self, past: "_Past", *, expected: int = 0) -> None:
        self._past = past
        self.log = KeyLog(expected=expected)
        self._first, self._last, self._older = (np.zeros(expected + 1, dtype=np.int64) for _ in range(3))

    def __len__(self) -> int:
        return len(self.log)

    def upsert(self, entities: UInt64Array) -> tuple[Int32Array, Int64Array]:
        """See `KeyLog.upsert`; entities that are appended cover nothing yet."""
        start = len(self) + 1
        numbers, appended = self.log.upsert(entities)
        stop = start + appended.size
        if stop > self._first.size:
            size = stop + self._first.size // 4
            self._first, self._last, self._older = (grown(values, size) for values in self._columns)
        self._first[start:stop] = self._last[start:stop] = _NOWHERE
        return numbers, appended

    @property
    def _columns(self) -> tuple[Int64Array, Int64Array, Int64Array]:
        return self._first, self._last, self._older

    def inherit(self, numbers: Int32Array, other: "_Coverage", theirs: Int32Array) -> None:
        """These entities cover what they did in another generation, where they had other numbers."""
        for mine, old in zip(self._columns, other._columns, strict=True):  # noqa: SLF001 - of the same class
            mine[numbers] = old.take(theirs)

    def cover(
        self, numbers: Int64Array, first: Int64Array, last: Int64Array, *, oldest: int
    ) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Let entities, no two the same, cover an interval more.

        Returns rows, and the first and the last window that rise for each; none when last < first.
        """
        begun, ended = self._first.take(numbers), self._last.take(numbers)
        rows = np.arange(numbers.size)
        behind = rows_where(first < begun)
        woven = [
            (row, low, high)
            for row in behind.tolist()
            for low, high in self._weave(int(numbers[row]), int(first[row]), int(last[row]))
        ]
        if behind.size:
            rows = rows_where(first >= begun)
            numbers, first, last = numbers.take(rows), first.take(rows), last.take(rows)
            begun, ended = begun.take(rows), ended.take(rows)
        apart = rows_where(first > ended + 1)
        others = numbers.take(apart)
        older = np.zeros(apart.size, dtype=np.int64)
        kept = rows_where(ended.take(apart) >= oldest)  # a late event may still meet what ends here
        older[kept] = self._past.add(
            begun.take(apart.take(kept)), ended.take(apart.take(kept)), self._older.take(others.take(kept))
        )
        self._older[others] = older
        self._first[others] = first.take(apart)
        self._last[numbers] = np.maximum(ended, last)
        low = np.maximum(first, ended + 1)
        if not woven:
            return rows, low, last
        more = np.array(woven).T
        return np.append(rows, more[0]), np.append(low, more[1]), np.append(last, more[2])

    def _weave(self, number: int, first: int, last: int) -> list[tuple[int, int]]:
        """Cover an interval that begins before the newest one; what rises."""
        chain = [
            *self._past.chain(int(self._older[number])),
            (int(self._first[number]), int(self._last[number])),
        ]
        raised, at = [], first
        apart, low, high = [], first, last
        for begun, ended in chain:
            if ended < first - 1 or begun > last + 1:
                apart.append((begun, ended))
                continue
            if at < begun:
                raised.append((at, begun - 1))
            at, low, high = max(at, ended + 1), min(low, begun), max(high, ended)
        if at <= last:
            raised.append((at, last))
        *past, (self._first[number], self._last[number]) = sorted([*apart, (low, high)])
        older = np.array([_NO_PAST])
        for begun, ended in past:
            older = self._past.add(np.array([begun]), np.array([ended]), older)
        self._older[number] = older[0]
        return raised

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        stop = len(self) + 1
        return {
            "entities": self.log.keys.copy(),
            "first": self._first[1:stop],
            "last": self._last[1:stop],
            "older": self._older[1:stop],
        }

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self.log = KeyLog.of(state["entities"].astype(np.uint64))
        self._first, self._last, self._older = (
            np.concatenate([[0], state[name]]).astype(np.int64) for name in ("first", "last", "older")
        )


class _Past:
    """Intervals that entities cover besides their newest one, each with the id of the one before it."""

    def __init__(self) -> None:
        self._intervals = np.zeros((0, 3), dtype=np.int64)
        self._count = 0
        self._gone = 0  # ids up to this one are forgotten
        self._mark = 0  # the newest id at the last turn

    def add(self, first: Int64Array, last: Int64Array, older: Int64Array) -> Int64Array:
        """Keep intervals; their ids."""
        start, stop = self._count, self._count + first.size
        if stop > len(self._intervals):
            more = np.zeros((max(stop, 1024), 3), dtype=np.int64)
            self._intervals = np.concatenate([self._intervals, more])
        self._intervals[start:stop] = np.column_stack([first, last, older])
        self._count = stop
        return np.arange(start, stop) + self._gone + 1

    def chain(self, id_: int) -> list[tuple[int, int]]:
        """The interval of that id and those before it, oldest first, as far as they are known."""
        chain = []
        while id_ > self._gone:
            first, last, id_ = self._intervals[id_ - self._gone - 1].tolist()
            chain.append((first, last))
        return chain[::-1]

    def turn(self) -> None:
        """Forget what was past at the last turn already."""
        self._intervals = self._intervals[self._mark - self._gone : self._count].copy()
        self._gone, self._mark = self._mark, self._gone + self._count
        self._count = len(self._intervals)

    def dump(self) -> State:
        """The state as arrays, for `load`."""
        return {
            "intervals": self._intervals[: self._count],
            "ids": np.array([self._gone, self._mark]),
        }

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        self._intervals, self._count = state["intervals"].copy(), len(state["intervals"])
        self._gone, self._mark = state["ids"].tolist()
