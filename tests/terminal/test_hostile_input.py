"""What data say never steers a terminal, a page or a picture, whichever field says it."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from program import REVTUI
from ptys import terminal
from revtui.cli.main import run

MARK = "zq7"
PAYLOADS = (
    f"\x1b]0;{MARK}title\x07",
    f"\x1b]52;c;{MARK}\x07",
    f"\x1b[2J\x1b[31m{MARK}",
    f"\x9b31m\x9d0;{MARK}\x9c",
    f"[bold red]{MARK}[/] [@click=app.quit]x[/] [/",
    f"\u202e{MARK}\u2066\u200f",
    f"東京{MARK}\u200b\u0301\u200d👩\u200d💻",
    f"<script>{MARK}</script>&\"'",
    f"{MARK}\r\x08\x08\x7f",
)
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
FIELDS = ("event_id", "user_id", "gateway_name", "response_code", "status")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour of failing payments in which every text field takes its turn with every payload."""
    path = tmp_path_factory.mktemp("hostile") / f"\x1b]0;{MARK}\x07\u202e[b]name.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(1800):
            row = {
                "event_id": f"e{number}",
                "event_ts": f"2026-03-02T09:{number // 60:02}:{number % 60:02}Z",
                "user_id": f"u{number % 50}",
                "event_type": "payment_failed" if number % 2 else "purchase",
                "amount": "10.00",
                "status": "fail" if number % 2 else "success",
                "response_code": "05",
                "gateway_name": "stripe",
            }
            row["gateway_name"] = PAYLOADS[number % len(PAYLOADS)] if number % 3 else "stripe"
            field = FIELDS[number % len(FIELDS)]
            row[field] = PAYLOADS[number // len(FIELDS) % len(PAYLOADS)] + (
                str(number) if field == "event_id" else ""
            )
            if number % 40 == 0:
                row["amount"] = PAYLOADS[number // 40 % len(PAYLOADS)]  # to quarantine
            file.write(json.dumps(row) + "\n")
    return path


@pytest.fixture
def printed(capsysbinary: pytest.CaptureFixture[bytes], no_configuration: None) -> Callable[..., str]:
    """Runs a command to its end and gives what it prints."""

    def run_it(*words: str) -> str:
        assert run(words) == 0
        captured = capsysbinary.readouterr()
        assert not RAW.search(captured.err.decode())
        return captured.out.decode()

    return run_it


@pytest.mark.slow
@pytest.mark.fault("S01", "S02", "M1")
def test_on_the_screen_it_stays_text(hostile: Path) -> None:
    with terminal(str(hostile), program=REVTUI, size=(160, 48)) as outer:
        outer.shows("END")
        marked = 0
        for tab in "23451":
            outer.type(tab)
            outer.shows(f"[{tab} ")
            outer.rest()
            marked += MARK in outer.text
            if tab in "23":
                outer.type("\r")
                outer.shows("esc close")
                outer.rest()
                outer.type("\x1b")
                outer.until(lambda: "esc close" not in outer.text)
        assert marked >= 4
        written = outer.written.decode("utf-8")
        pointer = "\x1b]22;[a-z-]*\x07"  # the framework sets the shape of the mouse pointer
        written = re.sub(pointer, "", written)
        for sequence in ("\x1b]", "\x07", "\x9b", "\x9d", "\x1b[2J\x1b[31m"):
            assert sequence not in written
        assert not re.search("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", written)
        assert MARK not in outer.screen.title
        outer.type("q")
        assert outer.ended() == 0


@pytest.mark.fault("S01", "S02", "M1")
@pytest.mark.parametrize("tab", ["overview", "alerts", "gateways", "system"])
@pytest.mark.parametrize("form", ["text", "svg", "html", "md"])
def test_in_a_frame_it_stays_text(form: str, tab: str, hostile: Path, printed: Callable[..., str]) -> None:
    words = ("--tab", tab) if form != "md" else ()
    frame = printed("snapshot", str(hostile), "--format", form, "--size", "160x48", *words)
    assert MARK in frame
    assert not RAW.search(frame)
    if form in {"svg", "html"}:
        assert "<script" not in frame
    if form == "svg":
        ET.fromstring(frame)


@pytest.mark.fault("S01", "M1")
@pytest.mark.parametrize("form", ["json", "csv"])
def test_in_data_it_is_escaped_or_made_visible(form: str, hostile: Path, printed: Callable[..., str]) -> None:
    data = printed("snapshot", str(hostile), "--format", form)
    assert MARK in data
    assert not RAW.search(data)
    if form == "json":
        json.loads(data, parse_constant=pytest.fail)


@pytest.mark.fault("S01", "M1")
def test_with_colours_only_colours_are_sequences(hostile: Path, printed: Callable[..., str]) -> None:
    frame = printed("snapshot", str(hostile), "--format", "ansi", "--tab", "alerts")
    assert MARK in frame
    assert not RAW.search(re.sub(r"\x1b\[[0-9;]*m", "", frame))


@pytest.mark.fault("S01", "M1")
@pytest.mark.parametrize(
    "command", [["windows"], ["windows", "--format", "table"], ["watch"], ["watch", "--jsonl"]]
)
def test_in_lines_it_stays_text(command: list[str], hostile: Path, printed: Callable[..., str]) -> None:
    lines = printed(command[0], str(hostile), *command[1:])
    assert MARK in lines
    assert not RAW.search(lines)
