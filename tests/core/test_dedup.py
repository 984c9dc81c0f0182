"""Duplicates are remembered for one to two horizons of the watermark, in any batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.dedup import Duplicates
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
