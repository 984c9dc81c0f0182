"""`revtui snapshot`: one frame in every format, and the statuses that scripts go by."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from black_box import Outcome, inside, revtui, shell
from revtui.cli.main import run

OUTAGE = "--scenario=outage:stripe@+5m+10m"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twelve minutes of events that end in the middle of an outage."""
    path = tmp_path_factory.mktemp("events") / "events.csv"
    assert run(["simulate", "--duration", "12m", "--rate", "10/s", OUTAGE, "-o", str(path)]) == 0
    return str(path)


pytestmark = pytest.mark.usefixtures("no_configuration")


def taken(capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> Outcome:
    return inside(capsysbinary, "snapshot", *words)


def test_a_frame_of_text_fits_its_size_and_says_how_it_stands(
    events: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = taken(capsysbinary, events, "--size", "80x24")
    lines = outcome.text.splitlines()
    assert (outcome.status, outcome.err) == (0, "")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "END" in lines[0]
    assert "SIMULATED" not in outcome.text
    assert "stripe" in outcome.text
    assert "\x1b" not in outcome.text


@pytest.mark.parametrize(
    ("form", "begins"), [("ansi", b"\x1b["), ("html", b"<!DOCTYPE html>"), ("png", b"\x89PNG")]
)
def test_other_formats_are_what_they_say(
    form: str, begins: bytes, events: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    if form == "png":
        pytest.importorskip("resvg_py")
    outcome = taken(capsysbinary, events, "--format", form)
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith(begins)


def test_the_svg_is_well_formed_and_refers_to_nothing_outside(
    events: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = taken(capsysbinary, events, "--format", "svg")
    ET.fromstring(outcome.text)
    assert "url(http" not in outcome.text
    assert "@font-face" not in outcome.text


def test_data_formats_carry_the_newest_window(
    events: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    data = json.loads(taken(capsysbinary, events, "--format", "json").out, parse_constant=pytest.fail)
    assert (data["status"], data["simulated"], data["severity"]) == ("END", False, "CRIT")
    assert data["accounting"]["read"] > 0
    rows = taken(capsysbinary, events, "--format", "csv").text.splitlines()
    assert rows[0].startswith("window_start,window_end,gateway_name,")
    assert rows[1].split(",")[1:3] == ["2026-03-02T09:12:00Z", "*"]
    assert taken(capsysbinary, events, "--format", "md").text.startswith("# revtui END ")


@pytest.mark.parametrize(("level", "status"), [("warn", 4), ("crit", 4)])
def test_fail_on_is_met_by_as_bad_or_worse(
    level: str, status: int, events: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = taken(capsysbinary, events, "--fail-on", level)
    assert (outcome.status, outcome.err) == (status, "")
    assert outcome.out


def test_fail_on_is_not_met_by_less(events: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    early = ("--at", "2026-03-02T09:04:00Z")
    assert taken(capsysbinary, events, *early, "--fail-on", "warn").status == 0


def test_at_shows_what_was_known_then(events: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    outcome = taken(capsysbinary, events, "--at", "2026-03-02T09:04:00Z", "--format", "json")
    data = json.loads(outcome.out)
    assert data["status"] == "REPLAY"
    assert data["taken_at"] == "2026-03-02T09:04:00Z"
    assert data["newest_event"] <= "2026-03-02T09:04:00Z"
    assert data["severity"] == "OK"


def test_at_before_the_first_event_is_no_data(
    events: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = taken(capsysbinary, events, "--at", "2026-03-02T08:00:00Z")
    assert outcome.status == 5
    assert "2026-03-02T08:00:00Z" in outcome.err
    assert b"REPLAY" in outcome.out


def test_the_filter_hides_alerts(events: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    def gateways(*words: str) -> set[str]:
        data = json.loads(taken(capsysbinary, events, "--format", "json", *words).out)
        return {alert["gateway_name"] for alert in data["alerts"]}

    assert gateways() == {"*", "stripe"}
    assert gateways("--filter", "gw:stripe") == {"stripe"}


def test_made_up_data_say_so(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert "SIMULATED" in taken(capsysbinary, "sim:?duration=5m").text
    data = json.loads(taken(capsysbinary, "sim:?duration=5m", "--format", "json").out)
    assert data["simulated"] is True


def test_without_a_source_the_configured_ones_are_taken(
    events: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "revtui.toml").write_text(f"[[source]]\nurl = '{events}'\n")
    data = json.loads(taken(capsysbinary, "--format", "json").out)
    assert [source["name"] for source in data["sources"]] == [events]


def test_a_source_configured_twice_is_refused(
    events: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "revtui.toml").write_text(f"[[source]]\nurl = '{events}'\n" * 2)
    outcome = taken(capsysbinary)
    assert outcome.status == 2
    assert "twice" in outcome.err


def test_a_followed_file_is_live_and_awaited_for_so_long(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = taken(capsysbinary, "--follow", str(tmp_path / "later.csv"), "--wait", "300ms")
    assert outcome.status == 5
    assert "LIVE" in outcome.text
    assert "waiting" in outcome.text


def test_a_followed_file_is_shown_when_its_first_window_has_closed(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    run(["simulate", "--start", "-20m", "--duration", "18m", "--rate", "2/s", "-o", "growing.csv"])
    outcome = taken(capsysbinary, "--follow", "growing.csv", "--wait", "60s", "--format", "json")
    data = json.loads(outcome.out)
    assert outcome.status == 0, outcome.err
    assert (data["status"], data["simulated"]) == ("LIVE", False)
    assert data["accounting"]["counted"] > 0
    assert data["windows"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["missing.csv"], 3, "missing.csv"),
        (["EVENTS", "--size", "5x5"], 2, "5x5"),
        (["EVENTS", "--size", "120"], 2, "120"),
        (["EVENTS", "--size", "99999x40"], 2, "99999x40"),
        (["EVENTS", "--tab", "home"], 2, "home"),
        (["EVENTS", "--theme", "neon"], 2, "neon"),
        (["EVENTS", "--filter", "sev>="], 2, "sev>="),
        (["EVENTS", "--fail-on", "info"], 2, "info"),
        (["EVENTS", "--at", "soon"], 2, "soon"),
        (["EVENTS", "--wait", "-5s"], 2, "-5s"),
        (["EVENTS", "--format", "gif"], 2, "gif"),
        (["EVENTS", "-o", "missing/x"], 2, "missing"),
        (["EVENTS", "--follow", "--at", "-1h"], 2, "--at"),
        (["archive.csv.gz", "--follow"], 2, "archive.csv.gz"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_a_status(
    words: list[str], status: int, message: str, events: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = taken(capsysbinary, *(events if word == "EVENTS" else word for word in words))
    assert (outcome.status, outcome.out) == (status, b"")
    assert message in outcome.err
    assert all(line.startswith(("revtui: ", "  hint: ")) for line in outcome.err.splitlines())


def test_it_needs_no_terminal_no_home_and_no_locale(events: str) -> None:
    outcome = revtui("snapshot", events, "--size", "80x24", env={})
    assert (outcome.status, outcome.err) == (0, "")
    assert "REVENUE" in outcome.text


@pytest.mark.fault("F19")
def test_its_standard_streams_may_be_closed(events: str, tmp_path: Path) -> None:
    outcome = shell(f"revtui snapshot {events} -o frame.txt <&- >&- 2>&-", folder=tmp_path)
    assert outcome.status == 0
    assert "REVENUE" in (tmp_path / "frame.txt").read_text()


def test_ascii_glyphs_can_be_asked_for(events: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert taken(capsysbinary, events, "--ascii").text.isascii()
