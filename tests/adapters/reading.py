"""Builds sources and reads them to their end, for the tests of adapters."""

from collections.abc import Iterable
from contextlib import closing
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
    """The same as `verdicts`, of each row what it holds: a batch may lack a column that is empty in it."""
    return [
        verdict
        if verdict[1] != "row"
        else (*verdict[:3], *(value for value in verdict[3:] if value is not None))
        for verdict in verdicts(batches)
    ]


def verdicts(batches: Iterable[RawBatch]) -> list[Verdict]:
    """Every row and every rejection, by offset."""
    found: list[Verdict] = []
    for batch in batches:
        assert batch.read == batch.frame.height + len(batch.rejected)
        for number, row in enumerate(batch.frame.iter_rows(named=True)):
            values = tuple(value for name, value in row.items() if name != "offset")
            found.append((row["offset"], "row", batch.raw(number), *values))
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


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path
