"""What every source promises (see `engine.ports.Source`), asked of every kind there is.

A kind is a function from a folder and rows to a source over those rows; add yours to `FINITE` or
`LIVE`. Its first bad line, where a kind can have one, is the third.
"""

import gzip
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from reading import rejected, rows, shape, texts, write

from patience import PATIENCE_SECONDS
from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.files import file_source
from revtui.adapters.sources.follow import FollowedFile
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.stdin import stdin_source
from revtui.core.events import AdmissionPolicy, RawBatch
from revtui.engine.ports import Source

ROWS = 60
BAD_AT = 2
BAD = b"no record \xff\n"

Kind = Callable[[Path, int], Source]
"""(folder, size): with about `size` bytes or rows per read."""


def csv_bytes() -> bytes:
    lines = [b"event_id,event_type,amount\n"]
    lines += [BAD if n == BAD_AT else b'%d,"purchase",%d.50\n' % (n, n) for n in range(ROWS)]
    return b"".join(lines)


def json_bytes() -> bytes:
    objects = [{"event_id": str(n), "event_type": "purchase", "amount": f"{n}.50"} for n in range(ROWS)]
    return b"".join(
        BAD if n == BAD_AT else json.dumps(found).encode() + b"\n" for n, found in enumerate(objects)
    )


def csv_file(folder: Path, size: int) -> Source:
    return file_source(write(folder / "a.csv", csv_bytes()), shape(), syntax=Syntax.CSV, piece_bytes=size)


def csv_gz(folder: Path, size: int) -> Source:
    path = write(folder / "a.csv.gz", gzip.compress(csv_bytes()))
    return file_source(path, shape(), syntax=Syntax.CSV, gzip=True, piece_bytes=size)


def json_file(folder: Path, size: int) -> Source:
    return file_source(
        write(folder / "a.jsonl", json_bytes()), shape(), syntax=Syntax.JSON_LINES, piece_bytes=size
    )


def parquet(folder: Path, size: int) -> Source:
    ids = [n for n in range(ROWS) if n != BAD_AT]
    path = folder / "a.parquet"
    frame = {"event_id": [str(n) for n in ids], "event_type": "purchase", "amount": [f"{n}.50" for n in ids]}
    pl.DataFrame(frame).write_parquet(path)
    return ParquetSource(path, shape(), slice_rows=size)


def stdin(folder: Path, size: int) -> Source:
    del size  # a pipe gives what it has
    path = write(folder / "piped", csv_bytes())
    return stdin_source(shape(), descriptor=os.open(path, os.O_RDONLY))


def utf16(folder: Path, size: int) -> Source:
    text = csv_bytes().replace(BAD, b"no record\n").decode()
    path = write(folder / "a.csv", text.encode("utf-16"))
    return file_source(path, shape(), syntax=Syntax.CSV, piece_bytes=size)


def followed_csv(folder: Path, size: int) -> Source:
    return FollowedFile(write(folder / "a.csv", csv_bytes()), shape(), piece_bytes=size)


def followed_json(folder: Path, size: int) -> Source:
    return FollowedFile(write(folder / "a.ndjson", json_bytes()), shape(), piece_bytes=size)


FINITE: dict[str, Kind] = {
    "csv": csv_file,
    "csv.gz": csv_gz,
    "jsonl": json_file,
    "parquet": parquet,
    "stdin": stdin,
    "utf-16": utf16,
}
LIVE: dict[str, Kind] = {"followed csv": followed_csv, "followed jsonl": followed_json}
KINDS = {**FINITE, **LIVE}
WITHOUT_BAD_LINES = {"parquet"}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(kind: str, tmp_path: Path) -> Iterator[Callable[[int], Source]]:
    sources: list[Source] = []

    def open_(size: int = 1 << 20) -> Source:
        folder = tmp_path / str(len(sources))
        folder.mkdir()
        sources.append(KINDS[kind](folder, size))
        return sources[-1]

    yield open_
    for source in sources:
        source.close()


def read_out(source: Source) -> list[RawBatch]:
    """Every batch there is; a live source is read until it has nothing."""
    batches: list[RawBatch] = []
    quiet = 0
    for _ in range(100_000):
        batch = source.read()
        if batch is None:
            return batches
        batches.append(batch)
        quiet = 0 if batch.read else quiet + 1
        if source.live and quiet > 1_000:
            return batches
    raise AssertionError("the source does not end")


@pytest.mark.parametrize("size", [1, 7, 1_000, 50_000])
def test_every_row_is_handed_over_once_whatever_the_batch_size(
    opened: Callable[[int], Source], kind: str, size: int
) -> None:
    batches = read_out(opened(size))
    found = rows(batches)
    wanted = [str(n) for n in range(ROWS) if n != BAD_AT]
    assert found["event_id"].to_list() == wanted
    assert texts(found, "amount") == [f"{n}.50" for n in wanted]
    assert len(rejected(batches)) == (0 if kind in WITHOUT_BAD_LINES else 1)


@pytest.mark.parametrize("size", [7, 50_000])
def test_offsets_rise_strictly_and_lie_below_the_end_offset(
    opened: Callable[[int], Source], size: int
) -> None:
    last = -1
    for batch in read_out(opened(size)):
        offsets = batch.frame["offset"]
        assert offsets.dtype == pl.Int64
        assert offsets.null_count() == 0
        for offset in offsets.to_list():
            assert last < offset < batch.end_offset
            last = offset


def test_offsets_do_not_depend_on_the_batch_size(opened: Callable[[int], Source]) -> None:
    small, large = read_out(opened(13)), read_out(opened(1 << 20))
    assert rows(small)["offset"].to_list() == rows(large)["offset"].to_list()
    assert [line.offset for line in rejected(small)] == [line.offset for line in rejected(large)]


def test_a_row_can_be_asked_for_its_bytes(opened: Callable[[int], Source]) -> None:
    for batch in read_out(opened(200)):
        for number, row in enumerate(batch.frame.iter_rows(named=True)):
            raw = batch.raw(number)
            assert row["event_id"].encode() in raw
            assert b"purchase" in raw
            assert not raw.endswith((b"\n", b"\r"))


def test_a_bad_line_is_quarantined_with_its_bytes(opened: Callable[[int], Source], kind: str) -> None:
    if kind in WITHOUT_BAD_LINES:
        pytest.skip("has no lines")
    source = opened(1 << 20)
    (line,) = rejected(read_out(source))
    assert (line.reason, line.source) == ("not_a_record", source.name)
    assert line.raw.startswith("no record")
    assert line.detail


def test_the_end_is_final(opened: Callable[[int], Source], kind: str) -> None:
    source = opened(1 << 20)
    read_out(source)
    assert source.live == (kind in LIVE)
    for _ in range(3):
        batch = source.read()
        assert batch is None if not source.live else batch is not None and batch.read == 0


def test_no_read_waits_for_more(opened: Callable[[int], Source]) -> None:
    source = opened(100)
    reads = threading.Thread(target=lambda: [source.read() for _ in range(20)], daemon=True)
    reads.start()
    reads.join(PATIENCE_SECONDS)
    assert not reads.is_alive()


def test_a_source_says_who_it_is(opened: Callable[[int], Source]) -> None:
    source = opened(1 << 20)
    assert isinstance(source, Source)
    assert source.name
    assert source.name.isprintable()
    assert source.simulated is False
    assert source.policy == AdmissionPolicy()
    read_out(source)
    assert source.note == ""


def test_close_may_be_called_twice_and_from_another_thread(opened: Callable[[int], Source]) -> None:
    source = opened(50)
    source.read()
    thread = threading.Thread(target=source.close)
    thread.start()
    thread.join()
    source.close()
    batch = source.read()
    assert batch is None or batch.read == 0


def test_no_descriptor_stays_open(opened: Callable[[int], Source], kind: str) -> None:
    if kind == "stdin":
        pytest.skip("standard input is not ours to close")
    before = set(Path("/proc/self/fd").iterdir())
    source = opened(1 << 20)
    read_out(source)
    source.close()
    assert set(Path("/proc/self/fd").iterdir()) <= before


def test_bytes_are_compared_by_value_not_by_chance() -> None:
    """The two spellings of the test data hold the same rows."""
    ids = pl.read_csv(io.BytesIO(csv_bytes().replace(BAD, b"2,,\n")), infer_schema=False)["event_id"]
    assert ids.to_list() == [str(n) for n in range(ROWS)]
