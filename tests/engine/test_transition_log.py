"""The history of transitions: numbered, read by cursor, and of a bounded length."""

from dataclasses import replace

import pytest

from factories import SCENES
from revtui.core.alerts import Transition
from revtui.engine.snapshot import TransitionLog


def _transitions(first: int, last: int) -> list[Transition]:
    model = SCENES["incident"]().transitions[-1]
    return [replace(model, seq=seq) for seq in range(first, last + 1)]


@pytest.mark.parametrize("step", [1, 3, 40])
def test_the_newest_are_kept_and_a_reader_in_time_misses_none(step: int) -> None:
    log, cursor, read = TransitionLog(most=40), 0, 0
    for first in range(1, 401, step):
        log.append(_transitions(first, min(first + step - 1, 400)))
        found = log.since(cursor)
        assert [one.seq for one in found] == list(range(cursor + 1, log.last_seq + 1))
        cursor, read = found[-1].seq, read + len(found)
    assert (log.last_seq, read) == (400, 400)
    assert 40 <= len(log.since(0)) <= 50


def test_who_reads_too_seldom_sees_a_gap_in_the_numbers() -> None:
    log = TransitionLog(most=40)
    log.append(_transitions(1, 100))
    assert [one.seq for one in log.since(3)] == list(range(61, 101))
    assert log.since(100) == ()


def test_a_resumed_log_goes_on_where_it_ended() -> None:
    log = TransitionLog(last_seq=7)
    log.append(_transitions(8, 9))
    assert [one.seq for one in log.since(0)] == [8, 9]
    assert [one.seq for one in log.since(8)] == [9]
    assert log.last_seq == 9
