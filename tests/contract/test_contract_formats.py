"""The same rows however they come in and however they go out."""

import csv
import gzip
import io
import json
from pathlib import Path
from random import Random

import polars as pl
import pytest
from event_files import FORMATS, Row, Written, as_csv, write
from judging import check, differences, windows
from oracle import COLUMNS, MINUTE, Options, answer
from random_events import Maker, random_start

from black_box import revtui

OPTIONS = Options(timezone="Europe/Berlin", currency="EUR", max_gateways=4)


def shop(count: int = 250, seed: int = 4) -> list[Row | None]:
    rng = Random(seed)
    return Maker(rng=rng, options=OPTIONS, start=random_start(rng), gaps=False).rows(count)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.fault("F30", "F40", "F45")
def test_every_format_is_read_as_the_contract_has_it(file_format: str, tmp_path: Path) -> None:
    check([write(shop(), "x", file_format, Random(8), OPTIONS.timezone)], OPTIONS, tmp_path)


@pytest.mark.parametrize("file_format", ["jsonl", "csv.gz"])
def test_standard_input_is_read_like_a_file(file_format: str, tmp_path: Path) -> None:
    one = write(shop(), "x", file_format, Random(9), OPTIONS.timezone)
    from_file, summary = windows([one], OPTIONS, tmp_path)
    piped = revtui(
        *("windows", "-", "--timezone", OPTIONS.timezone, "--currency", "EUR", "--max-gateways", "4"),
        *("--summary", "piped.json"),
        folder=tmp_path,
        stdin=one.data,
    )
    assert piped.status == 0, piped.err
    assert piped.out == from_file.out
    assert json.loads((tmp_path / "piped.json").read_text()) == summary


def test_files_named_and_files_matched_are_the_same_sources(tmp_path: Path) -> None:
    rng = Random(12)
    maker = Maker(rng=rng, options=OPTIONS, start=random_start(rng), gaps=False)
    files = [
        write(maker.rows(80, start=maker.start + place * MINUTE), f"p{place}", kind, rng, OPTIONS.timezone)
        for place, kind in enumerate(["csv", "csv", "jsonl", "csv"])
    ]
    expected = answer([one.records for one in files], OPTIONS)
    for names in (["p0.csv", "p1.csv", "p2.jsonl", "p3.csv"], ["p[01].csv", "p2*", "p3.csv"]):
        run, summary = windows(files, OPTIONS, tmp_path, sources=names)
        assert not differences(expected, run, summary)


@pytest.mark.slow
def test_the_order_of_arguments_decides_ties(tmp_path: Path) -> None:
    row: Row = {"event_id": "e", "event_ts": "2026-03-05T09:00:00Z", "event_type": "purchase", "amount": "1"}
    files = [
        Written(
            name=name,
            data=as_csv([row | {"amount": amount}], Random(1))[0],
            records=[row | {"amount": amount}],
        )
        for name, amount in (("b.csv", "2"), ("a.csv", "3"))
    ]
    first, _ = check(files, OPTIONS, tmp_path)
    second, _ = check(files[::-1], OPTIONS, tmp_path)
    assert [one.rows[0]["revenue"] for one in (first, second)] == ["2.00", "3.00"]


def test_every_output_says_the_same(tmp_path: Path) -> None:
    one = write(shop(), "x", "csv", Random(8), OPTIONS.timezone)
    as_text, _ = windows([one], OPTIONS, tmp_path)
    rows = list(csv.DictReader(io.StringIO(as_text.out.decode())))
    for form in ("csv", "jsonl", "parquet", "table"):
        run, _ = windows([one], OPTIONS, tmp_path, "--format", form, "-o", f"out.{form}")
        assert (run.status, run.out) == (0, b""), run.err
    assert (tmp_path / "out.csv").read_bytes() == as_text.out
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    frame = pl.read_parquet(tmp_path / "out.parquet")
    assert [list(line) for line in lines] == [COLUMNS] * len(rows)
    assert frame.columns == COLUMNS
    for row, line, typed in zip(rows, lines, frame.iter_rows(named=True), strict=True):
        for name in COLUMNS:
            assert cell(line[name]) == row[name], name
        assert str(typed["revenue"]) == row["revenue"]
        assert typed["window_end"].strftime("%Y-%m-%dT%H:%M:%SZ") == row["window_end"]
        assert cell(typed["p95_latency_ms"]) == row["p95_latency_ms"]
        assert typed["events_count"] == int(row["events_count"])
        assert typed["alert_flag"] == row["alert_flag"]
    table = (tmp_path / "out.table").read_text().splitlines()
    assert sum(line.count(row["revenue"]) > 0 for line, row in zip(table[-len(rows) :], rows, strict=True))


def cell(value: object) -> str:
    """A JSON value as the CSV shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@pytest.mark.fault("F40")
def test_marks_carriage_returns_quotes_blank_lines_and_a_missing_newline_change_nothing(
    tmp_path: Path,
) -> None:
    plain = (
        "event_id,event_ts,event_type,amount,gateway_name,note\n"
        'a,2026-03-05T09:00:00Z,purchase,5.00,"one, two","said ""no""\nand left"\n'
        "b,2026-03-05T09:00:30Z,login,,,\n"
        'c,2026-03-05T09:01:00Z,purchase,6.00,"three","\n\n"\n'
    )
    dressed = "\ufeff\n\n" + plain.replace("\nb,", "\n\n\nb,").rstrip("\n")
    found = set()
    for place, text in enumerate(
        [plain, dressed, plain.replace("\n", "\r\n"), dressed.replace("\n", "\r\n")]
    ):
        name = f"t{place}.csv.gz" if place % 2 else f"t{place}.csv"
        data = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if place % 2 else data)
        run = revtui("windows", name, "--summary", "s.json", folder=tmp_path)
        assert run.status == 0, run.err
        found.add((run.out, (tmp_path / "s.json").read_bytes()))
    ((out, summary),) = found
    assert json.loads(summary)["counted"] == json.loads(summary)["read"] == 3
    assert b'"one, two"' in out
