"""`revtui snapshot` from the poorest place there is: no environment, no standard input, no terminal."""

import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.cells import cell_len

from black_box import revtui
from program import REVTUI

SIMULATED = "sim:?seed=5&duration=20m&scenario=outage:stripe@+8m+10m"
SGR = re.compile(r"\x1b\[[0-9;]*m")


def _taken(form: str, size: tuple[int, int] = (120, 40), *words: str) -> bytes:
    """What a snapshot prints under `env -i`, with standard input closed."""
    bare = ("/bin/sh", "-c", 'exec "$@" <&-', "sh", *REVTUI)
    taking = ("snapshot", SIMULATED, "--format", form, "--size", f"{size[0]}x{size[1]}")
    outcome = revtui(*taking, *words, command=bare, env={})
    assert (outcome.status, outcome.err) == (0, "")
    return outcome.out


@pytest.mark.fault("M5")
@pytest.mark.parametrize(
    ("form", "size"),
    [
        ("text", (80, 24)),
        ("ansi", (160, 48)),
        *(
            pytest.param(form, size, marks=pytest.mark.slow)
            for form, size in (
                ("text", (120, 40)),
                ("text", (160, 48)),
                ("ansi", (80, 24)),
                ("ansi", (120, 40)),
            )
        ),
    ],
)
def test_text_fits_the_size_asked_for(form: str, size: tuple[int, int]) -> None:
    frame = SGR.sub("", _taken(form, size).decode("utf-8"))
    lines = frame.splitlines()
    assert "\x1b" not in frame
    assert len(lines) <= size[1]
    assert max(map(cell_len, lines)) <= size[0]
    assert "REVENUE" in frame
    assert "SIMULATED" in lines[0]
    assert not re.search(r"\b(nan|inf)\b", frame, re.IGNORECASE)


@pytest.mark.fault("M5")
@pytest.mark.parametrize("form", ["svg", "html"])
def test_pages_and_pictures_refer_to_nothing_outside(form: str) -> None:
    page = _taken(form).decode("utf-8")
    if form == "svg":
        assert ET.fromstring(page).tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"@font-face|@import|<link|<script|<image|\bsrc=|\bxlink:href=", page)
    assert not re.findall(r"url\((?!#)", page)
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)


@pytest.mark.fault("M5")
def test_a_picture_of_dots_is_one() -> None:
    pytest.importorskip("resvg_py")
    assert _taken("png").startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.fault("M5", "F48")
def test_data_hold_no_number_that_is_none() -> None:
    data = json.loads(_taken("json"), parse_constant=pytest.fail)
    assert data["simulated"] is True
    assert data["windows"]


def test_it_writes_where_it_is_told(tmp_path: Path) -> None:
    assert _taken("text", (80, 24), "-o", str(tmp_path / "frame")) == b""
    assert "REVENUE" in (tmp_path / "frame").read_text("utf-8")


def test_nothing_is_loaded_for_the_first_figures_that_they_do_not_need() -> None:
    script = (
        "import sys; from revtui.cli import build, saving; import revtui.engine.runtime, revtui.tui.app; "
        "print({'plotext', 'tomlkit', 'pandas', 'prophet'} & set(sys.modules) or 'nothing')"
    )
    assert revtui("-c", script, command=(sys.executable,)).text.strip() == "nothing"
