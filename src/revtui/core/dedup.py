"""Duplicates by event_id: first arrival wins.

Ids live in two generations. An id joins the generation of the watermark after its own event,
`watermark // horizon`; the ids of the present generation and of the one before are remembered, each
therefore for one to two horizons. Late events are not remembered: they change nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from revtui.core.arrays import (
    BoolArray,
    Int32Array,
    Int64Array,
    State,
    UInt32Array,
    UInt64Array,
    grown,
    rows_where,
)
from revtui.core.keylog import KeyLog
from revtui.core.watermarks import NEVER

_FIRST_EXPECTED: Final = 100_000
_HEADROOM: Final = 1.1
"""A generation has room for so many times the ids of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a log of ids has been written."""

    generation: int
    count: int
    """Ids of that generation."""


class Duplicates:
    """The ids remembered, as hashes, each with a hash of what else its event said."""

    def __init__(self, *, horizon: int) -> None:
        """`horizon` in microseconds of event time."""
        self._horizon = horizon
        self._never = NEVER // horizon
        self._generation = self._first = self._never  # of the present watermark, of the first one
        self._present = _Ids(expected=_FIRST_EXPECTED)
        self._before = _Ids(expected=0)

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._present) + len(self._before)

    def judge(
        self, ids: UInt64Array, payloads: UInt32Array, late: BoolArray, before: Int64Array, after: Int64Array
    ) -> tuple[BoolArray, BoolArray]:
        """Which rows of a batch, in arrival order, are duplicates, and which of those conflict.

        Args:
            ids: Hashes of the ids.
            payloads: Hashes of everything else.
            late: Rows that are looked up, but not remembered.
            before: The watermark before each row.
            after: The watermark after each row.
        """
        duplicate = np.zeros(ids.size, dtype=np.bool_)
        conflict = np.zeros(ids.size, dtype=np.bool_)
        for rows, generation, joins in self._pieces(before, after):
            self._turn(generation)
            self._judge(ids[rows], payloads[rows], late[rows], joins, duplicate[rows], conflict[rows])
        return duplicate, conflict

    def _pieces(self, before: Int64Array, after: Int64Array) -> Iterator[tuple[slice, int, int]]:
        """Runs of rows that are judged in one generation and join one, with both.

        A run that joins another generation than it is judged in is a single row, whose own event
        lifts the watermark. Ids that come before the first watermark belong to its generation.
        """
        first, last = int(before[0]) // self._horizon, int(after[-1]) // self._horizon
        if first == last:
            yield slice(0, before.size), first, last
            return
        judged, joined = before // self._horizon, after // self._horizon
        if first == self._never:
            first = int(joined[np.argmax(joined != self._never)])
            judged, joined = np.maximum(judged, first), np.maximum(joined, first)
        turns = rows_where((judged[1:] != judged[:-1]) | (joined[1:] != joined[:-1])) + 1
        for start, stop in pairwise([0, *turns.tolist(), before.size]):
            yield slice(start, stop), int(judged[start]), int(joined[start])

    def _turn(self, generation: int) -> None:
        """Let this be the present generation, if it is a later one."""
        if self._generation == self._never:
            self._generation = self._first = generation
        steps = generation - self._generation
        if steps > 0:
            self._before = self._present if steps == 1 else _Ids(expected=0)
            self._present = _Ids(expected=int(len(self._before) * _HEADROOM))
            self._generation = generation

    def _judge(
        self,
        ids: UInt64Array,
        payloads: UInt32Array,
        late: BoolArray,
        joins: int,
        duplicate: BoolArray,
        conflict: BoolArray,
    ) -> None:
        """Fill in `duplicate` and `conflict` for one run."""

        def known(of: _Ids, rows: Int64Array, numbers: Int32Array) -> None:
            duplicate[rows] = True
            conflict[rows] = of.payloads.take(numbers) != payloads.take(rows)

        def look(of: _Ids, rows: Int64Array) -> None:
            numbers = of.log.find(ids.take(rows))
            here = rows_where(numbers)
            known(of, rows.take(here), numbers.take(here))

        if len(self._before):
            look(self._before, np.arange(ids.size))
        held = rows_where(late & ~duplicate)
        if held.size:
            look(self._present, held)
        rows = rows_where(~(late | duplicate))
        if joins != self._generation and rows.size:
            look(self._present, rows)
            rows = rows[~duplicate[rows]]
            self._turn(joins)
        newest = len(self._present)
        numbers, appended = self._present.upsert(ids.take(rows), payloads.take(rows))
        if appended.size < rows.size:
            again = np.ones(rows.size, dtype=np.bool_)
            again[appended] = False
            known(self._present, rows[again], numbers[again])
        held = held[~duplicate[held]]
        if held.size:  # duplicates of rows of their own run, if those came first
            numbers = self._present.log.find(ids.take(held))
            first = rows.take(appended)[np.maximum(numbers - newest - 1, 0)] if appended.size else held
            here = rows_where((numbers > 0) & (first < held))
            known(self._present, held.take(here), numbers.take(here))

    def log(self, since: Mark | None = None) -> tuple[State, Mark]:
        """The ids that have come since a mark and are still remembered, and the mark for the next time."""
        parts = []
        for ids, generation in ((self._before, self._generation - 1), (self._present, self._generation)):
            start = 0
            if since is not None:
                marked = self._first if since.generation == self._never else since.generation
                start = 0 if marked < generation else since.count if marked == generation else len(ids)
            parts.append((generation, ids.log.keys[start:], ids.payloads[start + 1 : len(ids) + 1]))
        state = {
            "generations": np.array([generation for generation, _, _ in parts]),
            "counts": np.array([ids.size for _, ids, _ in parts]),
            "ids": np.concatenate([ids for _, ids, _ in parts]),
            "payloads": np.concatenate([payloads for _, _, payloads in parts]),
        }
        return state, Mark(generation=self._generation, count=len(self._present))

    def dump(self) -> State:
        """The state without the ids, for `load`."""
        return {"generations": np.array([self._generation, self._first])}

    def load(self, state: State, logs: Iterable[State]) -> None:
        """Become what `dump` described, with the ids of the logs, given in their order."""
        self._generation, self._first = state["generations"].tolist()
        parts: dict[int, list[tuple[UInt64Array, UInt32Array]]] = {}
        for log in logs:
            stops = np.cumsum(log["counts"]).tolist()
            for label, start, stop in zip(log["generations"].tolist(), [0, *stops], stops, strict=False):
                generation = self._first if label == self._never else label
                parts.setdefault(generation, []).append((log["ids"][start:stop], log["payloads"][start:stop]))
        self._present = _Ids.of(parts.get(self._generation, []))
        self._before = _Ids.of(parts.get(self._generation - 1, []))


class _Ids:
    """The ids of one generation; payloads by the numbers of the log."""

    def __init__(self, *, expected: int) -> None:
        self.log = KeyLog(expected=expected)
        self.payloads = np.zeros(expected + 1, dtype=np.uint32)

    def __len__(self) -> int:
        return len(self.log)

    def upsert(self, ids: UInt64Array, payloads: UInt32Array) -> tuple[Int32Array, Int64Array]:
        """See `KeyLog.upsert`; ids that are appended bring their payload."""
        start = len(self.log) + 1
        numbers, appended = self.log.upsert(ids)
        stop = start + appended.size
        if stop > self.payloads.size:
            self.payloads = grown(self.payloads, stop + self.payloads.size // 4)
        self.payloads[start:stop] = payloads.take(appended)
        return numbers, appended

    @classmethod
    def of(cls, parts: Sequence[tuple[UInt64Array, UInt32Array]]) -> "_Ids":
        """The generation with these ids, which are distinct."""
        made = cls(expected=sum(ids.size for ids, _ in parts))
        for ids, payloads in parts:
            made.upsert(ids, payloads)
        return made
