"""`revtui watch`: lines as they come, and the ways it ends."""

import json
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from black_box import inside, shell
from factories import SCENES
from patience import RUN_SECONDS, until
from program import REVTUI, environment
from revtui.cli.main import run
from revtui.cli.taking import known_to

ADDRESS = "sim:?duration=12m&rate=10&scenario=outage:stripe@%2B5m%2B5m"

pytestmark = pytest.mark.usefixtures("no_configuration")


def test_every_window_and_every_transition_has_a_line_in_order_of_time(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    outcome = inside(capsysbinary, "watch", ADDRESS, "--jsonl")
    records = [json.loads(line, parse_constant=pytest.fail) for line in outcome.text.splitlines()]
    windows = [record for record in records if record["type"] == "window"]
    transitions = [record for record in records if record["type"] == "transition"]
    times = [record["window_end"] if record["type"] == "window" else record["at"] for record in records]
    assert (outcome.status, outcome.err) == (0, "")
    assert [window["window_end"] for window in windows] == [
        f"2026-03-02T09:{minute:02}:00Z" for minute in range(1, 13)
    ]
    assert [transition["seq"] for transition in transitions] == list(range(1, len(transitions) + 1))
    assert {transition["gateway_name"] for transition in transitions} >= {"stripe"}
    assert times == sorted(times)
    assert all(record["simulated"] is True for record in records)


def test_sentences_carry_the_same_and_no_control_characters(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    lines = inside(capsysbinary, "watch", ADDRESS).text.splitlines()
    records = inside(capsysbinary, "watch", ADDRESS, "--jsonl").text.splitlines()
    assert len(lines) == len(records)
    assert all(line.startswith("SIMULATED ") and line.isprintable() for line in lines)
    assert any("alert CRIT" in line for line in lines)


def test_a_transition_waits_for_the_picture_of_the_window_that_caused_it() -> None:
    made = SCENES["outage"]()
    newest = made.snapshot.last_seq
    assert newest >= 2
    before = replace(made.snapshot, last_seq=newest - 1)  # the log is a step ahead of the picture
    assert [one.seq for one in known_to(before, made.transitions)] == list(range(1, newest))
    assert known_to(made.snapshot, made.transitions) == made.transitions


def test_a_file_is_not_called_simulated(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run(["simulate", "--duration", "3m", "-o", "events.csv"])
    outcome = inside(capsysbinary, "watch", "events.csv")
    assert outcome.status == 0
    assert "SIMULATED" not in outcome.text


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [(["missing.csv"], 3, "missing.csv"), (["empty.csv"], 5, "no event counted"), (["sim:?x=1"], 2, "x")],
)
def test_how_it_ends_without_lines(
    words: list[str], status: int, message: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "empty.csv").write_text("event_ts,event_type\n")
    outcome = inside(capsysbinary, "watch", *words)
    assert (outcome.status, outcome.out) == (status, b"")
    assert message in outcome.err


@pytest.mark.fault("F19")
def test_a_reader_that_goes_away_is_141_without_noise(tmp_path: Path) -> None:
    outcome = shell(
        "revtui watch 'sim:?duration=24h&rate=1' | head -1 >&2; exit ${PIPESTATUS[0]}", folder=tmp_path
    )
    assert outcome.status == 141
    assert len(outcome.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_live_watch_ends_by_a_signal_with_an_exit_status(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    run(["simulate", "--start", "-20m", "--duration", "20m", "--rate", "2/s", "-o", "growing.csv"])
    with (
        (tmp_path / "lines").open("wb") as lines,
        subprocess.Popen(
            [*REVTUI, "watch", "--follow", "growing.csv"],
            stdout=lines,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment(),
        ) as process,
    ):
        until(lambda: (tmp_path / "lines").stat().st_size > 0 or process.poll() is not None)
        process.send_signal(number)
        _, err = process.communicate(timeout=RUN_SECONDS)
    assert (process.returncode, err) == (status, b"")
    assert b"window" in (tmp_path / "lines").read_bytes()
