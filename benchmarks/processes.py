"""revtui as a process: in a pseudo-terminal that is read all the time, or without one; and what it uses."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "revtui")
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS = 60


def environment() -> dict[str, str]:
    """A UTF-8 terminal, and no configuration."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm-256color", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process that has ended has used."""

    wall: float
    cpu: float
    peak_mib: float


def once(arguments: Sequence[str]) -> Cost:
    """Run revtui to its end, its output thrown away."""
    started = time.perf_counter()
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, env=environment())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments} ended with {process.returncode}")
    return Cost(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Monitor:
    """The monitor in a terminal of its own; a thread takes what it writes."""

    def __init__(self, arguments: Sequence[str], size: tuple[int, int]) -> None:
        """`size` in columns and rows."""
        self.started = time.monotonic()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execve(COMMAND[0], [*COMMAND, *arguments], environment())
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.written = b""
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with contextlib.suppress(OSError):  # the program has closed its side
            while data := os.read(self._terminal, 1 << 16):
                self.written += data

    def wait_for(self, pattern: bytes) -> float:
        """Seconds since the start until it has written something."""
        found = re.compile(pattern)
        while not found.search(self.written):
            if time.monotonic() - self.started > _PATIENCE_SECONDS:
                raise TimeoutError(f"{pattern!r} was never written")
            time.sleep(0.002)
        return time.monotonic() - self.started

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._terminal, keys.encode())

    @property
    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def end(self) -> None:
        """Ask it to go, and wait."""
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        self._thread.join(5)
        os.close(self._terminal)


@contextlib.contextmanager
def monitor(*arguments: str, size: tuple[int, int] = (120, 40)) -> Iterator[Monitor]:
    """The monitor within this block."""
    process = Monitor(arguments, size)
    try:
        yield process
    finally:
        process.end()
