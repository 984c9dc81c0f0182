"""Signals end a one-shot command by an exit status: 129, 130 and 143, after cleaning up.

    signal ──> `Interrupted` is raised in the main thread, which cleans up on its way out
       │  └──> a second signal: leave at once
       └─────> a watchdog thread: still here after the grace (the main thread may be deep in a
               library, where no Python runs)? Remove unfinished files and leave

A signal that was ignored when the program started (`nohup`, a shell's background job) stays ignored.
Whoever installs handlers of its own, as the monitor does, is left alone by the watchdog.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

GRACE_SECONDS: Final = 1.0

_SIGNALS: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_UNFINISHED: Final[set[Path]] = set()  # module-level, since nothing can be handed to a signal

Handler = Callable[[int, FrameType | None], None]


class Interrupted(BaseException):
    """A signal asked the program to end; no `except Exception` may swallow it."""

    def __init__(self, signum: int) -> None:
        """`signum` is the signal's number."""
        super().__init__(signum)
        self.exit_code = 128 + signum


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Have a file removed when the program is ended by force while the block runs."""
    _UNFINISHED.add(path)
    try:
        yield
    finally:
        _UNFINISHED.discard(path)


@contextmanager
def interruptible(*, grace_seconds: float = GRACE_SECONDS) -> Iterator[None]:
    """Raise `Interrupted` when a signal asks to end, for as long as the block runs.

    When the block has not been left `grace_seconds` after a signal, the program is.
    """
    received: list[int] = []

    def handle(signum: int, _frame: FrameType | None) -> None:
        if received:
            _leave(signum)
        received.append(signum)
        raise Interrupted(signum)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    with _watchdog(handle, grace_seconds):
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _watchdog(handle: Handler, grace_seconds: float) -> Iterator[None]:
    """Enforce what `handle` asks for; it is told of signals through a pipe, below Python."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    over = threading.Event()

    def watch() -> None:
        while numbers := os.read(reading, 64):
            ours = [number for number in numbers if number in _SIGNALS and signal.getsignal(number) is handle]
            if ours and not over.wait(grace_seconds):
                _leave(ours[0])
        os.close(reading)

    thread = threading.Thread(target=watch, name="revtui-watchdog", daemon=True)
    thread.start()
    replaced = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(replaced)
        over.set()
        os.close(writing)
        thread.join()


def _leave(signum: int) -> None:
    """End at once, without any file half written."""
    for path in tuple(_UNFINISHED):
        path.unlink(missing_ok=True)
    os._exit(128 + signum)
