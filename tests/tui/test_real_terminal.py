"""The monitor in a real (pseudo) terminal: what it leaves behind, and what it never writes."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ptys import PROGRAM, SOURCE, terminal

RESTORED = (
    b"\x1b[?1049l",
    b"\x1b[?1000l",
    b"\x1b[?1003l",
    b"\x1b[?1006l",
    b"\x1b[?2004l",
    b"\x1b[?25h",
    b"\x1b[<u",
)
pytestmark = pytest.mark.slow


def _restored(written: bytes) -> bool:
    last = written.rfind(b"\x1b[?1049h")
    return all(sequence in written[last:] for sequence in RESTORED)


@pytest.mark.fault("F15", "M2")
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_signal_ends_it_with_its_status_and_the_terminal_restored(
    number: signal.Signals, status: int
) -> None:
    with terminal("outage", "live") as outer:
        outer.shows("Alerts 10")
        outer.signal(number)
        assert outer.ended() == status
        assert _restored(outer.written)


@pytest.mark.parametrize(("keys", "status"), [("q", 0), ("\x03", 130)])
def test_keys_end_it(keys: str, status: int) -> None:
    with terminal("outage") as outer:
        outer.shows("Alerts 10")
        outer.type(keys)
        assert outer.ended() == status
        assert _restored(outer.written)


def test_a_source_that_cannot_be_read_is_told_after_the_terminal_is_restored() -> None:
    with terminal("healthy", "lost") as outer:
        assert outer.ended() == 3
        assert _restored(outer.written)
        assert (
            b"orders.csv: permission denied; make it readable"
            in outer.written[outer.written.rfind(b"\x1b[?1049l") :]
        )


@pytest.mark.fault("F16")
def test_a_second_ctrl_c_does_not_wait_for_a_feed_that_hangs() -> None:
    with terminal("outage", "stuck") as outer:
        outer.shows("Alerts 10")
        started = time.monotonic()
        outer.type("\x03")
        outer.until(lambda: b"\x1b[?1049l" in outer.written or time.monotonic() - started > 1)
        outer.signal(signal.SIGINT)
        assert outer.ended() == 130
        assert time.monotonic() - started < 4
        assert _restored(outer.written)


@pytest.mark.fault("F15")
def test_a_feed_that_hangs_does_not_keep_it_alive() -> None:
    with terminal("outage", "stuck") as outer:
        outer.shows("Alerts 10")
        outer.signal(signal.SIGTERM)
        started = time.monotonic()
        assert outer.ended() == 143
        assert time.monotonic() - started < 8
        assert _restored(outer.written)


@pytest.mark.fault("F80", "M3")
def test_a_terminal_that_does_not_read_does_not_keep_it_alive() -> None:
    with terminal("outage", "live", size=(200, 60)) as outer:
        outer.shows("Alerts 10")
        for _ in range(60):  # each asks for a whole new screen that nobody reads
            outer.type("\x14")
        time.sleep(2)
        outer.signal(signal.SIGTERM)
        assert outer.ended(drain=False) == 143


@pytest.mark.fault("F81", "M4")
@pytest.mark.parametrize("ignore", [None, signal.SIGHUP], ids=["plain", "nohup"])
def test_a_lost_terminal_ends_it_without_spinning(ignore: int | None) -> None:
    with terminal("outage", "live", ignore=ignore) as outer:
        outer.shows("Alerts 10")
        before = _cpu_seconds(outer.pid)
        started = time.monotonic()
        outer.hang_up()
        time.sleep(0.3)
        used = (_cpu_seconds(outer.pid) or before) - before
        assert outer.ended(drain=False) == 129
        assert time.monotonic() - started < 8
        assert used < 1


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.fault("F17")
def test_it_can_be_suspended_and_comes_back() -> None:
    with terminal("outage", "live") as outer:
        outer.shows("Alerts 10")
        outer.signal(signal.SIGTSTP)
        outer.until(lambda: b"\x1b[?1049l" in outer.written)
        os.waitpid(outer.pid, os.WUNTRACED)
        mark = len(outer.written)
        outer.signal(signal.SIGCONT)
        outer.until(lambda: b"\x1b[?1049h" in outer.written[mark:])
        outer.shows("Alerts 10")
        outer.type("q")
        assert outer.ended() == 0


def test_at_rest_it_writes_nothing() -> None:
    with terminal("ended") as outer:
        outer.shows("END")
        outer.quiet()
        assert outer.read(3) == b""


def test_a_live_screen_writes_little() -> None:
    with terminal("outage", "live", size=(120, 40)) as outer:
        outer.shows("Alerts 10")
        outer.read(3)
        assert len(outer.read(4)) / 4 < 20_000


@pytest.mark.fault("S01", "M1")
def test_hostile_data_never_reaches_the_terminal_raw() -> None:
    with terminal("hostile_names", size=(160, 48)) as outer:
        outer.shows("Alerts")
        for key in "2345":
            outer.type(key)
            outer.read(0.6)
        outer.type("1\r")
        outer.read(0.6)
        outer.type("\x1b")
        outer.read(0.3)
        text = re.sub(
            "\x1b]22;[a-z-]*\x07", "", outer.written.decode("utf-8")
        )  # the shape of the mouse pointer
        assert "\x07" not in text
        assert "\x1b]" not in text
        assert "\x1b[2J\x07" not in text
        assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029]", text)
        assert outer.screen.title in {
            "",
            ";default",
        }  # the emulator takes the shape of the pointer for a title


@pytest.mark.fault("F83")
def test_no_color_writes_no_colour() -> None:
    with terminal("outage", "live", environ={"NO_COLOR": "1"}) as outer:
        outer.shows("Alerts 10")
        outer.type("2")
        outer.type("l")
        outer.shows("Thresholds")
        outer.type("\x1bq")
        outer.read(1)
        for codes in re.findall(rb"\x1b\[([0-9;:]*)m", outer.written):
            numbers = {int(code) for code in codes.replace(b":", b";").split(b";") if code}
            assert numbers <= {0, 1, 2, 3, 4, 7, 9, 21, 22, 23, 24, 27, 29}, codes


@pytest.mark.fault("F83")
@pytest.mark.parametrize("environ", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "de_DE.ISO-8859-1"}])
def test_a_locale_without_unicode_gets_bytes_below_0x80_only(environ: dict[str, str]) -> None:
    with terminal("outage", "live", environ=environ) as outer:
        outer.shows("Alerts 10")
        outer.type("2?")
        outer.shows("Move about")
        assert all(byte < 0x80 for byte in outer.written)
        outer.type("\x1b")
        outer.read(0.3)
        outer.type("q")
        assert outer.ended() == 0


@pytest.mark.parametrize("term", ["xterm-256color", "screen", "tmux-256color", "linux", "vt100"])
def test_common_terminals_show_the_same_screen(term: str) -> None:
    with terminal("incident", environ={"TERM": term}) as outer:
        outer.shows("1 CRIT")
        outer.shows("stripe")
        outer.type("q")
        assert outer.ended() == 0


def test_a_copied_row_goes_to_the_clipboard_of_the_terminal_only_on_the_key() -> None:
    with terminal("incident") as outer:
        outer.shows("Alerts 1")
        assert b"\x1b]52" not in outer.written
        outer.type("y")
        outer.until(lambda: b"\x1b]52;c;" in outer.written)
        outer.type("q")
        assert outer.ended() == 0


@pytest.mark.fault("M5")
@pytest.mark.parametrize(
    ("command", "environ", "named"),
    [
        ('exec "$@" </dev/null', {"TERM": "xterm"}, "standard input"),
        ('exec "$@" <&-', {"TERM": "xterm"}, "standard input"),
    ],
)
def test_without_a_terminal_it_refuses_at_once(command: str, environ: dict[str, str], named: str) -> None:
    outcome = subprocess.run(
        ["/bin/sh", "-c", command, "sh", sys.executable, str(PROGRAM), "healthy"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)} | environ,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert outcome.returncode == 2
    assert named in outcome.stderr.decode()
    assert "revtui snapshot" in outcome.stderr.decode()
    assert b"\x1b" not in outcome.stderr + outcome.stdout


def test_a_dumb_terminal_is_refused() -> None:
    with terminal("healthy", environ={"TERM": "dumb"}) as outer:
        assert outer.ended() == 2
        assert b"TERM=dumb" in outer.written
        assert b"\x1b" not in outer.written
