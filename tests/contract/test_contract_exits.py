"""How the commands end: the exit statuses and the silence of the contract's fourth section."""

import os
import sys
from pathlib import Path

import pytest

from black_box import revtui, shell

EVENTS = (
    "event_id,event_ts,event_type,amount\n"
    "a,2026-03-05T09:00:00Z,purchase,5.00\n"
    "b,2026-03-05T11:00:00Z,purchase,6.00\n"
)
Ending = tuple[int, list[str]]
ENDINGS: list[Ending] = [
    (0, ["windows", "good.csv"]),
    (2, ["windows"]),
    (2, ["windows", "good.csv", "--window", "7m", "--hop", "2m"]),
    (2, ["windows", "good.csv", "--bogus"]),
    (2, ["windows", "good.csv", "--format", "xml"]),
    (2, ["snapshot", "good.csv", "--size", "huge"]),
    (2, ["watch", "good.csv", "--bogus"]),
    (2, ["simulate", "--rate", "fast"]),
    (2, ["windws", "good.csv"]),
    (2, ["good.csv"]),
    (3, ["windows", "missing.csv"]),
    (3, ["windows", "folder.csv"]),
    (3, ["watch", "missing.csv"]),
    (4, ["snapshot", "good.csv", "--rules", "classic", "--fail-on", "crit"]),
    (5, ["windows", "empty.csv"]),
    (5, ["windows", "bad.csv"]),
]
MORE_ENDINGS: list[Ending] = [
    (0, ["snapshot", "good.csv"]),
    (0, ["watch", "good.csv"]),
    (2, ["windows", "good.csv", "--horizon", "1m"]),
    (2, ["windows", "-x"]),
    (2, ["windows", "good.csv", "-o", "no/such/folder.csv"]),
    (2, ["windows", "good.csv", "--map", "missing.toml"]),
    (2, ["snapshot", "good.csv", "--fail-on", "never"]),
    (2, ["snapshot", "good.csv", "--at", "yesterday"]),
    (2, ["simulate", "--scenario", "unheard"]),
    (2, ["simulate", "--duration", "long"]),
    (2, ["nonsense"]),
    (3, ["windows", "no*such.csv"]),
    (3, ["windows", "good.csv", "missing.csv"]),
    (3, ["windows", "torn.parquet"]),
    (3, ["snapshot", "missing.csv"]),
    (5, ["windows", "header.csv"]),
    (5, ["snapshot", "empty.csv"]),
    (5, ["watch", "empty.csv"]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.csv").write_text(EVENTS)
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "header.csv").write_text(EVENTS.splitlines()[0] + "\n")
    (tmp_path / "bad.csv").write_text(EVENTS.replace(".00", ".xx"))
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and nothing else")
    (tmp_path / "folder.csv").mkdir()
    return tmp_path


def named(case: Ending) -> str:
    return f"{case[0]} {' '.join(case[1])}"


@pytest.mark.parametrize("case", ENDINGS, ids=named)
def test_every_ending_has_its_status_and_no_traceback(case: Ending, folder: Path) -> None:
    ends_as_told(case, folder)


@pytest.mark.slow
@pytest.mark.parametrize("case", MORE_ENDINGS, ids=named)
def test_rarer_endings_have_their_status_and_no_traceback(case: Ending, folder: Path) -> None:
    ends_as_told(case, folder)


def ends_as_told(case: Ending, folder: Path) -> None:
    status, arguments = case
    run = revtui(*arguments, folder=folder)
    assert run.status == status, run.err
    assert "Traceback" not in run.err
    assert (run.err == "") == (status in {0, 4})
    if status:
        assert run.err.startswith("revtui: ") or status == 4
    if status in {2, 3}:
        assert run.out == b""


def test_an_unknown_word_is_told_with_the_nearest_command(folder: Path) -> None:
    for word, meant in (("windws", "windows"), ("snapshoot", "snapshot"), ("simulte", "simulate")):
        assert f"did you mean {meant}?" in revtui(word, "good.csv", folder=folder).err


@pytest.mark.fault("F19")
@pytest.mark.parametrize(
    "command", ["windows good.csv", "watch good.csv", "simulate --duration 1h --rate 50"]
)
def test_a_reader_that_has_gone_ends_the_program_silently(command: str, folder: Path) -> None:
    (folder / "good.csv").write_text(EVENTS.replace("T11:", "T23:"))
    run = shell(f"revtui {command} | head -1; exit ${{PIPESTATUS[0]}}", folder=folder)
    assert (run.status, run.err) == (141, "")


def test_closed_standard_streams_are_no_surprise(folder: Path) -> None:
    for script, status in (
        ("revtui windows good.csv -o out.csv <&-", 0),
        ("revtui windows good.csv -o out.csv >&- 2>&-", 0),
        ("revtui windows - <&-", 3),
        ("revtui windows - </dev/null", 5),
    ):
        run = shell(script, folder=folder)
        assert run.status == status, (script, run)
        assert "Traceback" not in run.err
    assert shell("revtui windows good.csv >&-", folder=folder).status not in {0, 2}


@pytest.mark.fault("F06")
def test_a_full_disk_is_a_runtime_failure_in_words(folder: Path) -> None:
    run = shell("revtui windows good.csv >/dev/full", folder=folder)
    assert run.status == 1, run
    assert "No space left" in run.err
    assert "Traceback" not in run.err


def test_an_empty_environment_gives_the_same_rows(folder: Path) -> None:
    usual = revtui("windows", "good.csv", folder=folder)
    bare = shell(f"env -i {sys.executable} -m revtui windows good.csv", folder=folder)
    assert (bare.status, bare.out, bare.err) == (0, usual.out, "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.fault("F33")
def test_a_file_that_may_not_be_read_is_out_of_reach(folder: Path) -> None:
    (folder / "good.csv").chmod(0)
    assert revtui("windows", "good.csv", folder=folder).status == 3
