"""`revtui`: what it refuses, in which order, and that it comes up on a terminal and goes away again."""

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from black_box import COMMAND, environment, inside, revtui

from revtui.cli.monitor import readonly_by

ESCAPE_ALTERNATE_SCREEN_OFF = b"\x1b[?1049l"

pytestmark = pytest.mark.usefixtures("no_configuration")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope.csv", "--nope"], "unknown option '--nope'"),
        (["nope.csv", "--window", "x"], "--window"),
        (["nope.csv", "--theme", "neon"], "neon"),
        (["nope.csv", "--filter", "sev>="], "sev>="),
        (["nope.csv"], "the monitor needs a terminal"),
        ([], "the monitor needs a terminal"),
        (["-"], "the monitor needs a terminal"),
    ],
)
def test_arguments_are_refused_before_the_terminal_and_that_before_the_source(
    words: list[str], message: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = inside(capsysbinary, *words)
    assert (outcome.status, outcome.out) == (2, b"")
    assert message in outcome.err


@pytest.mark.parametrize(
    ("value", "readonly"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)]
)
def test_a_variable_makes_it_read_only_too(value: str | None, *, readonly: bool) -> None:
    assert readonly_by({} if value is None else {"REVTUI_READONLY": value}) is readonly


def test_without_a_terminal_it_names_what_works_without_one(tmp_path: Path) -> None:
    outcome = revtui(folder=tmp_path, env=environment(TERM="xterm"))
    assert outcome.status == 2
    assert "revtui snapshot" in outcome.err
    assert "revtui watch" in outcome.err


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *words: str, folder: Path, term: str = "xterm-256color") -> None:
        self._controller, device = pty.openpty()
        self._process = subprocess.Popen(
            [*COMMAND, *words],
            stdin=device,
            stdout=device,
            stderr=device,
            cwd=folder,
            env=environment(folder, TERM=term, LANG="C.UTF-8", COLUMNS="100", LINES="30"),
            start_new_session=True,
        )
        os.close(device)
        self.seen = b""

    def read_until(self, wanted: bytes, *, seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while wanted not in self.seen:
            assert time.monotonic() < deadline, self.seen[-2000:]
            if not self._read():
                break
        assert wanted in self.seen, self.seen[-2000:]

    def _read(self) -> bool:
        ready, _, _ = select.select([self._controller], [], [], 0.1)
        if not ready:
            return self._process.poll() is None
        try:
            data = os.read(self._controller, 65536)
        except OSError:  # the program's end of the terminal is closed
            return False
        self.seen += data
        return bool(data)

    def type(self, keys: bytes) -> None:
        os.write(self._controller, keys)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def status(self, *, seconds: float = 20) -> int:
        deadline = time.monotonic() + seconds
        while self._process.poll() is None or self._read():
            assert time.monotonic() < deadline, self.seen[-2000:]
            self._read()
        os.close(self._controller)
        return self._process.returncode


def test_a_terminal_that_cannot_draw_is_refused(tmp_path: Path) -> None:
    terminal = Terminal(folder=tmp_path, term="dumb")
    assert terminal.status() == 2
    assert b"TERM=dumb" in terminal.seen


def test_a_source_that_is_not_there_is_refused_on_a_terminal_too(tmp_path: Path) -> None:
    terminal = Terminal("nope.csv", folder=tmp_path)
    assert terminal.status() == 3
    assert b"nope.csv" in terminal.seen
    assert b"\x1b[?1049h" not in terminal.seen


@pytest.mark.slow
def test_it_shows_the_simulator_and_quits_on_a_key(tmp_path: Path) -> None:
    terminal = Terminal(folder=tmp_path)
    terminal.read_until(b"SIMULATED")
    terminal.type(b"q")
    assert terminal.status() == 0
    assert ESCAPE_ALTERNATE_SCREEN_OFF in terminal.seen


@pytest.mark.slow
@pytest.mark.fault("F15")
def test_a_signal_gives_the_terminal_back_and_a_status(tmp_path: Path) -> None:
    terminal = Terminal("sim:?seed=3", folder=tmp_path)
    terminal.read_until(b"SIMULATED")
    terminal.signal(signal.SIGTERM)
    assert terminal.status() == 143
    assert ESCAPE_ALTERNATE_SCREEN_OFF in terminal.seen
