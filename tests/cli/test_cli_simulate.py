"""`revtui simulate`: the same arguments give the same bytes, and the truth is told beside them."""

import csv
import io
import json
import subprocess
from pathlib import Path

import polars as pl
import pytest

from black_box import revtui, shell
from patience import RUN_SECONDS, until
from program import REVTUI, environment
from revtui.cli.main import run

SHORT = ("simulate", "--duration", "2m", "--rate", "5/s")


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others() -> None:
    first = revtui(*SHORT, "--seed", "7")
    assert (first.status, first.err) == (0, "")
    assert revtui(*SHORT, "--seed", "7").out == first.out
    assert revtui(*SHORT, "--seed", "8").out != first.out


def test_every_format_holds_the_same_events(tmp_path: Path) -> None:
    for form in ("csv", "jsonl", "parquet"):
        assert run([*SHORT, "--format", form, "-o", str(tmp_path / form)]) == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "csv").read_text())))
    lines = [json.loads(line) for line in (tmp_path / "jsonl").read_text().splitlines()]
    ids = [row["event_id"] for row in rows]
    assert ids
    assert [line["event_id"] for line in lines] == ids
    assert pl.read_parquet(tmp_path / "parquet")["event_id"].to_list() == ids
    assert [line["amount"] or "" for line in lines] == [row["amount"] for row in rows]


def test_the_time_of_the_first_event_may_be_relative(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SHORT, "--start", "-2h"]) == 0
    assert run([*SHORT, "--start=2026-03-05T09:00:00+01:00"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "2026-03-05T08:0" in last


def test_the_truth_names_every_incident(tmp_path: Path) -> None:
    status = run(
        [
            *SHORT,
            *("--scenario", "outage:stripe@+30s+60s", "--scenario", "stall@+90s+10s"),
            *("--truth", str(tmp_path / "truth.json"), "-o", str(tmp_path / "events.csv")),
        ]
    )
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert status == 0
    assert [(each["scenario"], each["gateway_name"], each["began_at"]) for each in truth] == [
        ("outage", "stripe", "2026-03-02T09:00:30Z"),
        ("stall", "*", "2026-03-02T09:01:30Z"),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rate", "fast"], "fast"),
        (["--rate", "0"], "rate"),
        (["--duration", "-5m"], "-5m"),
        (["--duration", "0s"], "0s"),
        (["--duration", "long"], "long"),
        (["--duration", "9" * 5000 + "h"], "not a duration"),
        (["--duration", "99999h", "--start", "2099-01-01"], "outside the years"),
        (["--start", "1969-01-01T00:00:00Z"], "outside the years"),
        (["--start", "9999-12-31T23:59:59Z"], "outside the years"),
        (["--start", "-" + "9" * 5000 + "h"], "not a duration"),
        (["--seed", "9" * 5000], "--seed"),
        (["--seed", "9" * 4000], "seed is a huge number"),
        (["--scenario", "outage:stripe@+" + "9" * 5000 + "h"], "not a duration"),
        (["--start", "yesterday"], "yesterday"),
        (["--seed", "x"], "x"),
        (["--scenario", "outage"], "outage"),
        (["--scenario", "outage:stripe@+9h"], "outside"),
        (["--profile", "odd"], "odd"),
        (["--format", "xml"], "xml"),
        (["--truth", "-"], "standard output"),
        (["-o", "x.csv", "--truth", "x.csv"], "x.csv"),
        (["--truth", "missing/x.json"], "missing"),
        (["--seed", "1", "--seed", "2"], "--seed"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_nothing_written(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["simulate", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault("F19")
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_reader_that_goes_away_is_141_without_noise(form: str) -> None:
    outcome = shell(
        f"revtui simulate --duration 3h --format {form} | head -c 5; status=${{PIPESTATUS[0]}}; echo; echo $status"
    )
    assert outcome.out.splitlines()[-1] == b"141"
    assert outcome.err == ""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_signal_halfway_leaves_no_file(form: str, tmp_path: Path) -> None:
    words = ["simulate", "--duration", "2000h", "--format", form, "-o", "events"]
    with subprocess.Popen(
        [*REVTUI, *words], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        until(lambda: any(path.stat().st_size for path in tmp_path.glob("events.*")))
        process.terminate()
        out, err = process.communicate(timeout=RUN_SECONDS)
    assert (process.returncode, out, err) == (143, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault("F07")
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_full_disk_is_said_in_one_line(form: str) -> None:
    outcome = revtui("simulate", "--duration", "1m", "--format", form, "-o", "/dev/full")
    assert (outcome.status, outcome.err) == (1, "revtui: cannot write /dev/full: No space left on device\n")
