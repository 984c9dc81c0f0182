"""Duplicates by event_id: first arrival wins.

Ids live in two generations. An id joins the generation of the watermark after its own event,
`watermark // horizon`; the ids of the present generation and of the one before are remembered, each
therefore for one to two horizons. Late events are not remembered: they change nothing.
"""

from itertools import pairwise

import numpy as np

from revtui.core.hashindex import BoolArray, HashIndex, UInt32Array, UInt64Array
from revtui.core.watermarks import NEVER, Int64Array, State


class Duplicates:
    """The ids remembered, as 64-bit hashes, with a 32-bit hash of each payload."""

    def __init__(self, *, horizon: int) -> None:
        """`horizon` in microseconds of event time."""
        self._horizon = horizon
        self._generation: int | None = None
        self._present = HashIndex()
        self._before = HashIndex()

    def __len__(self) -> int:
        """How many ids are remembered."""
        return len(self._present) + len(self._before)

    def judge(
        self, ids: UInt64Array, payloads: UInt32Array, late: BoolArray, before: Int64Array, after: Int64Array
    ) -> tuple[BoolArray, BoolArray]:
        """Which rows of a batch, in arrival order, are duplicates, and which of those conflict.

        `late` rows are looked up, but not remembered. `before` and `after` are the watermarks
        around each row.
        """
        duplicate = np.zeros(ids.size, dtype=np.bool_)
        conflict = np.zeros(ids.size, dtype=np.bool_)
        generation_before, generation_after = self._generations(before, after)
        # Within a piece the generation in force when a row is judged is the same for all rows; only
        # its last row may lift the watermark into a new one, which it then joins itself.
        edges = [0, *(np.flatnonzero(np.diff(generation_before)) + 1).tolist(), ids.size]
        for start, end in pairwise(edges):
            self._rotate(int(generation_before[start]))
            stays = end if generation_after[end - 1] == generation_before[start] else end - 1
            for piece in (slice(start, stays), slice(stays, end)):
                if piece.start == piece.stop:
                    continue
                duplicate[piece], conflict[piece] = self._judge_piece(
                    ids[piece],
                    payloads[piece],
                    late[piece],
                    joins=int(generation_after[piece.stop - 1]),
                )
        return duplicate, conflict

    def _generations(self, before: Int64Array, after: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Generation of each watermark; before the first watermark, the one that comes first."""
        first = NEVER if self._generation is None else self._generation
        known = after[after != NEVER]
        if first == NEVER and known.size:
            first = int(known[0]) // self._horizon
        return (
            np.where(before == NEVER, first, before // self._horizon),
            np.where(after == NEVER, first, after // self._horizon),
        )

    def _rotate(self, generation: int) -> None:
        if self._generation is None or self._generation == NEVER:
            self._generation = generation
            return
        steps = generation - self._generation
        if steps <= 0:
            return
        self._before = self._present if steps == 1 else HashIndex()
        self._present = HashIndex(expected=len(self._before))
        self._generation = generation

    def _judge_piece(
        self, ids: UInt64Array, payloads: UInt32Array, late: BoolArray, *, joins: int
    ) -> tuple[BoolArray, BoolArray]:
        duplicate, stored = self._remembered_before(ids)
        held = np.flatnonzero(late & ~duplicate)
        if held.size:
            duplicate[held], stored[held] = self._present.find(ids[held])
        open_ = np.flatnonzero(~duplicate & ~late)
        if joins == self._generation:
            fresh, stored[open_] = self._present.upsert(ids[open_], lambda rows: payloads[open_[rows]])
        else:  # the last row of a piece, alone: looked up in its own generations, remembered in the next
            found, stored[open_] = self._present.find(ids[open_])
            self._rotate(joins)
            fresh = ~found
            self._present.upsert(ids[open_[fresh]], lambda rows: payloads[open_[fresh][rows]])
        duplicate[open_] = ~fresh
        self._late_again(ids, payloads, late, duplicate, stored)
        return duplicate, duplicate & (stored != payloads)

    def _late_again(
        self,
        ids: UInt64Array,
        payloads: UInt32Array,
        late: BoolArray,
        duplicate: BoolArray,
        stored: UInt32Array,
    ) -> None:
        """A late row is a duplicate of an earlier row of its own piece, but not of a later one."""
        held = np.flatnonzero(late & ~duplicate)
        if not held.size:
            return
        for row in held[self._present.find(ids[held])[0]].tolist():
            same = np.flatnonzero((ids[:row] == ids[row]) & ~late[:row])
            if same.size:
                duplicate[row] = True
                stored[row] = payloads[same[0]]

    def _remembered_before(self, ids: UInt64Array) -> tuple[BoolArray, UInt32Array]:
        """Which ids are in the generation before the present one, and their payloads."""
        if len(self._before):
            return self._before.find(ids)
        return np.zeros(ids.size, dtype=np.bool_), np.zeros(ids.size, dtype=np.uint32)

    def dump(self) -> State:
        """The ids and payloads of both generations, for `load`."""
        state: State = {"generation": np.array([NEVER if self._generation is None else self._generation])}
        for name, index in (("present", self._present), ("before", self._before)):
            state[f"{name}_ids"], state[f"{name}_payloads"] = index.items()
        return state

    def load(self, state: State) -> None:
        """Become what `dump` described."""
        generation = int(state["generation"][0])
        self._generation = None if generation == NEVER else generation
        self._present = HashIndex.of(state["present_ids"], state["present_payloads"])
        self._before = HashIndex.of(state["before_ids"], state["before_payloads"])
