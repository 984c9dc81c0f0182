"""Files of simulated events."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from revtui.adapters.sources.simulator import EVENT_FORMATS, SimulatorSpec, generate, simulate, write_events
from revtui.core.errors import UsageError
from revtui.core.events import RAW_COLUMNS
from revtui.core.times import parse_instant

START = parse_instant("2026-03-04T09:00Z", now=0)
HOUR = 3_600_000_000
SPEC = SimulatorSpec.parse("sim:?rate=3&seed=11&scenario=outage@+10m+10m")


def written(spec: SimulatorSpec, format_: str, duration: int = HOUR) -> bytes:
    out = io.BytesIO()
    assert simulate(spec, start=START, duration=duration, format_=format_, out=out) > 0
    return out.getvalue()


def expected(spec: SimulatorSpec = SPEC) -> pl.DataFrame:
    return pl.concat(list(generate(spec, start=START, duration=HOUR)))


@pytest.mark.parametrize("format_", EVENT_FORMATS)
def test_equal_specifications_give_byte_identical_files(format_: str) -> None:
    assert written(SPEC, format_) == written(SPEC, format_)


def test_csv_holds_every_row_exactly() -> None:
    rows = list(csv.DictReader(io.StringIO(written(SPEC, "csv").decode("ascii"))))
    frame = expected()
    assert tuple(rows[0]) == RAW_COLUMNS
    assert len(rows) == frame.height
    for row, want in zip(rows, frame.iter_rows(named=True), strict=True):
        assert row["event_id"] == want["event_id"]
        assert row["event_ts"] == want["event_ts"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        assert row["amount"] == ("" if want["amount"] is None else str(want["amount"]))
        assert row["latency_ms"] == ("" if want["latency_ms"] is None else str(want["latency_ms"]))
        assert row["gateway_name"] == (want["gateway_name"] or "")


def test_json_lines_keep_money_as_text_and_no_data_as_null() -> None:
    rows = [json.loads(line) for line in written(SPEC, "jsonl").splitlines()]
    frame = expected()
    assert tuple(rows[0]) == RAW_COLUMNS
    assert [None if r["amount"] is None else Decimal(r["amount"]) for r in rows] == frame["amount"].to_list()
    assert {type(r["amount"]) for r in rows} == {str, type(None)}
    assert [r["latency_ms"] for r in rows] == frame["latency_ms"].to_list()
    assert (
        pl.Series([r["event_ts"] for r in rows])
        .str.to_datetime("%+", time_unit="us", time_zone="UTC")
        .equals(frame["event_ts"])
    )


def test_parquet_reads_back_as_the_same_frame(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    with path.open("wb") as out:
        simulate(SPEC, start=START, duration=HOUR, format_="parquet", out=out)
    assert_frame_equal(pl.read_parquet(path), expected())


@pytest.mark.parametrize("format_", EVENT_FORMATS)
def test_a_stream_without_events_is_a_valid_file(format_: str) -> None:
    out = io.BytesIO()
    rows = simulate(
        SimulatorSpec.parse("sim:?scenario=stall@+0s+1h"),
        start=START,
        duration=HOUR,
        format_=format_,
        out=out,
    )
    assert rows == 0
    if format_ == "parquet":
        assert tuple(pl.read_parquet(out.getvalue()).columns) == RAW_COLUMNS
    else:
        assert out.getvalue().decode() == (",".join(RAW_COLUMNS) + "\n" if format_ == "csv" else "")


def test_spoilt_csv_has_the_asked_share_of_bad_lines_and_harms_no_other() -> None:
    spoilt = SimulatorSpec.parse("sim:?rate=20&seed=11&malformed=0.02")
    clean = SimulatorSpec.parse("sim:?rate=20&seed=11")
    bad, good = written(spoilt, "csv").split(b"\n"), written(clean, "csv").split(b"\n")
    assert len(bad) == len(good)
    differing = [(b, g) for b, g in zip(bad, good, strict=True) if b != g]
    assert len(differing) / len(good) == pytest.approx(0.02, rel=0.15)
    torn = [b for b, g in differing if g.startswith(b)]
    assert len(torn) / len(differing) == pytest.approx(1 / 12, rel=0.5)
    assert any(b",1O.50," in b for b, _ in differing)


def test_spoilt_json_lines_break_only_where_torn() -> None:
    lines = written(SimulatorSpec.parse("sim:?rate=20&malformed=0.02"), "jsonl").splitlines()
    broken = 0
    for line in lines:
        try:
            json.loads(line)
        except json.JSONDecodeError:
            broken += 1
    assert broken / len(lines) == pytest.approx(0.02 / 12, rel=0.5)


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_frames_are_written_in_their_order(format_: str) -> None:
    out = io.BytesIO()
    frames = generate(SPEC, start=START, duration=HOUR, frame_rows=500)
    rows = write_events(frames, format_, out, schema=expected().schema)
    assert rows == expected().height > 5000
    assert out.getvalue() == written(SPEC, format_)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="avro"):
        simulate(SPEC, start=START, duration=HOUR, format_="avro", out=io.BytesIO())


def test_parquet_cannot_hold_spoilt_rows() -> None:
    with pytest.raises(UsageError, match="malformed"):
        simulate(
            SimulatorSpec(malformed=0.1), start=START, duration=HOUR, format_="parquet", out=io.BytesIO()
        )
