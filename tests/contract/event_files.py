"""Rows written as CSV, JSON lines or Parquet, and what a reader must find in them.

A row is a mapping of column to text, as a shop would export it. Each writer returns the bytes together with
the records that the file then holds, because a typed column cannot hold every text. `None` is a line that is
no record.
"""

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import polars as pl
from oracle_fields import EPOCH, Record, UnreadableError, written_moment

HEADER = [
    "event_id",
    "event_ts",
    "user_id",
    "event_type",
    "amount",
    "currency",
    "status",
    "response_code",
    "gateway_name",
    "latency_ms",
    "retry_attempt",
    "note",
]
FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "parquet")
BROKEN_CSV = (b"only,three,fields", b"x," * 20 + b"x", b"e,\xff\xfe,u,login,,,,,,,,")
BROKEN_JSON = (b'{"event_id": "x"', b"[1, 2]", b"42", b"login", b'{"event_type": "login\xff"}', b'{"a": NaN}')

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file, and the records in it."""

    name: str
    data: bytes
    records: list[Record | None]


def write(rows: Sequence[Row | None], name: str, file_format: str, rng: Random, timezone: str) -> Written:
    """The rows in any of FORMATS; a row that is None becomes a line that is no record."""
    if file_format == "parquet":
        data, records = as_parquet([row for row in rows if row is not None], rng, timezone)
    elif file_format.startswith("csv"):
        data, records = as_csv(rows, rng)
    else:
        data, records = as_json_lines(rows, rng)
    if file_format.endswith(".gz"):
        data = zipped(data, rng)
    return Written(name=f"{name}.{file_format}", data=data, records=records)


def zipped(data: bytes, rng: Random) -> bytes:
    """One member, or two: both are gzip."""
    cut = rng.choice([0, len(data) // 2])
    return (gzip.compress(data[:cut]) if cut else b"") + gzip.compress(data[cut:])


def as_csv(rows: Sequence[Row | None], rng: Random) -> tuple[bytes, list[Record | None]]:
    """With or without byte order mark, carriage returns, blank lines, quotes and a last newline."""
    newline = rng.choice(["\n", "\n", "\r\n"])
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    header = rng.sample(HEADER, len(HEADER)) if rng.random() < 0.5 else HEADER
    lines = [b"\xef\xbb\xbf" * (rng.random() < 0.3) + csv_line(header, newline, csv.QUOTE_MINIMAL)]
    for row in rows:
        if row is None:
            lines.append(rng.choice(BROKEN_CSV) + newline.encode())
        else:
            lines.append(csv_line([row.get(name, "") for name in header], newline, quoting))
        if rng.random() < 0.01:
            lines.append(newline.encode())
    data = b"".join(lines)
    if rng.random() < 0.5:
        data = data.rstrip(b"\r\n")
    return data, list(rows)


def csv_line(fields: Sequence[str], newline: str, quoting: int) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=newline, quoting=quoting).writerow(fields)  # type: ignore[arg-type]  # csv's constants are ints
    return text.getvalue().encode()


def as_json_lines(rows: Sequence[Row | None], rng: Random) -> tuple[bytes, list[Record | None]]:
    """Amounts and latencies as numbers or as text, columns absent, null or empty."""
    lines, records = [], list[Record | None]()
    for row in rows:
        if row is None:
            lines.append(rng.choice(BROKEN_JSON))
            records.append(None)
            continue
        record = {name: json_value(name, row.get(name, ""), rng) for name in HEADER}
        records.append(record)
        lines.append(json_line(record, rng))
        if rng.random() < 0.01:
            lines.append(b"")
    newline = rng.choice([b"\n", b"\n", b"\r\n"])
    data = b"\xef\xbb\xbf" * (rng.random() < 0.3) + newline.join(lines)
    return data + newline * (rng.random() < 0.5), records


def json_value(name: str, text: str, rng: Random) -> object:
    if not text:
        return rng.choice([None, None, ""])
    if name in {"amount", "latency_ms", "retry_attempt"} and rng.random() < 0.5:
        try:
            return json.loads(text, parse_constant=str)
        except ValueError:
            return text
    return text


def json_line(record: Record, rng: Random) -> bytes:
    """Keys in any order; nulls left out at times; a second value for a key is not believed."""
    items = [(name, value) for name, value in record.items() if value is not None or rng.random() < 0.5]
    rng.shuffle(items)
    if items and rng.random() < 0.02:
        items.append((items[0][0], "again"))
    inner = ", ".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=rng.random() < 0.5)}" for k, v in items)
    return f"{{{inner}}}".encode()


def as_parquet(rows: Sequence[Row], rng: Random, timezone: str) -> tuple[bytes, list[Record | None]]:
    """Typed columns; what a column cannot hold becomes null."""
    columns = {
        name: typed_column(name, [row.get(name) or None for row in rows], rng, timezone) for name in HEADER
    }
    buffer = io.BytesIO()
    pl.DataFrame(list(columns.values())).write_parquet(buffer, row_group_size=rng.choice([7, 500, 100_000]))
    values = {name: column.to_list() for name, column in columns.items()}
    return buffer.getvalue(), [{name: values[name][place] for name in HEADER} for place in range(len(rows))]


def typed_column(name: str, texts: list[str | None], rng: Random, timezone: str) -> pl.Series:
    if name == "event_ts":
        return time_column(texts, rng, timezone)
    if name == "amount":
        return amount_column(texts, rng)
    if name in {"latency_ms", "retry_attempt"}:
        kind = rng.choice([pl.Int32, pl.Int64, pl.Float64] if name == "latency_ms" else [pl.Int8, pl.Int64])
        numbers = [plain_float(one) for one in texts]
        if kind is not pl.Float64:
            numbers = [None if one is None or abs(one) > 1e8 else float(round(one)) for one in numbers]
            numbers = [
                one if kind is not pl.Int8 or one is None or abs(one) < 100 else None for one in numbers
            ]
            return pl.Series(name, [None if one is None else int(one) for one in numbers], dtype=kind)
        return pl.Series(name, numbers, dtype=kind)
    return pl.Series(name, texts, dtype=rng.choice([pl.String, pl.Categorical]) if texts else pl.String)


def time_column(texts: list[str | None], rng: Random, timezone: str) -> pl.Series:
    """Instants in a zone, or what a clock on the wall of `timezone` shows."""
    unit = rng.choice(["ms", "us", "ns"])
    zone = rng.choice([None, "UTC", "America/New_York"])
    moments = [None if one is None else instant_or_none(one, timezone) for one in texts]
    if rng.random() < 0.2:
        return pl.Series("event_ts", texts, dtype=pl.String)
    step = dt.timedelta(milliseconds=1) if unit == "ms" else dt.timedelta(microseconds=1)
    moments = [None if one is None else EPOCH + (one - EPOCH) // step * step for one in moments]
    if zone is None:
        walls = [one and one.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) for one in moments]
        return pl.Series("event_ts", walls, dtype=pl.Datetime(unit))  # type: ignore[arg-type]  # a unit by name
    utc = pl.Series("event_ts", moments, dtype=pl.Datetime(unit, "UTC"))  # type: ignore[arg-type]  # a unit by name
    return utc.dt.convert_time_zone(zone)


def instant_or_none(text: str, timezone: str) -> dt.datetime | None:
    try:
        return EPOCH + dt.timedelta(microseconds=written_moment(text, ZoneInfo(timezone)))
    except UnreadableError:
        return None


def amount_column(texts: list[str | None], rng: Random) -> pl.Series:
    numbers = [plain_float(one) for one in texts]
    kind = rng.choice(["float", "float", "decimal", "text", "int"])
    if kind == "text":
        return pl.Series("amount", texts, dtype=pl.String)
    if kind == "int":
        return pl.Series("amount", [None if one is None else int(one) for one in numbers], dtype=pl.Int64)
    if kind == "decimal":
        exact = [None if one is None else Decimal(str(one)).quantize(Decimal("0.0001")) for one in numbers]
        return pl.Series("amount", exact, dtype=pl.Decimal(20, 4))
    return pl.Series("amount", numbers, dtype=pl.Float64)


def plain_float(text: str | None) -> float | None:
    try:
        number = None if text is None else float(text)
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e12 else None
