"""A program in a terminal of its own: what it wrote, what the screen shows, how it ended."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte

from patience import PATIENCE_SECONDS
from program import environment

FAKE_MONITOR = (sys.executable, str(Path(__file__).parent / "tui" / "monitor_process.py"))
"""The monitor on a fake feed."""

_IN_TERMINAL = 'exec <>"$1" >&0 2>&0; shift; exec "$@"'
"""Opened by the leader of a session, the terminal becomes the one that controls it."""
_SWITCHED = frozenset({1000, 1002, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048})
_HIDDEN_CURSOR = 25
_TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """The outer side of a pseudo-terminal with one program in it."""

    def __init__(
        self, process: subprocess.Popen[bytes], outside: int, size: tuple[int, int], line_modes: int
    ) -> None:
        """`outside` is the file descriptor that a terminal emulator would read."""
        self.line_modes_before = line_modes
        """Those of the line before the program was started."""
        self.pid = process.pid
        self.started = time.monotonic()
        self.written = b""
        self.status: int | None = None
        """The exit status, once it has ended; -n after signal n."""
        self._process, self._outside = process, outside
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._shown = 0
        self._used = 0.0

    # --- its output ---

    def read(self, seconds: float) -> bytes:
        """What it writes within some seconds."""
        end, start = time.monotonic() + seconds, len(self.written)
        while (left := end - time.monotonic()) > 0 and self._take(left):
            pass
        return self.written[start:]

    def _take(self, seconds: float) -> bool:
        """Wait for output; whether there was any."""
        ready, _, _ = select.select([self._outside], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._outside, 65536)
        except OSError:  # the program has closed its side
            return False
        self.written += data
        return bool(data)

    def until(self, condition: Callable[[], object]) -> None:
        """Read until something holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"never came true; the screen:\n{self.text}"
            if not self._take(0.05):
                time.sleep(0.005)  # a closed side is always ready

    def unread(self) -> int:
        """How many bytes wait to be read."""
        count = fcntl.ioctl(self._outside, termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(count, sys.byteorder)

    @property
    def screen(self) -> pyte.Screen:
        """What a terminal makes of all that was read."""
        fresh, self._shown = self.written[self._shown :], len(self.written)
        self._stream.feed(fresh)
        return self._screen

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def shows(self, text: str) -> None:
        """Wait until the screen shows a text."""
        self.until(lambda: text in self.text)

    def forget(self) -> None:
        """Lose the picture: what was read so far no longer stands on the screen."""
        self._shown = len(self.written)
        self._screen.reset()

    # --- its input ---

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._outside, keys.encode())

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner."""
        _resize(self._outside, (columns, rows))

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self._outside)
        self._outside = -1

    # --- what it does ---

    @property
    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        if self.status is None:
            with suppress(OSError):  # it has ended in this moment
                self._used = sum(map(int, _stat(f"/proc/{self.pid}/stat")[11:13])) / _TICKS
        return self._used

    def rest(self) -> None:
        """Read until it has nothing more to do: written nothing, and no thread at work, for a while."""
        calm = 0

        def calms_down() -> bool:
            nonlocal calm
            calm = calm + 1 if not self.read(0.05) and resting(self.pid) else 0
            return calm > 3

        self.until(calms_down)

    def ended(self, *, drain: bool = True) -> int:
        """The exit status, once it has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._over():
            assert time.monotonic() < deadline, "the program does not end"
            if not drain or not self._take(0.02):
                time.sleep(0.005)
        while drain and self._take(0.0):
            pass
        assert self.status is not None
        return self.status

    def _over(self) -> bool:
        if self.status is None:
            done, status, used = os.wait4(self.pid, os.WNOHANG)
            if done:
                self.status = self._process.returncode = os.waitstatus_to_exitcode(status)
                self._used = used.ru_utime + used.ru_stime
        return self.status is not None

    # --- what it leaves behind ---

    @property
    def left_on(self) -> set[int]:
        """Private modes whose last mention switches them on; 25 when the cursor is hidden."""
        on: dict[int, bool] = {}
        for numbers, state in re.findall(rb"\x1b\[\?([\d;]+)([hl])", self.written):
            for number in numbers.split(b";"):
                on[int(number)] = state == b"h"
        left = {number for number in _SWITCHED if on.get(number)}
        return left | ({_HIDDEN_CURSOR} if not on.get(_HIDDEN_CURSOR, True) else set())

    @property
    def kitty_levels(self) -> int:
        """How often the keyboard's protocol was changed and not changed back."""
        changed = re.findall(rb"\x1b\[>\d+u", self.written)
        return len(changed) - len(re.findall(rb"\x1b\[<\d*u", self.written))

    @property
    def line_modes(self) -> int:
        """Whether the line echoes, is edited and makes signals of keys."""
        return _line_modes(self._outside)

    def close(self) -> None:
        """End the program, if it has not, and the terminal."""
        if not self._over():
            os.kill(self.pid, signal.SIGKILL)
            self._process.wait()
        if self._outside >= 0:
            os.close(self._outside)


def resting(pid: int) -> bool:
    """Whether no thread of a process is at work or waits for a processor."""
    try:
        tasks = [_stat(str(task / "stat"))[0] for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # a thread, or all of it, has ended in this moment
        return False
    return all(state == "S" for state in tasks)


def _stat(path: str) -> list[str]:
    """The fields after the name, which may hold anything."""
    return Path(path).read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()


def _line_modes(descriptor: int) -> int:
    return int(termios.tcgetattr(descriptor)[3]) & (termios.ECHO | termios.ICANON | termios.ISIG)


def _resize(descriptor: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))


@contextmanager
def terminal(
    *arguments: str,
    size: tuple[int, int] = (100, 30),
    environ: dict[str, str] | None = None,
    ignore: signal.Signals | None = None,
    folder: Path | None = None,
    program: Sequence[str] = FAKE_MONITOR,
) -> Iterator[Terminal]:
    """Run a program in a terminal: usually the monitor on a fake feed.

    Args:
        arguments: For the program.
        size: Columns and rows.
        environ: Added to the environment of a UTF-8 terminal without configuration.
        ignore: A signal that is ignored from the start, as `nohup` does.
        folder: Where it runs.
        program: What is run; REVTUI is the real thing.
    """
    outside, inside = pty.openpty()
    _resize(inside, size)
    line_modes = _line_modes(inside)
    ignoring = "" if ignore is None else f"trap '' {ignore.name.removeprefix('SIG')}; "
    process = subprocess.Popen(
        ["/bin/sh", "-c", ignoring + _IN_TERMINAL, "sh", os.ttyname(inside), *program, *arguments],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=folder,
        env=environment(TERM="xterm-256color", LANG="C.UTF-8") | (environ or {}),
        start_new_session=True,
    )
    os.close(inside)
    outer = Terminal(process, outside, size, line_modes)
    try:
        yield outer
    finally:
        outer.close()
