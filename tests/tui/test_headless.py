"""Frames without a terminal: every format, from the poorest environment."""

import asyncio
import inspect
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.cells import cell_len

from black_box import revtui
from factories import SCENES
from revtui.core.errors import RevtuiError, UsageError
from revtui.core.text import sanitise
from revtui.tui.actions import TABS
from revtui.tui.app import MonitorApp, Settings
from revtui.tui.feed import StillFeed
from revtui.tui.headless import _drawn, frame, png

SIZE = (80, 24)
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from factories import SCENES
from revtui.tui.headless import frame
made = SCENES["outage"]()
text = frame(made.snapshot, made.transitions, size=(80, 24), format=sys.argv[2])
open(sys.argv[3], "w", encoding="utf-8").write(text)
"""


def _frame(form: str, name: str = "outage", **options: object) -> str:
    made = SCENES[name]()
    return frame(made.snapshot, made.transitions, size=SIZE, format=form, **options)  # type: ignore[arg-type] # parametrised


def test_text_has_at_most_its_size_and_no_sequences() -> None:
    text = _frame("text")
    assert len(text.splitlines()) <= SIZE[1]
    assert max(map(cell_len, text.splitlines())) <= SIZE[0]
    assert sanitise(text.replace("\n", "")) == text.replace("\n", "")
    assert "■ CRIT" in text


def test_ansi_is_the_text_with_colours() -> None:
    ansi = _frame("ansi")
    bare = re.sub(r"\x1b\[[0-9;]*m", "", ansi)
    assert "\x1b" not in bare
    assert [line.rstrip() for line in bare.splitlines()] == _frame("text").splitlines()
    assert "38;2;" in ansi


def test_mono_ansi_has_no_colours() -> None:
    assert "38;" not in _frame("ansi", theme="mono")
    assert "48;" not in _frame("ansi", theme="mono")


def _colours(ansi: str) -> set[str]:
    return set(re.findall(r"[34]8;2;[0-9;]+?(?=[;m])", ansi))


@pytest.mark.fault("F83")
def test_no_color_means_no_colour_in_what_goes_to_a_terminal_and_nothing_in_a_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures = {form: _frame(form) for form in ("svg", "html")}
    monkeypatch.setenv("NO_COLOR", "1")
    assert _colours(_frame("ansi", no_color=True)) == set()
    assert _frame("ansi", no_color=True) == _frame("ansi", theme="mono")
    assert _frame("text", no_color=True) == _frame("text")
    for form, picture in pictures.items():
        assert _frame(form, no_color=True) == picture


def test_a_frame_that_is_not_drawn_in_time_is_an_error_and_no_frame() -> None:
    class Slow(MonitorApp):
        CSS_PATH = str(Path(inspect.getfile(MonitorApp)).with_name("revtui.tcss"))
        settled = False  # never, whatever is drawn

    app = Slow(StillFeed(SCENES["healthy"]().snapshot), Settings(timed=False))
    with pytest.raises(RevtuiError, match=r"not drawn within 0\.2 s"):
        asyncio.run(_drawn(app, SIZE, patience_seconds=0.2))


@pytest.mark.parametrize("tab", TABS)
def test_a_still_frame_names_no_keys_and_has_no_cursor(tab: str) -> None:
    made = SCENES["outage"]()
    text = frame(made.snapshot, made.transitions, size=(160, 48), tab=tab)
    assert "? help" not in text
    assert "q quit" not in text
    assert not re.search(r"│ >", text)
    assert "tail ↓" not in text
    ansi = frame(made.snapshot, made.transitions, size=(160, 48), tab=tab, format="ansi")
    assert not re.search(r"\x1b\[(?:[0-9]+;)*7[;m]", ansi), "reverse video"


def test_the_svg_is_well_formed_and_refers_to_nothing_outside() -> None:
    svg = _frame("svg", name="hostile_names")
    root = ET.fromstring(svg)
    assert root.tag.endswith("svg")
    assert "@font-face" not in svg
    outside = set(re.findall(r"(?:https?:)?//[^\s\"'<)]+", svg)) - {"http://www.w3.org/2000/svg"}
    assert outside == set()
    assert not re.findall(r"url\((?!#)", svg)
    assert "DejaVu Sans Mono" in svg


def test_the_html_escapes_data() -> None:
    html = _frame("html", name="hostile_names")
    assert "<script" not in html
    assert "DejaVu Sans Mono" in html


@pytest.mark.parametrize("form", ["text", "ansi", "svg", "html"])
def test_the_same_picture_is_the_same_bytes(form: str) -> None:
    assert _frame(form) == _frame(form)


@pytest.mark.fault("M5")
@pytest.mark.parametrize("form", ["text", "svg"])
def test_a_frame_needs_no_terminal_no_home_and_no_standard_input(form: str, tmp_path: Path) -> None:
    out = tmp_path / "frame"
    here = str(Path(__file__).resolve().parents[1])
    command = ("/bin/sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-c", SCRIPT)
    outcome = revtui(here, form, str(out), command=command, env={})
    assert (outcome.status, outcome.out, outcome.err) == (0, b"", "")
    assert out.read_text(encoding="utf-8") == _frame(form)


def test_a_picture_can_be_made_of_an_svg() -> None:
    pytest.importorskip("resvg_py")
    assert png(_frame("svg")).startswith(b"\x89PNG")


def test_a_frame_without_data_says_so() -> None:
    assert "No data yet" in frame(None, size=SIZE)


def test_a_filter_and_a_tab_can_be_given() -> None:
    text = _frame("text", tab="alerts", query="gw:stripe")
    assert "Alerts 2 of 10  filter: gw:stripe (8 hidden)" in text


@pytest.mark.parametrize(
    ("option", "value"), [("tab", "nowhere"), ("theme", "pink"), ("format", "gif"), ("query", "gww:x")]
)
def test_what_does_not_exist_is_refused(option: str, value: str) -> None:
    options: dict[str, object] = {"size": SIZE, option: value}
    with pytest.raises(UsageError, match=r"unknown|field"):
        frame(SCENES["healthy"]().snapshot, **options)  # type: ignore[arg-type] # parametrised
