"""Duplicates are remembered for one to two horizons of the watermark, in any batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.dedup import Duplicates
from revtui.core.hashindex import HashIndex
from revtui.core.watermarks import NEVER

HORIZON = 10


class Naive:
    """One row at a time, by the letter."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[int | None, int]] = {}

    def judge(self, key: int, payload: int, late: bool, before: int, after: int) -> tuple[bool, bool]:
        if before == NEVER != after:  # ids that came before the first watermark belong to its generation
            self.known = {key: (after // HORIZON, payload) for key, (_, payload) in self.known.items()}
        present = None if before == NEVER else before // HORIZON
        stored = self.known.get(key)
        if stored is not None and (present is None or stored[0] is None or stored[0] >= present - 1):
            return True, stored[1] != payload
        if not late:
            self.known[key] = (None if after == NEVER else after // HORIZON, payload)
        return False, False


rows = st.tuples(
    st.integers(0, 6),  # id
    st.integers(0, 1),  # payload
    st.booleans(),  # late
    st.sampled_from([0, 0, 0, 1, 4, 10, 11, 25]),  # how far the watermark moves
)


@given(st.integers(0, 5), st.lists(rows, max_size=40), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_duplicates_are_those_of_one_row_at_a_time(
    waiting: int, stream: list[tuple[int, int, bool, int]], sizes: list[int]
) -> None:
    marks = [NEVER]
    for place, (_, _, _, step) in enumerate(stream):
        start = 95 if marks[-1] == NEVER else marks[-1]
        marks.append(NEVER if place < waiting else start + step)
    naive, duplicates = Naive(), Duplicates(horizon=HORIZON)
    expected = [
        naive.judge(key, payload, late, marks[place], marks[place + 1])
        for place, (key, payload, late, _) in enumerate(stream)
    ]
    found: list[tuple[bool, bool]] = []
    start, turn = 0, 0
    while start < len(stream):
        stop = min(len(stream), start + sizes[turn % len(sizes)])
        batch = stream[start:stop]
        duplicate, conflict = duplicates.judge(
            np.array([key + 1 for key, *_ in batch], dtype=np.uint64),
            np.array([payload for _, payload, *_ in batch], dtype=np.uint32),
            np.array([late for _, _, late, _ in batch]),
            np.array(marks[start:stop], dtype=np.int64),
            np.array(marks[start + 1 : stop + 1], dtype=np.int64),
        )
        found += zip(duplicate.tolist(), conflict.tolist(), strict=True)
        start, turn = stop, turn + 1
    assert found == expected


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_was_inserted_is_found_across_segments(size: int) -> None:
    index, generator = HashIndex(), np.random.default_rng(3)
    keys = generator.integers(0, 2**63, 400_000, dtype=np.uint64)
    keys[7] = 0  # the mark of an empty slot is a key like any other
    for start in range(0, 400_000, 100_000 + size):
        part = keys[start : start + 100_000 + size]
        fresh, stored = index.upsert(part, lambda rows, start=start: rows + start)  # type: ignore[misc] # bound now
        assert fresh.all()
        assert (stored == np.arange(start, start + part.size)).all()
    assert len(index) == 400_000
    found, values = index.find(keys[::97])
    assert found.all()
    assert (values == np.arange(0, 400_000, 97)).all()
    assert not index.find(generator.integers(2**63, 2**64, 1000, dtype=np.uint64))[0].any()


def test_of_equal_keys_in_one_call_the_first_stands() -> None:
    index = HashIndex()
    fresh, stored = index.upsert(np.array([5, 9, 5, 5, 9], dtype=np.uint64), lambda rows: rows + 100)
    assert fresh.tolist() == [True, True, False, False, False]
    assert stored.tolist() == [100, 101, 100, 100, 101]
