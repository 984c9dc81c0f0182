"""The program as it is started by people, in a real terminal: what it survives, and what it leaves behind."""

import random
import re
import signal
import time

import pytest

from patience import until
from program import REVTUI
from ptys import Terminal, resting, terminal
from revtui.tui.ending import RESTORE

LIVE = "sim:?profile=original&rate=50&backfill=10m"
ENDED = "sim:?profile=original&duration=30m"
FIRST_FIGURE = re.compile(r"\$\d")
FULL_LINE_BYTES = 4000
COLOURLESS = {0, 1, 2, 3, 4, 7, 9, 21, 22, 23, 24, 27, 29}
pytestmark = pytest.mark.slow


def _started(outer: Terminal) -> None:
    outer.until(lambda: FIRST_FIGURE.search(outer.text))


def _open(outer: Terminal, key: str, there: str) -> None:
    outer.type(key)
    outer.shows(there)


def _given_back(outer: Terminal) -> bool:
    return not outer.left_on and outer.kitty_levels <= 0 and outer.line_modes == outer.line_modes_before


@pytest.mark.fault("F15", "M2")
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_signal_leaves_the_terminal_as_it_was(number: signal.Signals, status: int) -> None:
    with terminal(LIVE, program=REVTUI) as outer:
        _started(outer)
        assert outer.left_on >= {1049, 25, 2004}
        assert outer.line_modes != outer.line_modes_before
        outer.signal(number)
        assert outer.ended() == status
        assert _given_back(outer)


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("\x03", 130)], ids=["q", "ctrl+c"])
def test_a_key_leaves_the_terminal_as_it_was(key: str, status: int) -> None:
    with terminal(program=REVTUI) as outer:
        outer.shows("SIMULATED")
        outer.type(key)
        assert outer.ended() == status
        assert _given_back(outer)


def _stall(outer: Terminal) -> None:
    """Read nothing, and have it write far more than the line and the framework's queue hold."""
    keys = 0
    while outer.unread() < FULL_LINE_BYTES or keys < 40:
        keys = keys + 1 if outer.unread() >= FULL_LINE_BYTES else 0
        outer.type("\x14")  # another theme: the whole screen anew
        time.sleep(0.02)
        until(lambda: resting(outer.pid))


@pytest.mark.fault("F80", "M3")
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_terminal_that_does_not_read_is_given_back_nevertheless(
    number: signal.Signals, status: int
) -> None:
    with terminal(LIVE, program=REVTUI, size=(160, 48)) as outer:
        _started(outer)
        _stall(outer)
        assert outer.line_modes != outer.line_modes_before
        outer.signal(number)
        assert outer.ended(drain=False) == status
        outer.read(1)
        assert outer.written.endswith(b"\x18" + RESTORE)
        assert _given_back(outer)


@pytest.mark.fault("F80", "M3")
def test_ingestion_goes_on_while_the_terminal_does_not_read() -> None:
    with terminal(LIVE, "--tab", "system", program=REVTUI, size=(160, 48)) as outer:
        outer.until(lambda: _figure(outer, r"([\d,]+) drawn") > 2)
        read, skipped = _figure(outer, r"rows read +([\d,]+)"), _figure(outer, r"([\d,]+) skipped")
        _stall(outer)
        time.sleep(5)  # without a reader, there is nothing to wait for
        outer.rest()
        outer.forget()
        outer.type("r")  # everything anew
        # Only a pipeline that goes on publishes pictures that a blocked screen can miss.
        outer.until(lambda: _figure(outer, r"([\d,]+) skipped") >= skipped + 3)
        outer.until(lambda: _figure(outer, r"rows read +([\d,]+)") >= read + 50 * 5)
        outer.shows("adds up")
        outer.type("q")
        assert outer.ended() == 0


def _figure(outer: Terminal, pattern: str) -> int:
    found = re.search(pattern, outer.text)
    return int(found[1].replace(",", "")) if found else -1


@pytest.mark.fault("F81", "M4")
@pytest.mark.parametrize("ignore", [None, signal.SIGHUP], ids=["plain", "nohup"])
def test_a_lost_terminal_ends_it_without_spinning(ignore: signal.Signals | None) -> None:
    with terminal(LIVE, program=REVTUI, ignore=ignore) as outer:
        _started(outer)
        before = outer.cpu_seconds
        outer.hang_up()
        assert outer.ended(drain=False) == 129
        assert outer.cpu_seconds - before < 2


@pytest.mark.fault("F82", "M6")
def test_a_storm_of_sizes_ends_in_the_picture_before_it() -> None:
    chance = random.Random(7)
    with terminal(ENDED, program=REVTUI, size=(100, 30)) as outer:
        outer.shows("END")
        outer.rest()
        calm = outer.text
        assert FIRST_FIGURE.search(calm)
        sizes = [(1, 1), (500, 200), (2, 60), (300, 3)]
        sizes += [(chance.randint(1, 500), chance.randint(1, 200)) for _ in range(60)]
        for columns, rows in [*sizes, (100, 30)]:
            outer.resize(columns, rows)
            outer.read(0.03)
        outer.rest()
        outer.forget()
        outer.type("r")  # everything anew
        outer.until(lambda: outer.text == calm)
        outer.type("q")
        assert outer.ended() == 0


@pytest.mark.parametrize("source", [LIVE, ENDED], ids=["live", "ended"])
def test_a_key_shows_other_windows_at_once(source: str) -> None:
    with terminal(source, program=REVTUI, size=(120, 40)) as outer:
        _started(outer)
        for length in ("15m", "1h", "1m"):
            _open(outer, "w", f"win {length} (alerts 5m)")
            outer.shows(f"USD / {length}")
        _open(outer, "w", "win 5m")
        _open(outer, "4", "Business days  UTC")
        outer.type("q")
        assert outer.ended() == 0


@pytest.mark.fault("F83")
def test_no_color_writes_no_colour() -> None:
    with terminal(LIVE, program=REVTUI, environ={"NO_COLOR": "1"}) as outer:
        _started(outer)
        for key, there in (("2", "[2 "), ("3", "[3 "), ("4", "[4 "), ("5", "[5 "), ("l", "Thresholds")):
            _open(outer, key, there)
        codes = set(re.findall(rb"\x1b\[([0-9;:]*)m", outer.written))
        assert codes
        for each in codes:
            assert {int(code) for code in each.replace(b":", b";").split(b";") if code} <= COLOURLESS, each


@pytest.mark.fault("F83")
@pytest.mark.parametrize(
    ("words", "environ"),
    [(("--ascii",), {}), ((), {"LC_ALL": "C"}), ((), {"LANG": "de_DE.ISO-8859-1"})],
    ids=["--ascii", "LC_ALL=C", "LANG=de_DE.ISO-8859-1"],
)
def test_plain_terminals_get_bytes_below_0x80_only(words: tuple[str, ...], environ: dict[str, str]) -> None:
    with terminal(LIVE, *words, program=REVTUI, environ=environ) as outer:
        _started(outer)
        for key, there in (("2", "[2 "), ("3", "[3 "), ("4", "[4 "), ("5", "[5 "), ("?", "Move about")):
            _open(outer, key, there)
        assert max(outer.written) < 0x80
        outer.type("\x1b")
        outer.until(lambda: "Move about" not in outer.text)  # else the two keys might be read as one
        outer.type("q")
        assert outer.ended() == 0
