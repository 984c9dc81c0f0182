"""Keys are found under the numbers they were given, whatever the batches and however much they grow."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.keylog import KeyLog

Keys = npt.NDArray[np.uint64]


def keys(*values: int) -> Keys:
    return np.array(values, dtype=np.uint64)


# Few upper halves, so that most keys meet others at their slot.
crowded = st.builds(lambda upper, lower: upper << 63 | lower, st.integers(0, 1), st.integers(0, 30))


@given(st.lists(st.lists(crowded, max_size=12), max_size=8))
def test_numbers_are_those_of_a_dictionary(batches: list[list[int]]) -> None:
    log, known = KeyLog(), dict[int, int]()
    for batch in batches:
        fresh = [row for row, key in enumerate(batch) if key not in known and key not in batch[:row]]
        numbers, appended = log.upsert(keys(*batch))
        assert sorted(appended.tolist()) == fresh
        for row in appended.tolist():
            known[batch[row]] = len(known) + 1
        assert numbers.tolist() == [known[key] for key in batch]
    assert log.keys.tolist() == list(known)
    assert log.find(keys(*known, 77)).tolist() == [*known.values(), 0]


def test_of_equal_keys_in_one_call_the_first_is_appended() -> None:
    numbers, appended = KeyLog().upsert(keys(5, 9, 5, 5, 9))
    assert numbers.tolist() == [1, 2, 1, 1, 2]
    assert appended.tolist() == [0, 1]


@pytest.mark.parametrize("expected", [0, 400_000])
@pytest.mark.parametrize("size", [1_000, 100_001])
def test_what_was_appended_is_found_across_tables(expected: int, size: int) -> None:
    log, generator = KeyLog(expected=expected), np.random.default_rng(3)
    all_keys = generator.integers(0, 2**63, 400_000, dtype=np.uint64)
    all_keys[7] = 0
    for start in range(0, 400_000, size):
        part = all_keys[start : start + size]
        numbers, appended = log.upsert(part)
        assert (numbers == np.arange(start + 1, start + part.size + 1)).all()
        assert appended.size == part.size
    assert len(log) == 400_000
    assert (log.find(all_keys[::97]) == np.arange(1, 400_001, 97)).all()
    assert not log.find(generator.integers(2**63, 2**64, 1_000, dtype=np.uint64)).any()
    again, appended = log.upsert(all_keys[:1_000])
    assert (again == np.arange(1, 1_001)).all()
    assert not appended.size


def test_a_log_made_of_keys_gives_them_the_same_numbers() -> None:
    log = KeyLog()
    log.upsert(keys(3, 1, 2, 3, 1 << 63))
    assert KeyLog.of(log.keys).find(keys(1 << 63, 2, 1, 3)).tolist() == [4, 3, 2, 1]
