"""Who is waited for when a run is to end, for how long, and who is not waited for."""

import signal
import threading
from collections.abc import Callable

import pytest

from patience import until
from revtui.tui.ending import COMMIT_SECONDS, GRACE_SECONDS, RESTORE_SECONDS, Ending

PROMISED_SECONDS = 5


class Observed(Ending):
    """Notes that it would leave, and does not."""

    def __init__(self, notes: list[object], stop_feed: Callable[[], None] = lambda: None) -> None:
        super().__init__(stop_feed)
        self.notes = notes

    def enforce(self) -> None:
        self.notes.append("left")


class Awaited(threading.Event):
    """Notes for how long somebody was ready to wait, and lets no time pass."""

    def __init__(self, name: str, notes: list[object]) -> None:
        super().__init__()
        self._name, self._notes = name, notes

    def wait(self, timeout: float | None = None) -> bool:
        self._notes.append((self._name, timeout))
        return self.is_set()


def _watched() -> Observed:
    notes: list[object] = []
    ending = Observed(notes)
    ending.gone, ending.feed_done = Awaited("app", notes), Awaited("feed", notes)
    return ending


def _over() -> None:
    until(lambda: "revtui-watchdog" not in [thread.name for thread in threading.enumerate()])


@pytest.mark.fault("F15", "F80")
def test_app_and_feed_are_waited_for_and_then_it_leaves_within_five_seconds() -> None:
    ending = _watched()
    ending.request(signal.SIGTERM)
    _over()
    assert ending.notes == [("app", GRACE_SECONDS), ("feed", COMMIT_SECONDS), "left"]
    assert GRACE_SECONDS + COMMIT_SECONDS + RESTORE_SECONDS <= PROMISED_SECONDS


def test_an_app_that_has_gone_is_left_alone() -> None:
    ending = _watched()
    ending.gone.set()
    ending.request(signal.SIGTERM)
    _over()
    assert ending.notes == [("app", GRACE_SECONDS)]


@pytest.mark.fault("F16")
@pytest.mark.parametrize("again", [signal.SIGINT, signal.SIGQUIT])
def test_asked_again_from_the_keyboard_it_waits_for_nobody(again: signal.Signals) -> None:
    ending = Observed([])
    ending.request(signal.SIGTERM)
    assert ending.notes == []
    ending.request(again)
    assert (ending.notes, ending.status) == (["left"], 143)
    ending.gone.set()
    _over()


def test_asked_again_by_another_program_it_still_waits() -> None:
    ending = Observed([])
    ending.request(signal.SIGTERM)
    ending.request(signal.SIGTERM)
    assert ending.notes == []
    ending.gone.set()
    _over()


def test_feed_and_app_are_told_also_when_the_app_comes_late() -> None:
    told: list[object] = []
    ending = Observed([], stop_feed=lambda: told.append("feed"))
    ending.request(signal.SIGHUP)
    ending.attach(told.append)
    assert told == ["feed", 129]
    ending.gone.set()
    _over()
