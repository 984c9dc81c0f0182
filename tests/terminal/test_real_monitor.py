"""The program as it is started by people, in a real terminal: what it survives, and what it leaves behind."""

import fcntl
import os
import random
import re
import signal
import struct
import termios
import time
from pathlib import Path

import pytest

from ptys import REVTUI, Terminal, terminal

LIVE = "sim:?profile=original&rate=50&backfill=10m"
FIRST_FIGURE = re.compile(r"\$\d")
SWITCHED = (1000, 1002, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048)
STALL_SECONDS = 10
pytestmark = pytest.mark.slow


def _started(outer: Terminal) -> None:
    outer.until(lambda: FIRST_FIGURE.search(outer.text))


def _modes_left_on(written: bytes) -> set[int]:
    """Private modes of the terminal whose last mention switches them on; 25 when the cursor is hidden."""
    on: dict[int, bool] = {}
    for numbers, state in re.findall(rb"\x1b\[\?([\d;]+)([hl])", written):
        for number in numbers.split(b";"):
            on[int(number)] = state == b"h"
    left = {number for number in SWITCHED if on.get(number)}
    return left | ({25} if not on.get(25, True) else set())


def _kitty_levels(written: bytes) -> int:
    return len(re.findall(rb"\x1b\[>\d+u", written)) - len(re.findall(rb"\x1b\[<\d*u", written))


def _line_modes(outer: Terminal) -> int:
    return int(termios.tcgetattr(outer.master)[3]) & (termios.ECHO | termios.ICANON | termios.ISIG)


@pytest.mark.fault("F15", "M2")
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_signal_leaves_the_terminal_as_it_was(number: signal.Signals, status: int) -> None:
    with terminal(LIVE, program=REVTUI) as outer:
        before = _line_modes(outer)
        _started(outer)
        assert _modes_left_on(outer.written) >= {1049, 25, 2004}
        assert _line_modes(outer) != before
        outer.signal(number)
        assert outer.ended() == status
        assert _modes_left_on(outer.written) == set()
        assert _kitty_levels(outer.written) <= 0
        assert _line_modes(outer) == before


def _stall(outer: Terminal, seconds: float) -> None:
    """Read nothing, and have it write far more than a terminal and the framework's queue hold."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        outer.type("\x14")  # another theme: the whole screen anew
        time.sleep(0.05)


@pytest.mark.fault("F80", "M3")
def test_a_terminal_that_does_not_read_is_left_within_five_seconds() -> None:
    with terminal(LIVE, program=REVTUI, size=(160, 48)) as outer:
        _started(outer)
        _stall(outer, 4)
        started = time.monotonic()
        outer.signal(signal.SIGTERM)
        assert outer.ended(drain=False) == 143
        assert time.monotonic() - started < 5


@pytest.mark.fault("F80", "M3")
def test_ingestion_goes_on_while_the_terminal_does_not_read() -> None:
    with terminal(LIVE, "--tab", "system", program=REVTUI, size=(160, 48)) as outer:
        outer.until(lambda: _figure(outer, r"([\d,]+) drawn") > 2)
        read, skipped = _figure(outer, r"rows read +([\d,]+)"), _figure(outer, r"([\d,]+) skipped")
        started = time.monotonic()
        _stall(outer, STALL_SECONDS)
        # Only a pipeline that goes on publishes pictures that a blocked screen can miss.
        outer.until(lambda: _figure(outer, r"([\d,]+) skipped") >= skipped + STALL_SECONDS // 2)
        outer.until(lambda: "adds up" in outer.text)
        elapsed = time.monotonic() - started
        more = _figure(outer, r"rows read +([\d,]+)") - read
        assert 50 * (elapsed - 5) < more < 50 * (elapsed + 5) * 1.1
        outer.type("q")
        assert outer.ended() == 0


def _figure(outer: Terminal, pattern: str) -> int:
    found = re.search(pattern, outer.text)
    return int(found[1].replace(",", "")) if found else -1


@pytest.mark.fault("F81", "M4")
def test_a_lost_terminal_ends_it_without_spinning() -> None:
    with terminal(LIVE, program=REVTUI) as outer:
        _started(outer)
        before = _cpu_seconds(outer.pid)
        started = time.monotonic()
        outer.hang_up()
        used = 0.0
        while outer.status is None:
            assert time.monotonic() - started < 10
            used = max(used, _cpu_seconds(outer.pid) - before)
            done, status = os.waitpid(outer.pid, os.WNOHANG)
            if done:
                outer.status = os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        assert outer.status == 129
        assert used < 1


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.fault("F82", "M6")
def test_a_storm_of_sizes_ends_in_a_whole_screen() -> None:
    chance = random.Random(7)
    with terminal(LIVE, program=REVTUI, size=(100, 30)) as outer:
        _started(outer)
        sizes = [(1, 1), (500, 200), (2, 60), (300, 3)]
        sizes += [(chance.randint(1, 500), chance.randint(1, 200)) for _ in range(60)]
        for columns, rows in [*sizes, (100, 30)]:
            fcntl.ioctl(outer.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            outer.read(0.03)
        outer.screen.reset()
        outer.type("r")
        outer.until(lambda: "quit" in outer.text.splitlines()[-1])
        assert "LIVE" in outer.text.splitlines()[0]
        assert {len(line) for line in outer.screen.display} == {100}
        assert FIRST_FIGURE.search(outer.text)
        outer.type("q")
        assert outer.ended() == 0


@pytest.mark.fault("F83")
def test_no_color_writes_no_colour() -> None:
    with terminal(LIVE, program=REVTUI, environ={"NO_COLOR": "1"}) as outer:
        _started(outer)
        outer.type("2345")
        outer.shows("rows read")
        for codes in re.findall(rb"\x1b\[([0-9;:]*)m", outer.written):
            numbers = {int(code) for code in codes.replace(b":", b";").split(b";") if code}
            assert numbers <= {0, 1, 2, 3, 4, 7, 9, 21, 22, 23, 24, 27, 29}, codes


@pytest.mark.fault("F83")
@pytest.mark.parametrize(
    ("words", "environ"), [(("--ascii",), {}), ((), {"LC_ALL": "C"})], ids=["--ascii", "LC_ALL=C"]
)
def test_plain_terminals_get_bytes_below_0x80_only(words: tuple[str, ...], environ: dict[str, str]) -> None:
    with terminal(LIVE, *words, program=REVTUI, environ=environ) as outer:
        _started(outer)
        for key, there in (("2", "Alerts"), ("3", "Gateways"), ("5", "rows read"), ("?", "Move about")):
            outer.type(key)
            outer.shows(there)
        assert max(outer.written) < 0x80
