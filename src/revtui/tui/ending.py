"""How a run ends when somebody else decides it: signals, an impatient ctrl+c, a lost terminal.

    signal ──> stop the feed, ask the app to exit with 128+n, start the watchdog ──> gone within 2 s
                                                                            └── else: restore the terminal
                                                                                without its help, os._exit

Handlers are installed with `signal.signal`, since they must run while the event loop is blocked by
a terminal that does not read. Everything here may run in any thread.
"""

import contextlib
import os
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

GRACE_SECONDS: Final = 2.0
"""For the app to leave the screen by itself."""
COMMIT_SECONDS: Final = 2.5
"""For the feed, on top of that, to finish what it is writing."""
RESTORE_SECONDS: Final = 0.5
"""For a terminal that reads nothing to take the restore sequences."""

SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)

RESTORE: Final = (
    b"\x1b[?2026l\x1b[?2004l\x1b[?7h"  # synchronised output, bracketed paste, line wrap
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    b"\x1b[?2048l\x1b[?1004l\x1b[<u"  # resize reports, focus reports, kitty keys
    b"\x1b[?1049l\x1b[0m\x1b[?25h"  # alternate screen, colours, cursor
)
"""Undoes everything the framework switches on."""
_CANCEL: Final = b"\x18"
"""Ends a sequence of which the terminal has only the beginning."""


class Ending:
    """The end of one run, asked for at most once and enforced if need be."""

    def __init__(self, stop_feed: Callable[[], None]) -> None:
        """`stop_feed` never waits and may be called from anywhere, more than once."""
        self._stop_feed = stop_feed
        self._ask_app: Callable[[int], None] | None = None
        self._lock = threading.RLock()
        self._attributes: list[Any] | None = None
        self.gone = threading.Event()
        """Set when the terminal has been given back."""
        self.feed_done = threading.Event()
        """Set when the feed has ended."""
        self.status: int | None = None
        """The exit status asked for; None when nothing asked."""

    def attach(self, ask_app: Callable[[int], None]) -> None:
        """From now on `ask_app(status)` asks the app to exit; it never waits."""
        with self._lock:
            self._ask_app = ask_app
            if self.status is not None:
                ask_app(self.status)

    def request(self, signum: int) -> None:
        """End as that signal does; asked again, end at once."""
        with self._lock:
            again, self.status = self.status is not None, self.status or 128 + signum
        if again and signum in {signal.SIGINT, signal.SIGQUIT}:
            self.enforce()
        self._stop_feed()
        if self._ask_app is not None:
            self._ask_app(self.status)
        if not again:
            threading.Thread(target=self._watch, name="revtui-watchdog", daemon=True).start()

    def lost(self) -> None:
        """The terminal went away: end as on SIGHUP, and let what is still to be written go nowhere."""
        self.request(signal.SIGHUP)
        _draw_no_more()  # flushing at exit would fail, with a status of its own

    def enforce(self) -> None:
        """Give the terminal back without waiting for anybody, and leave. Does not return."""
        _draw_no_more()
        self.restore_terminal()
        os._exit(self.status if self.status is not None else 1)

    def restore_terminal(self) -> None:
        """Put the line's modes back and write the restore sequences, whether or not anybody reads."""
        with contextlib.suppress(OSError):  # a terminal that is gone needs no restoring
            terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            try:
                if self._attributes is not None:
                    with contextlib.suppress(termios.error):  # no longer a terminal
                        termios.tcsetattr(terminal, termios.TCSANOW, self._attributes)
                _push(terminal, _CANCEL + RESTORE)
            finally:
                os.close(terminal)

    def _watch(self) -> None:
        if self.gone.wait(GRACE_SECONDS):
            return
        self.feed_done.wait(COMMIT_SECONDS)
        if not self.gone.is_set():
            self.enforce()

    @contextlib.contextmanager
    def handling(self) -> Iterator[None]:
        """Handle the ending signals within this block; main thread only."""

        def handle(signum: int, _frame: FrameType | None) -> None:
            self.request(signum)

        with contextlib.suppress(termios.error, OSError):  # started without a terminal on stdin
            self._attributes = termios.tcgetattr(0)
        before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:  # `nohup` stays in force
                signal.signal(number, handle)
        try:
            yield
        finally:
            self.gone.set()
            for number, handler in before.items():
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _draw_no_more() -> None:
    """Let all that is still to be written to the screen, which is descriptor 2, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _push(terminal: int, data: bytes) -> None:
    """Write to a terminal that may not read: what it has not read is dropped.

    A full line takes nothing, and the thread that is blocked in writing to it lets nobody else write.
    Emptied, and started as after ctrl+q, the line takes more of what that thread has in hand, until
    it has no more; then it takes `data`.
    """
    deadline = time.monotonic() + RESTORE_SECONDS
    while True:
        with contextlib.suppress(BlockingIOError):
            if os.write(terminal, data) == len(data):
                return
        if time.monotonic() > deadline:
            return
        with contextlib.suppress(termios.error):
            termios.tcflush(terminal, termios.TCOFLUSH)
            termios.tcflow(terminal, termios.TCOOFF)
            termios.tcflow(terminal, termios.TCOON)
        time.sleep(0.001)
