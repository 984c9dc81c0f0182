"""The monitor on a fake feed in a real (pseudo) terminal: feeds that fail or hang, rest, and odd terminals."""

import os
import re
import signal

import pytest

from black_box import revtui
from ptys import FAKE_MONITOR, Terminal, terminal
from revtui.tui.ending import RESTORE

CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)Z")
pytestmark = pytest.mark.slow


def _left(written: bytes) -> bool:
    """Whether the alternate screen was left after it was entered for the last time."""
    return written.rfind(b"\x1b[?1049l") > written.rfind(b"\x1b[?1049h") > -1


def test_a_source_that_cannot_be_read_is_told_after_the_terminal_is_restored() -> None:
    with terminal("healthy", "lost") as outer:
        assert outer.ended() == 3
        assert _left(outer.written)
        after = outer.written[outer.written.rfind(b"\x1b[?1049l") :]
        assert b"orders.csv: permission denied; make it readable" in after


@pytest.mark.fault("F16")
def test_a_second_ctrl_c_does_not_wait_for_a_feed_that_hangs() -> None:
    with terminal("outage", "stuck", "patient") as outer:
        outer.shows("Alerts 10")
        outer.type("\x03")
        outer.until(lambda: _left(outer.written))
        outer.signal(signal.SIGINT)
        assert outer.ended() == 130
        assert outer.written.endswith(RESTORE)


@pytest.mark.fault("F15")
def test_a_feed_that_hangs_does_not_keep_it_alive() -> None:
    with terminal("outage", "stuck") as outer:
        outer.shows("Alerts 10")
        outer.signal(signal.SIGTERM)
        assert outer.ended() == 143
        assert outer.written.endswith(RESTORE)


@pytest.mark.fault("F17")
def test_it_can_be_suspended_and_comes_back() -> None:
    with terminal("ended") as outer:
        outer.shows("END")
        outer.rest()
        before = outer.text
        outer.signal(signal.SIGTSTP)
        outer.until(lambda: _left(outer.written))
        os.waitpid(outer.pid, os.WUNTRACED)
        outer.forget()
        outer.signal(signal.SIGCONT)
        outer.until(lambda: not _left(outer.written))
        outer.until(lambda: outer.text == before)
        outer.type("q")
        assert outer.ended() == 0


def test_at_rest_it_writes_nothing() -> None:
    with terminal("ended") as outer:
        outer.shows("END")
        outer.rest()
        used = outer.cpu_seconds
        assert outer.read(3) == b""
        outer.until(lambda: outer.cpu_seconds > used)  # it has looked for news


def test_a_live_screen_writes_little() -> None:
    with terminal("outage", "live", size=(120, 40)) as outer:
        outer.shows("Alerts 10")
        began = _seconds(outer)
        outer.until(lambda: _seconds(outer) >= began + 2)  # all is drawn
        before = len(outer.written)
        outer.until(lambda: _seconds(outer) >= began + 5)
        pictures = 3 * 20  # at most; the feed makes so many
        assert len(outer.written) - before < pictures * 2_000  # 40,000 is a whole screen


def _seconds(outer: Terminal) -> int:
    """The time that the screen shows."""
    found = CLOCK.search(outer.text)
    assert found is not None
    return 3600 * int(found[1]) + 60 * int(found[2]) + int(found[3])


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
    outcome = revtui(*("-c", command, "sh", *FAKE_MONITOR, "healthy"), env=environ, command=("/bin/sh",))
    assert outcome.status == 2
    assert named in outcome.err
    assert "revtui snapshot" in outcome.err
    assert "\x1b" not in outcome.err + outcome.text
