"""Distinct users per window: exact as long as there is room for all, estimates of a bounded size beyond."""

import numpy as np
import pytest

from revtui.core.arrays import Int64Array, UInt64Array
from revtui.core.distinct import DistinctUsers

MINUTE = 60_000_000
SPAN = 30 * MINUTE
MOST = 2000
GATEWAYS = 3


class Stream:
    """Minutes of events, each of a user at one of two gateways or at none, and the truth about them."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.minutes: list[tuple[UInt64Array, Int64Array]] = []

    def minute(self, events: int, *, of: int) -> tuple[UInt64Array, Int64Array, Int64Array]:
        """Events of so many users in the next minute."""
        names = self._random.integers(0, of, events).astype(np.uint64)
        users = (names + np.uint64(1)) * np.uint64(0xBF58476D1CE4E5B9)
        users ^= users >> np.uint64(27)
        users *= np.uint64(0x94D049BB133111EB)
        keys = self._random.integers(0, GATEWAYS, events)
        times = len(self.minutes) * MINUTE + np.sort(self._random.integers(0, MINUTE, events))
        self.minutes.append((users, keys))
        return users, times, keys

    def truth(self, window: int) -> list[int]:
        """Distinct users in the half hour before the window's end: of all, then of each gateway."""
        held = self.minutes[max(window - 30, 0) : window]
        users = np.concatenate([users for users, _ in held])
        keys = np.concatenate([keys for _, keys in held])
        return [np.unique(users).size, *(np.unique(users[keys == key]).size for key in range(1, GATEWAYS))]


def distinct(most: int = MOST) -> DistinctUsers:
    return DistinctUsers(hop=MINUTE, span=SPAN, keys=GATEWAYS, most=most)


def run(
    of: list[int], *, most: int = MOST, events: int = 1000
) -> tuple[list[list[int]], list[list[int]], list[bool]]:
    """Figures of the window that ends with each minute, the truth, and whether an estimate is admitted."""
    stream, users = Stream(3), distinct(most)
    figures, truths, admitted = [], [], []
    for number, size in enumerate(of, start=1):
        users.add(*stream.minute(events, of=size))
        figures.append(users.at(np.array([number]))[0].tolist())
        truths.append(stream.truth(number))
        admitted.append(users.estimated)
        users.forget_before(number - 15)
    return figures, truths, admitted


def test_up_to_the_most_every_figure_is_exact() -> None:
    figures, truths, admitted = run([1500] * 100)
    assert figures == truths
    assert not any(admitted)


def test_beyond_figures_are_estimates_that_are_near_and_admitted() -> None:
    figures, truths, admitted = run([200] * 20 + [20_000] * 100)
    assert figures[:20] == truths[:20]
    exact = [found == true for found, true in zip(figures, truths, strict=True)]
    assert all(admitted[place] for place in range(120) if not exact[place])
    assert not all(exact)
    off = np.array(figures[40:]) / np.array(truths[40:]) - 1
    assert np.abs(off).max() < 0.2  # of samples of a thousand users and more
    assert abs(off[:, 0].mean()) < 0.03


def test_it_is_exact_again_when_there_are_fewer() -> None:
    figures, truths, admitted = run([200] * 20 + [20_000] * 60 + [300] * 160)
    assert any(admitted)
    assert not admitted[-1]
    assert figures[-20:] == truths[-20:]


def test_twice_as_many_users_cost_room_for_half_as_many_again() -> None:
    stream, users = Stream(5), distinct()
    doublings = np.log2(45 * 3000 / MOST)
    for number in range(1, 200):
        users.add(*stream.minute(3000, of=10**6))
        users.forget_before(number - 15)
        for held in (users._present, users._before):
            assert len(held) <= GATEWAYS * (MOST * (1 + doublings / 2) + 3000)


@pytest.mark.parametrize("stop", [10, 45, 90, 130])
def test_a_restart_changes_nothing(stop: int) -> None:
    whole, halves, stream = distinct(), distinct(), Stream(9)
    for number in range(1, 160):
        if number == stop:
            state, halves = halves.dump(), distinct()
            halves.load(state)
        events = stream.minute(1000, of=20_000 if 30 < number < 80 else 300)
        for each in (whole, halves):
            each.add(*events)
            each.forget_before(number - 15)
        windows = np.arange(max(number - 10, 1), number + 1)
        assert halves.at(windows).tolist() == whole.at(windows).tolist()
        assert halves.estimated == whole.estimated
