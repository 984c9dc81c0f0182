"""Builds sources and reads them to their end, for the tests of adapters."""

from collections.abc import Callable, Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from revtui.adapters.sources.delimited import CsvFormat
from revtui.adapters.sources.jsonlines import JsonFormat
from revtui.adapters.sources.lines import LineReader
from revtui.adapters.sources.mapping import SourceMap
from revtui.adapters.sources.shape import RowShape
from revtui.adapters.sources.spans import READABLE
from revtui.core.events import RAW_COLUMNS, AdmissionPolicy, RawBatch, Rejected
from revtui.core.fields import raw_field
from revtui.engine.ports import Source

Verdict = tuple[Any, ...]
"""(offset, "row", values...) or (offset, reason, raw)."""


def shape(mapping: SourceMap | None = None, name: str = "test") -> RowShape:
    return RowShape(source=name, defaults=AdmissionPolicy(), mapping=mapping)


def read_all(source: Source, reads: int = 10_000) -> list[RawBatch]:
    """Every batch of a finite source, which is closed then."""
    batches: list[RawBatch] = []
    with closing(source):
        for _ in range(reads):
            batch = source.read()
            if batch is None:
                return batches
            batches.append(batch)
    raise AssertionError("the source does not end")


def rows(batches: Iterable[RawBatch]) -> pl.DataFrame:
    return pl.concat([batch.frame for batch in batches], how="diagonal_relaxed")


def rejected(batches: Iterable[RawBatch]) -> list[Rejected]:
    return [line for batch in batches for line in batch.rejected]


def said(batches: Iterable[RawBatch]) -> list[Verdict]:
    """The same as `verdicts`, of each row what it holds by name: a batch may lack a column that is empty in it."""
    return _found(
        batches, lambda row: tuple(sorted((name, value) for name, value in row.items() if value is not None))
    )


def verdicts(batches: Iterable[RawBatch]) -> list[Verdict]:
    """Every row and every rejection, by offset."""
    return _found(batches, lambda row: tuple(row.values()))


def _found(batches: Iterable[RawBatch], values: Callable[[dict[str, Any]], tuple[Any, ...]]) -> list[Verdict]:
    found: list[Verdict] = []
    for batch in batches:
        assert batch.read == batch.frame.height + len(batch.rejected)
        for number, row in enumerate(batch.frame.iter_rows(named=True)):
            found.append((row.pop("offset"), "row", batch.raw(number), *values(row)))
        found += [(line.offset, line.reason, line.detail, line.raw) for line in batch.rejected]
    return sorted(found, key=lambda verdict: (verdict[0], verdict[1]))


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """`data` in pieces of the sizes given, over and over."""
    pieces = []
    place = turn = 0
    while place < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[place : place + size])
        place += size
        turn += 1
    return pieces


def feed_all(reader: LineReader, pieces: list[bytes]) -> list[RawBatch]:
    return [*(reader.feed(piece) for piece in pieces), reader.feed(b"", final=True)]


def csv_reader(wanted: Iterable[str] = RAW_COLUMNS, line_limit: int = 1 << 20) -> LineReader:
    chosen = tuple(wanted)
    return LineReader(
        "test.csv",
        CsvFormat(
            "test.csv", lambda names: [name for name in names if name in chosen], line_limit=line_limit
        ),
        line_limit=line_limit,
    )


def json_reader(fields: Iterable[str] = RAW_COLUMNS, line_limit: int = 1 << 20) -> LineReader:
    return LineReader(
        "test.jsonl",
        JsonFormat("test.jsonl", tuple(fields), as_text=READABLE, line_limit=line_limit),
        line_limit=line_limit,
    )


def texts(frame: pl.DataFrame, name: str) -> list[str | None]:
    """A field as it was written, whether it has been read already or not."""
    field = raw_field(frame, name)
    found: list[str | None] = field.text.to_list()
    if field.numerals is None:
        return found
    numerals = zip(field.numerals.digits, field.numerals.scale, field.numerals.readable, strict=True)
    read = [
        str(Decimal(int(digits)).scaleb(-int(scale))) if known else None for digits, scale, known in numerals
    ]
    return [one if other is None else other for one, other in zip(found, read, strict=True)]


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path
