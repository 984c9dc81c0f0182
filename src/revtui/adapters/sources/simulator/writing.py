"""Event files: CSV with header, JSON lines, Parquet; amounts exact in each.

Text formats give amounts as decimal text and times as `2026-03-05T09:05:07.123Z`; Parquet keeps
Decimal and UTC microseconds. No data is empty in CSV and null in the others.
"""

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Final

import polars as pl
from polars.io.plugins import register_io_source

from revtui.adapters.sources.simulator.flaws import spoil, torn
from revtui.adapters.sources.simulator.rendering import time_text
from revtui.core.errors import UsageError
from revtui.core.events import RAW_COLUMNS

EVENT_FORMATS: Final = ("csv", "jsonl", "parquet")


def write_events(
    frames: Iterable[pl.DataFrame],
    format_: str,
    out: BinaryIO,
    *,
    schema: pl.Schema,
    malformed: float = 0.0,
    seed: int = 0,
) -> int:
    """Write frames of RAW_COLUMNS as one file, and return the number of rows.

    `malformed` is the share of rows to spoil; `seed` decides which. `schema` is that of the frames.

    Raises:
        UsageError: unknown format, or spoilt rows in Parquet, which cannot hold them.
    """
    if format_ not in EVENT_FORMATS:
        raise UsageError(f"unknown format {format_!r}", hint=f"one of {', '.join(EVENT_FORMATS)}")
    if format_ == "parquet":
        if malformed:
            raise UsageError("Parquet cannot hold malformed rows", hint="write csv or jsonl instead")
        return _write_parquet(frames, out, schema)
    if format_ == "csv":
        out.write((",".join(RAW_COLUMNS) + "\n").encode())
    lines = _csv_lines if format_ == "csv" else _json_lines
    rows = 0
    # the next frame is made while the last one becomes text, which needs no interpreter
    with ThreadPoolExecutor(max_workers=1) as pool:
        written: deque[Future[bytes]] = deque()
        for frame in frames:
            written.append(pool.submit(_encoded, frame, lines, rows, malformed, seed))
            rows += frame.height
            if len(written) > 1:
                out.write(written.popleft().result())
        out.writelines(rest.result() for rest in written)
    return rows


def csv_line(frame: pl.DataFrame, row: int) -> bytes:
    """One row of a frame as its CSV line, without the newline."""
    return _csv_lines(frame[row]).removesuffix(b"\n")


def _csv_lines(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    # no value of a simulated event needs quotes
    _times_as_text(frame).write_csv(buffer, include_header=False, quote_style="never")
    return buffer.getvalue()


def _json_lines(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    _times_as_text(frame).with_columns(pl.col("amount").cast(pl.String)).write_ndjson(buffer)
    return buffer.getvalue()


def _times_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    if frame.schema["event_ts"] == pl.String:
        return frame
    return frame.with_columns(time_text(frame["event_ts"]))


def _encoded(
    frame: pl.DataFrame, lines: Callable[[pl.DataFrame], bytes], first_row: int, share: float, seed: int
) -> bytes:
    """The lines of a frame, a share of them spoilt."""
    if not share:
        return lines(frame)
    spoilt = spoil(frame, first_row=first_row, share=share, seed=seed)
    written = lines(spoilt.frame)
    if not spoilt.torn.size:
        return written
    each = written.split(b"\n")
    for row in spoilt.torn.tolist():
        each[row] = torn(each[row])
    return b"\n".join(each)


def _write_parquet(frames: Iterable[pl.DataFrame], out: BinaryIO, schema: pl.Schema) -> int:
    """Stream the frames into row groups, so that no more than a few are in memory."""
    rows = 0

    def each(
        _columns: list[str] | None, _predicate: pl.Expr | None, _rows: int | None, _batch: int | None
    ) -> Iterator[pl.DataFrame]:
        nonlocal rows
        for frame in frames:
            rows += frame.height
            yield frame

    register_io_source(each, schema=schema).sink_parquet(out)
    return rows
