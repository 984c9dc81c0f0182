"""In tmux, at two sizes: every key that the footer names does what the footer says."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from patience import PATIENCE_SECONDS, until
from program import REVTUI, environment
from ptys import resting
from revtui.cli.main import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.service,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]
SIZES = ((80, 24), (160, 48))
ENTRY = re.compile(r"(\S+(?: >)?) ([a-z]+(?: [a-z]+)?)(?:  |$)")


class Tmux:
    """The monitor in a tmux server of its own."""

    def __init__(self, folder: Path, size: tuple[int, int], *words: str) -> None:
        self._socket = str(folder / "tmux")
        environ = environment(HOME=str(folder), LANG="C.UTF-8", TERM="xterm-256color")
        columns, rows = (str(number) for number in size)
        serve = ["-f", "/dev/null", "start-server", ";", "set", "-s", "set-clipboard", "on", ";"]
        command = [*serve, "new-session", "-d", "-x", columns, "-y", rows, *REVTUI, *words]
        subprocess.run(
            ["tmux", "-S", self._socket, *command], env=environ, check=True, timeout=PATIENCE_SECONDS
        )
        self._pid = int(self._tmux("list-panes", "-F", "#{pane_pid}"))

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return done.stdout if done.returncode == 0 else ""

    @property
    def text(self) -> str:
        return self._tmux("capture-pane", "-p")

    @property
    def coloured(self) -> str:
        return self._tmux("capture-pane", "-p", "-e")

    @property
    def clipboard(self) -> str:
        return self._tmux("show-buffer")

    @property
    def running(self) -> bool:
        return bool(self._tmux("list-sessions"))

    @property
    def footer(self) -> dict[str, str]:
        """Label -> key, of the keys named in the last line."""
        last = (self.text.splitlines() or [""])[-1].strip()
        return {label: key for key, label in ENTRY.findall(last)}

    def settled(self) -> bool:
        """Whether the screen stands; it may be read in the middle of a frame."""
        before = self.text
        time.sleep(0.05)
        return resting(self._pid) and self.text == before and len(self.footer) > 3

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def until(self, holds: Callable[[], object], what: str) -> None:
        until(holds, lambda: f"not {what}, but\n{self.text}")

    def end(self) -> None:
        self._tmux("kill-server")


@dataclass(frozen=True)
class Deed:
    """What is to be seen after a key, and what is to be pressed to take it back."""

    holds: Callable[[str, str], object]
    """Of the screen before and after."""
    undo: tuple[str, ...] = ()


def _title(text: str) -> str:
    return next((line for line in text.splitlines() if "╭─" in line and " 1h ─" in line), "")


def _shows(wanted: str) -> Callable[[str, str], object]:
    return lambda _before, after: wanted in after


DEEDS = {
    "help": Deed(_shows("Move about"), undo=("Escape",)),
    "filter": Deed(_shows("esc clear"), undo=("Escape",)),
    "pause": Deed(_shows("PAUSED"), undo=("Space",)),
    "detail": Deed(_shows("esc close"), undo=("Escape",)),
    "ack": Deed(lambda _before, after: "a ack" not in after),
    "metric": Deed(lambda before, after: _title(after) != _title(before)),
    "span": Deed(_shows("3h ─"), undo=("-",)),
    "window": Deed(_shows("(alerts 5m)"), undo=("w",)),
    "zoom": Deed(lambda before, after: after.count("╭") < before.count("╭"), undo=("z",)),
    "sort": Deed(lambda before, after: _order(after) not in {"", _order(before)}),
    "reverse": Deed(_shows("reversed"), undo=("R",)),
    "thresholds": Deed(_shows("Thresholds"), undo=("Escape",)),
    "commands": Deed(_shows("─ Commands ─"), undo=("Escape",)),
    "severity": Deed(_shows("WARN+"), undo=(",", ",")),
    "layout": Deed(lambda before, after: _frames(after) != _frames(before), undo=("Z", "Z")),
}
KEYS = {"space": "Space", "enter": "Enter", "< >": ">", "ctrl+t": "C-t"}


def _order(text: str) -> str:
    found = re.search(r" by ([A-Za-z0-9 ]+?) ─", text)
    return found[1] if found else ""


def _frames(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines()) if "╭" in line]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twenty minutes with an outage of one gateway."""
    path = tmp_path_factory.mktemp("events") / "events.csv"
    words = ["--duration", "20m", "--rate", "10/s", "--scenario", "outage:stripe@+8m+10m"]
    assert run(["simulate", *words, "-o", str(path)]) == 0
    return str(path)


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def tmux(request: pytest.FixtureRequest, events: str, tmp_path: Path) -> Iterator[Tmux]:
    started = Tmux(tmp_path, request.param, events)
    try:
        started.until(lambda: "END" in started.text and "help" in started.footer, "the first screen")
        yield started
    finally:
        started.end()


@pytest.mark.parametrize("tab", "12345")
def test_every_key_in_the_footer_does_what_it_says(tmux: Tmux, tab: str) -> None:
    tmux.press(tab)
    tmux.until(lambda: f"[{tab}" in tmux.text, f"tab {tab}")
    tmux.until(tmux.settled, "a screen that stands")
    named = tmux.footer
    assert {"help", "quit", "tabs", "pause"} <= set(named)
    for label, shown in named.items():
        if label in {"quit", "tabs"}:
            continue
        _try(tmux, label, KEYS.get(shown, shown))
    tmux.press("q")
    tmux.until(lambda: not tmux.running, "the end")


def _try(tmux: Tmux, label: str, key: str) -> None:
    """Press a key, see its deed, and take it back."""
    tmux.until(tmux.settled, "a screen that stands")
    before, coloured = tmux.text, tmux.coloured
    kept = tmux.clipboard
    tmux.press(key)
    if label == "copy":
        tmux.until(lambda: tmux.clipboard != kept, "a row in the clipboard")
        return
    if label == "theme":
        tmux.until(lambda: tmux.coloured != coloured, "another theme")
        return
    deed = DEEDS[label]
    tmux.until(lambda: deed.holds(before, tmux.text), f"{key} {label}")
    for undoing in deed.undo:
        tmux.press(undoing)
    if deed.undo:
        tmux.until(lambda: not deed.holds(before, tmux.text), f"{label} taken back")
