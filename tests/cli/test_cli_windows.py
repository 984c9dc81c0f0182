"""`revtui windows`: the table, the accounting, and every way it can end."""

import csv
import gzip
import io
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from black_box import inside, revtui, shell, unread_bytes
from patience import RUN_SECONDS, until
from program import REVTUI, environment

HEADER = (
    "window_start,window_end,gateway_name,revision,events_count,purchases_count,payment_failed_count,"
    "revenue,refunds,net_revenue,payment_fail_rate,avg_latency_ms,p95_latency_ms,slow_share,"
    "active_users_30m,data_freshness_minutes,alert_flag,sla_breach_flag,alert_reason"
)
EVENTS = """event_id,event_ts,user_id,event_type,amount,gateway_name,latency_ms
e1,2026-03-05T09:00:10Z,u1,purchase,12.50,stripe,200
e2,2026-03-05T09:00:20Z,u2,payment_failed,,adyen,1500
e3,2026-03-05T09:00:30Z,u1,login,,,
e3,2026-03-05T09:00:30Z,u1,login,,,
e4,2026-03-05T09:00:40Z,u3,refund,-2.50,stripe,
e5,2026-03-05T09:00:50Z,u3,cart,,,
e6,2026-03-05T09:00:55Z,u3,purchase,oops,stripe,10
"""
SUMMARY = {
    "read": 7,
    "counted": 4,
    "duplicate": 1,
    "late": 0,
    "quarantined": 1,
    "filtered": 1,
    "conflicts": 0,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "events.csv").write_text(EVENTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    return tmp_path


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_has_the_contract_s_header_and_figures(folder: Path) -> None:
    outcome = revtui("windows", "events.csv", folder=folder)
    assert outcome.status == 0, outcome.err
    assert outcome.text.splitlines()[0] == HEADER
    rows = table(outcome.text)
    assert [row["gateway_name"] for row in rows] == ["*", "adyen", "stripe"]
    everything, adyen, stripe = rows
    assert (everything["window_start"], everything["window_end"]) == (
        "2026-03-05T08:56:00Z",
        "2026-03-05T09:01:00Z",
    )
    assert (everything["revenue"], everything["refunds"], everything["net_revenue"]) == (
        "12.50",
        "2.50",
        "10.00",
    )
    assert (everything["payment_fail_rate"], everything["avg_latency_ms"]) == ("0.5", "850.0")
    assert (everything["events_count"], everything["active_users_30m"]) == ("4", "3")
    assert (everything["sla_breach_flag"], everything["alert_flag"]) == ("true", "WARN")
    assert (adyen["revenue"], adyen["payment_fail_rate"]) == ("0.00", "1.0")
    assert stripe["net_revenue"] == "10.00"


def test_json_lines_have_the_same_columns_and_no_nan(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = inside(capsysbinary, "windows", "events.csv", "--format", "jsonl")
    rows = [json.loads(line, parse_constant=pytest.fail) for line in outcome.text.splitlines()]
    assert list(rows[0]) == HEADER.split(",")
    assert rows[0]["revenue"] == "12.50"
    assert rows[0]["sla_breach_flag"] is True


def test_parquet_can_be_written_to_a_file_and_to_a_pipe(folder: Path) -> None:
    import polars as pl

    assert (
        revtui("windows", "events.csv", "--format", "parquet", "-o", "out.parquet", folder=folder).status == 0
    )
    piped = revtui("windows", "events.csv", "--format", "parquet", folder=folder)
    assert pl.read_parquet(folder / "out.parquet").columns == HEADER.split(",")
    assert pl.read_parquet(io.BytesIO(piped.out)).equals(pl.read_parquet(folder / "out.parquet"))


def test_the_table_format_is_for_people(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    outcome = inside(capsysbinary, "windows", "events.csv", "--format", "table")
    assert outcome.status == 0, outcome.err
    assert "stripe" in outcome.text
    assert "\x1b" not in outcome.text


def test_the_summary_has_exactly_the_keys_of_the_accounting(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = inside(capsysbinary, "windows", "events.csv", "--summary", "summary.json")
    assert outcome.status == 0
    assert json.loads((folder / "summary.json").read_text()) == SUMMARY
    assert list(SUMMARY) == list(json.loads((folder / "summary.json").read_text()))


def test_sources_may_be_stdin_compressed_or_several(folder: Path) -> None:
    plain = revtui("windows", "events.csv", folder=folder)
    (folder / "packed.csv.gz").write_bytes(gzip.compress(EVENTS.encode()))
    assert revtui("windows", "packed.csv.gz", folder=folder).out == plain.out
    assert revtui("windows", "-", stdin=EVENTS.encode(), folder=folder).out == plain.out
    twice = revtui("windows", "events.csv", "-", "--summary", "s.json", stdin=EVENTS.encode(), folder=folder)
    assert twice.out == plain.out
    assert json.loads((folder / "s.json").read_text())["duplicate"] == 6


@pytest.mark.parametrize("rows", ["1", "2", "1000"])
def test_the_size_of_batches_changes_nothing(
    rows: str, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert (
        inside(capsysbinary, "windows", "events.csv", "--batch-rows", rows).out
        == inside(capsysbinary, "windows", "events.csv").out
    )


def test_window_options_are_obeyed(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    outcome = inside(capsysbinary, "windows", "events.csv", "--window", "10s", "--hop", "5s", "--bound=0s")
    assert outcome.status == 0, outcome.err
    first, second = [row["window_end"] for row in table(outcome.text) if row["gateway_name"] == "*"][:2]
    assert (first, second) == ("2026-03-05T09:00:15Z", "2026-03-05T09:00:20Z")


def test_rules_may_be_classic_or_a_file(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (folder / "mine.toml").write_text("[rules.fail_rate]\nmin_volume = 1\nwarn = 0.4\ncrit = 0.45\n")
    flags = {
        rules: table(inside(capsysbinary, "windows", "events.csv", "--rules", rules).text)[0]["alert_flag"]
        for rules in ("contracts", "classic", "adaptive", "mine.toml")
    }
    assert flags == {"contracts": "WARN", "classic": "CRIT", "adaptive": "WARN", "mine.toml": "CRIT"}


def test_the_simulator_runs_on_a_virtual_clock_and_is_ready_at_once(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    address = "sim:?duration=10m&seed=1&start=2026-03-05T09:00:00Z"
    one, two = (inside(capsysbinary, "windows", address) for _ in range(2))
    assert one.status == 0, one.err
    assert one.out == two.out
    ends = [row["window_end"] for row in table(one.text) if row["gateway_name"] == "*"]
    assert ends[0] == "2026-03-05T09:01:00Z"
    assert ends[-1] == "2026-03-05T09:10:00Z"


def test_the_simulator_as_a_source_is_the_simulator_as_a_file(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    made = inside(capsysbinary, "simulate", "--duration", "5m", "--seed", "9", "-o", "made.csv")
    assert made.status == 0
    addressed = inside(capsysbinary, "windows", "sim:?duration=5m&seed=9")
    assert inside(capsysbinary, "windows", "made.csv").out == addressed.out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "SOURCE"),
        (["events.csv", "--window", "7x"], 2, "7x"),
        (["events.csv", "--window", "-5m"], 2, "-5m"),
        (["events.csv", "--hop", "2m"], 2, "hop"),
        (["events.csv", "--format", "xml"], 2, "xml"),
        (["events.csv", "--batch-rows", "0"], 2, "batch-rows"),
        (["events.csv", "--batch-rows", "many"], 2, "many"),
        (["events.csv", "--rules", "nonsense"], 2, "nonsense"),
        (["events.csv", "--currency", "EURO"], 2, "EURO"),
        (["events.csv", "--timezone", "Mars"], 2, "Mars"),
        (["events.csv", "--map", "missing.toml"], 2, "missing.toml"),
        (["events.csv", "--config", "missing.toml"], 2, "missing.toml"),
        (["events.csv", "-o", "missing/out.csv"], 2, "missing"),
        (["events.csv", "--summary", "missing/s.json"], 2, "missing"),
        (["events.csv", "--summary", "-"], 2, "standard output"),
        (["events.csv", "-o", "x", "--summary", "./x"], 2, "same file"),
        (["events.csv", "events.csv", "--follow"], 2, "--follow"),
        (["missing.csv"], 3, "missing.csv"),
        (["*.jsonl"], 3, "*.jsonl"),
        (["kafka://host/x"], 2, "kafka"),
        (["sim:?sead=1"], 2, "seed"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_a_status(
    arguments: list[str], status: int, message: str, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = inside(capsysbinary, "windows", *arguments)
    assert (outcome.status, outcome.out) == (status, b""), outcome.err
    assert message in outcome.err
    assert all(line.startswith(("revtui: ", "  hint: ")) for line in outcome.err.splitlines())
    assert sorted(path.name for path in folder.iterdir()) == ["events.csv"]


@pytest.mark.parametrize(
    "text",
    [EVENTS.splitlines()[0] + "\n", "\n".join(EVENTS.splitlines()[:1] + EVENTS.splitlines()[-2:]) + "\n"],
)
def test_a_source_without_an_event_that_counts_gives_the_header_and_says_no_data(
    text: str, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "events.csv").write_text(text)
    outcome = inside(capsysbinary, "windows", "events.csv", "--summary", "s.json")
    assert outcome.status == 5
    assert outcome.text == HEADER + "\n"
    assert json.loads((folder / "s.json").read_text())["counted"] == 0


@pytest.mark.fault("F19")
def test_a_reader_that_goes_away_is_141_without_noise(folder: Path) -> None:
    outcome = shell(
        "revtui windows 'sim:?duration=24h&rate=1&start=2026-03-05T00:00:00Z' | head -1; echo ${PIPESTATUS[0]}",
        folder=folder,
    )
    assert outcome.text.splitlines() == [HEADER, "141"]
    assert outcome.err == ""


def test_a_full_disk_is_a_failure_and_leaves_nothing(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = inside(capsysbinary, "windows", "events.csv", "-o", "/dev/full")
    assert outcome.status == 1
    assert "No space left" in outcome.err


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_it_with_an_exit_status_and_no_file(
    number: signal.Signals, status: int, folder: Path
) -> None:
    reading, writing = os.pipe()
    os.write(writing, EVENTS.encode())  # and no end: it waits for more
    with subprocess.Popen(
        [*REVTUI, "windows", "-", "-o", "out.csv"],
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(),
    ) as process:
        until(lambda: unread_bytes(reading) == 0)
        process.send_signal(number)
        out, err = process.communicate(timeout=RUN_SECONDS)
    os.close(reading)
    os.close(writing)
    assert (process.returncode, out, err) == (status, b"", b"")
    assert sorted(path.name for path in folder.iterdir()) == ["events.csv"]


def test_it_runs_in_an_empty_world(folder: Path) -> None:
    outcome = revtui("windows", "events.csv", folder=folder, env={})
    assert outcome.status == 0, outcome.err
    assert outcome.err == ""


def test_a_closed_standard_input_is_no_source(folder: Path) -> None:
    outcome = shell("revtui windows - <&-", folder=folder)
    assert outcome.status == 3
    assert "standard input" in outcome.err


def test_the_existing_file_survives_a_failure(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "out.csv").write_text("old")
    assert inside(capsysbinary, "windows", "missing.csv", "-o", "out.csv").status == 3
    assert (folder / "out.csv").read_text() == "old"
