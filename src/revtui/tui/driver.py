"""The terminal driver: the framework's own, plus what it leaves open.

* ctrl+c is noticed in the input thread, so that it works while the event loop is blocked.
* A terminal that hangs up ends the program; the framework would spin at full speed instead.
* Writing to a terminal that is gone is dropped; the framework would fill a queue and then wait for ever.
"""

import select
import signal
import threading

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from revtui.tui.ending import Ending


class MonitorDriver(LinuxDriver):
    """Draws on a terminal that may stall or vanish."""

    ending: Ending | None = None
    """Whom to tell; a subclass made by `driver_for` sets it."""

    _released: threading.Event | None = None
    """Set when the terminal has been given back; None before it was taken."""

    def start_application_mode(self) -> None:
        """Take the terminal, and watch that it stays."""
        super().start_application_mode()  # type: ignore[no-untyped-call] # so the framework has it
        self._released = threading.Event()
        threading.Thread(
            target=self._watch_terminal, args=(self._released,), name="revtui-terminal", daemon=True
        ).start()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        if self._released is not None:
            self._released.set()
        super().stop_application_mode()

    def write(self, data: str) -> None:
        """Queue output, unless nobody takes it any more."""
        writer = self._writer_thread
        if writer is not None and writer.is_alive():
            super().write(data)

    def process_message(self, message: Message) -> None:
        """Pass input on, except ctrl+c, which does not wait for the event loop."""
        if self.ending is not None and isinstance(message, Key) and message.key == "ctrl+c":
            self.ending.request(signal.SIGINT)
            return
        super().process_message(message)

    def _watch_terminal(self, released: threading.Event) -> None:
        poll = select.poll()
        poll.register(self.fileno, 0)  # asks for nothing: only hang-ups and errors are reported
        while not released.is_set():
            if any(
                events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll(500)
            ):
                self.exit_event.set()  # ends the input thread, which would read end-of-file for ever
                if self.ending is not None:
                    self.ending.lost()
                return


def driver_for(ending: Ending) -> type[MonitorDriver]:
    """A driver class that reports to `ending` (the framework instantiates drivers itself)."""
    return type("MonitorDriverOfRun", (MonitorDriver,), {"ending": ending})
