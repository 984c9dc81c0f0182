"""A signal ends the block with its status; what was ignored stays ignored."""

import os
import signal

import pytest

from revtui.cli.signals import Interrupted, interruptible

DAY_SECONDS = 86_400.0  # the grace: nobody is to end the tests


def deliver(number: signal.Signals) -> None:
    with interruptible(grace_seconds=DAY_SECONDS):
        os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_becomes_an_exit_status(number: signal.Signals, status: int) -> None:
    with pytest.raises(Interrupted) as ending:
        deliver(number)
    assert ending.value.exit_code == status


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interruptible(grace_seconds=DAY_SECONDS):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        deliver(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
