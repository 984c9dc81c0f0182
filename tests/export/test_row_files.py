import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import NEWEST_END, SCENES, SECOND, Figures, frame, incident, row, scene
from revtui.core.errors import UsageError
from revtui.core.kpis import PUBLIC_COLUMNS
from revtui.core.money import format_minor
from revtui.core.text import sanitise
from revtui.export.rows import RowFormat, typed_frame, write_rows
from revtui.views.records import rows_frame


def written(rows: pl.DataFrame, form: RowFormat, currency: str = "USD") -> bytes:
    out = io.BytesIO()
    write_rows(rows, form, out, currency=currency)
    return out.getvalue()


def rows_of(**changes: Any) -> pl.DataFrame:
    flags = {"alert_flag": "OK", "sla_breach_flag": False, "alert_reason": ""}
    return frame([row(NEWEST_END, "stripe", Figures()) | flags | changes])


def test_csv_has_the_public_header_and_unrounded_numbers() -> None:
    text = written(
        rows_of(payment_fail_rate=1 / 3, avg_latency_ms=1200.0, p95_latency_ms=0.1), RowFormat.CSV
    ).decode()
    head, line = text.splitlines()
    assert head == ",".join(PUBLIC_COLUMNS)
    assert line == (
        "2026-03-05T12:35:00Z,2026-03-05T12:40:00Z,stripe,0,188,120,8,9468.00,0.00,9468.00,"
        "0.3333333333333333,1200.0,0.1,0.02,97,0,OK,false,"
    )


def test_no_data_is_empty_in_csv_and_null_in_json() -> None:
    rows = rows_of(payment_fail_rate=None, p95_latency_ms=None, data_freshness_minutes=None)
    (record,) = csv.DictReader(io.StringIO(written(rows, RowFormat.CSV).decode()))
    assert (record["payment_fail_rate"], record["p95_latency_ms"], record["data_freshness_minutes"]) == (
        "",
        "",
        "",
    )
    parsed = json.loads(written(rows, RowFormat.JSONL))
    assert (parsed["payment_fail_rate"], parsed["data_freshness_minutes"]) == (None, None)
    assert parsed["alert_reason"] == ""


@pytest.mark.fault("F48")
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_no_data(value: float) -> None:
    rows = rows_of(payment_fail_rate=value)
    assert json.loads(written(rows, RowFormat.JSONL))["payment_fail_rate"] is None
    assert b"nan" not in written(rows, RowFormat.CSV).lower()
    assert b"inf" not in written(rows, RowFormat.CSV).lower()


@settings(max_examples=100)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back_the_same_and_csv_and_json_spell_them_alike(value: float) -> None:
    rows = rows_of(avg_latency_ms=value)
    (record,) = csv.DictReader(io.StringIO(written(rows, RowFormat.CSV).decode()))
    assert float(record["avg_latency_ms"]) == value
    assert f'"avg_latency_ms":{record["avg_latency_ms"]},' in written(rows, RowFormat.JSONL).decode()


@settings(max_examples=100)
@given(st.integers(-(10**36), 10**36), st.sampled_from(["USD", "JPY", "KWD", "UYW"]))
def test_money_is_exact_decimal_text(amount: int, currency: str) -> None:
    text = rows_frame(rows_of(net_revenue_minor=amount), currency).item(0, "net_revenue")
    assert text == format_minor(amount, currency)


def test_times_carry_a_fraction_only_when_there_is_one() -> None:
    rows = rows_of(window_end=NEWEST_END + SECOND // 2)
    assert rows_frame(rows, "USD").item(0, "window_end") == "2026-03-05T12:40:00.5Z"


def test_parquet_has_typed_times_and_money() -> None:
    made = pl.read_parquet(io.BytesIO(written(incident().snapshot.rows, RowFormat.PARQUET)))
    assert tuple(made.columns) == PUBLIC_COLUMNS
    assert made.schema["window_end"] == pl.Datetime("us", "UTC")
    assert made.schema["revenue"] == pl.Decimal(38, 2)
    assert made.item(-1, "revenue") == Decimal("867.90")
    assert made.item(-1, "window_end") == datetime(2026, 3, 5, 12, 40, tzinfo=UTC)
    assert made.schema["sla_breach_flag"] == pl.Boolean


def test_every_format_holds_the_same_figures() -> None:
    rows = incident().snapshot.rows.tail(5)
    records = list(csv.DictReader(io.StringIO(written(rows, RowFormat.CSV).decode())))
    objects = [json.loads(line) for line in written(rows, RowFormat.JSONL).splitlines()]
    typed = typed_frame(rows, "USD").to_dicts()
    for record, parsed, exact in zip(records, objects, typed, strict=True):
        assert record["revenue"] == parsed["revenue"] == str(exact["revenue"])
        assert float(record["payment_fail_rate"]) == parsed["payment_fail_rate"] == exact["payment_fail_rate"]
        assert record["gateway_name"] == parsed["gateway_name"] == exact["gateway_name"]


def test_a_table_is_aligned_whatever_the_names() -> None:
    lines = written(SCENES["hostile_names"]().snapshot.rows.tail(11), RowFormat.TABLE).decode().splitlines()
    assert len(lines) == 12
    assert lines[0].startswith("window_start          window_end            gateway_name")
    assert all(sanitise(line) == line for line in lines)


@pytest.mark.parametrize("form", RowFormat)
def test_no_rows_are_a_file_all_the_same(form: RowFormat) -> None:
    text = written(scene(windows=0).snapshot.rows, form)
    if form is RowFormat.CSV:
        assert text.decode() == ",".join(PUBLIC_COLUMNS) + "\n"
    if form is RowFormat.JSONL:
        assert text == b""
    if form is RowFormat.PARQUET:
        assert pl.read_parquet(io.BytesIO(text)).shape == (0, len(PUBLIC_COLUMNS))


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(UsageError, match="XXX"):
        written(rows_of(), RowFormat.CSV, "XXX")


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_is_written_in_every_format(name: str) -> None:
    snapshot = SCENES[name]().snapshot
    for form in RowFormat:
        written(snapshot.rows, form, snapshot.currency)
    for line in written(snapshot.rows, RowFormat.JSONL, snapshot.currency).splitlines():
        assert tuple(json.loads(line)) == PUBLIC_COLUMNS
