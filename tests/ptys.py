"""A program in a terminal of its own: what it wrote, what the screen shows, how it ended."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

PROGRAM = Path(__file__).parent / "tui" / "monitor_process.py"
SOURCE = Path(__file__).resolve().parents[1] / "src"
REVTUI = (sys.executable, "-m", "revtui")
DEADLINE_SECONDS = 30.0


class Terminal:
    """The outer side of a pseudo-terminal with one program in it."""

    def __init__(self, pid: int, master: int, size: tuple[int, int]) -> None:
        """`master` is the file descriptor that a terminal emulator would read."""
        self.pid, self.master = pid, master
        self.written = b""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.status: int | None = None

    def read(self, seconds: float = 0.05) -> bytes:
        """What it writes within some seconds."""
        end, found = time.monotonic() + seconds, b""
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self.master], [], [], left)
            if not ready:
                break
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the program has closed its side
                break
            if not data:
                break
            found += data
        self.written += found
        self._stream.feed(found)
        return found

    def until(self, condition: Callable[[], object]) -> None:
        """Read until something holds."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"never came true; the screen:\n{self.text}"
            self.read(0.05)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def shows(self, text: str) -> None:
        """Wait until the screen shows a text."""
        self.until(lambda: text in self.text)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def quiet(self) -> None:
        """Wait until it writes nothing for a while."""
        self.until(lambda: not self.read(0.7))

    def ended(self, *, drain: bool = True, seconds: float = DEADLINE_SECONDS) -> int:
        """The exit status, once it has ended; -n after signal n."""
        deadline = time.monotonic() + seconds
        while self.status is None:
            assert time.monotonic() < deadline, "the program does not end"
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
            elif drain:
                self.read(0.02)
            else:
                time.sleep(0.02)
        if drain:
            self.read(0.2)
        return self.status

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self.master)
        self.master = -1


@contextmanager
def terminal(
    *arguments: str,
    size: tuple[int, int] = (100, 30),
    environ: dict[str, str] | None = None,
    ignore: int | None = None,
    program: Sequence[str] = (sys.executable, str(PROGRAM)),
) -> Iterator[Terminal]:
    """Run a program in a terminal: usually the monitor on a fake feed.

    Args:
        arguments: For the program.
        size: Columns and rows.
        environ: The environment, besides PATH and PYTHONPATH.
        ignore: A signal that is ignored from the start, as `nohup` does.
        program: What is run; REVTUI is the real thing.
    """
    usual = {
        "HOME": "/nonexistent",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    pid, master = pty.fork()
    if pid == 0:
        if ignore is not None:
            signal.signal(ignore, signal.SIG_IGN)
        os.execve(program[0], [*program, *arguments], usual | (environ or {}))
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    outer = Terminal(pid, master, size)
    try:
        yield outer
    finally:
        if outer.status is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if outer.master >= 0:
            os.close(outer.master)
