"""Finite files and pipes: what is in them, and what can be wrong with them."""

import gzip
import os
import resource
import threading
from pathlib import Path

import polars as pl
import pytest
from reading import read_all, rejected, rows, shape, write

from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.files import StreamSource, file_source
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.stdin import stdin_source
from revtui.core.errors import SourceError
from revtui.engine.ports import Source

HEADER = b"event_id,event_type,amount\n"
LINES = b"".join(b"%d,purchase,%d.50\n" % (n, n) for n in range(500))


def csv(path: Path, *, gz: bool = False, piece_bytes: int = 1 << 16) -> StreamSource:
    return file_source(path, shape(name=str(path)), syntax=Syntax.CSV, gzip=gz, piece_bytes=piece_bytes)


def ids(source: Source) -> list[str]:
    return list(rows(read_all(source))["event_id"])


@pytest.mark.fault("F30")
def test_every_member_of_a_gzip_file_is_read(tmp_path: Path) -> None:
    data = (
        gzip.compress(HEADER + LINES[:1_000]) + bytes(7) + gzip.compress(LINES[1_000:]) + gzip.compress(b"")
    )
    source = csv(write(tmp_path / "a.csv.gz", data), gz=True, piece_bytes=100)
    assert len(ids(source)) == 500
    assert source.note == ""


@pytest.mark.fault("F30")
@pytest.mark.parametrize("lost", [1, 8, 300])
def test_of_a_gzip_file_that_breaks_off_the_prefix_is_read_and_the_break_is_said(
    tmp_path: Path, lost: int
) -> None:
    source = csv(write(tmp_path / "a.csv.gz", gzip.compress(HEADER + LINES)[:-lost]), gz=True)
    batches = read_all(source)
    (break_,) = rejected(batches)
    found = rows(batches)["event_id"].to_list()
    assert found == [str(n) for n in range(len(found))]
    assert len(found) == 500 if lost <= 8 else 0 < len(found) < 500
    assert (break_.reason, break_.detail) == ("not_a_record", "the compressed file ends early")
    assert source.note == "the compressed file ends early"


@pytest.mark.fault("F30")
def test_a_damaged_gzip_file_gives_what_can_be_read(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(HEADER + LINES) + gzip.compress(LINES))
    data[-6] ^= 0xFF
    source = csv(write(tmp_path / "a.csv.gz", bytes(data)), gz=True)
    batches = read_all(source)
    assert rows(batches)["event_id"].to_list() == [str(n) for n in range(500)]
    assert "damaged" in rejected(batches)[0].detail
    assert "damaged" in source.note


def test_a_file_that_is_no_gzip_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a gzip file") as raised:
        read_all(csv(write(tmp_path / "a.csv.gz", HEADER), gz=True))
    assert raised.value.exit_code == 3


def test_an_empty_gzip_file_has_no_rows(tmp_path: Path) -> None:
    assert rows(read_all(csv(write(tmp_path / "a.csv.gz", b""), gz=True))).height == 0


@pytest.mark.fault("S14")
def test_a_decompression_bomb_takes_no_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(HEADER) + gzip.compress(bytes(50_000_000)) + gzip.compress(b"x" * 50_000_000)
    path = write(tmp_path / "a.csv.gz", bomb + gzip.compress(b"\n1,login,\n"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert ids(csv(path, gz=True, piece_bytes=1 << 20)) == ["1"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_gzip_is_told_by_its_first_bytes_whatever_the_name(tmp_path: Path) -> None:
    assert len(ids(csv(write(tmp_path / "a.csv", gzip.compress(HEADER + LINES))))) == 500


@pytest.mark.fault("F41")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("piece_bytes", [1, 5, 1 << 16])
def test_utf_16_is_told_by_its_byte_order_mark(tmp_path: Path, encoding: str, piece_bytes: int) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    text = mark + HEADER.decode() + "1,é,2\n2,😀,3\n"
    batches = read_all(csv(write(tmp_path / "a.csv", text.encode(encoding)), piece_bytes=piece_bytes))
    assert rows(batches)["event_type"].to_list() == ["é", "😀"]
    assert rejected(batches) == []


@pytest.mark.fault("F41")
def test_half_a_surrogate_pair_of_utf_16_costs_its_line_only(tmp_path: Path) -> None:
    data = (b"\xff\xfe" + HEADER.decode().encode("utf-16-le")) + "1,".encode("utf-16-le") + b"\x3d\xd8"
    data += ",\n2,b,\n".encode("utf-16-le") + b"\x31"
    source = csv(write(tmp_path / "a.csv", data))
    batches = read_all(source)
    assert rows(batches)["event_id"].to_list() == ["2"]
    assert [line.detail[:9] for line in rejected(batches)] == ["not UTF-8", "the UTF-1"]


@pytest.mark.fault("F41")
def test_utf_16_without_a_mark_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        read_all(csv(write(tmp_path / "a.csv", HEADER.decode().encode("utf-16-le"))))
    assert "UTF-16" in raised.value.hint


def test_a_file_that_is_missing_or_a_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file") as raised:
        csv(tmp_path / "none.csv").read()
    assert str(tmp_path / "none.csv") in raised.value.message
    with pytest.raises(SourceError, match="a folder"):
        csv(tmp_path).read()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER)
    path.chmod(0)
    with pytest.raises(SourceError, match="permission denied"):
        csv(path).read()


def test_an_error_of_the_header_stays_an_error(tmp_path: Path) -> None:
    source = csv(write(tmp_path / "a.csv", b"a,a\n1,2\n"))
    for _ in range(3):
        with pytest.raises(SourceError, match="more than once"):
            source.read()
    source.close()


@pytest.mark.parametrize("data", [b"", b"event_id,event_type\n", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_file_that_is_no_parquet_is_said_so(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        ParquetSource(write(tmp_path / "a.parquet", data), shape()).read()


def test_a_parquet_file_that_breaks_off_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"event_id": [str(n) for n in range(5_000)]}).write_parquet(path)
    write(path, path.read_bytes()[:-900])
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        read_all(ParquetSource(path, shape()))


def test_a_parquet_file_without_rows_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"event_id": []}, schema={"event_id": pl.String}).write_parquet(path)
    assert read_all(ParquetSource(path, shape())) == []


@pytest.fixture
def pipe() -> tuple[int, int]:
    return os.pipe()


def test_standard_input_is_json_lines_when_its_first_byte_is_a_brace(pipe: tuple[int, int]) -> None:
    out, into = pipe
    os.write(into, b'\xef\xbb\xbf \n {"event_id":"1"}\n{"event_id":"2"}')
    os.close(into)
    assert ids(stdin_source(shape(name="-"), descriptor=out)) == ["1", "2"]


@pytest.mark.fault("F75")
def test_standard_input_that_is_silent_lets_the_reader_go_on(pipe: tuple[int, int]) -> None:
    out, into = pipe
    source = stdin_source(shape(name="-"), descriptor=out)
    assert source.read() is not None
    os.write(into, HEADER + b"1,login,\n2,log")
    batch = source.read()
    assert batch is not None
    assert batch.frame["event_id"].to_list() == ["1"]
    waiting = source.read()
    assert waiting is not None
    assert waiting.read == 0
    os.close(into)
    rest = read_all(source)
    assert [line.detail for line in rejected(rest)] == ["2 fields instead of 3"]


@pytest.mark.fault("F75")
def test_standard_input_that_is_closed_is_said_so(pipe: tuple[int, int]) -> None:
    out, into = pipe
    os.close(out)
    os.close(into)
    with pytest.raises(SourceError, match="standard input is closed"):
        stdin_source(shape(name="-"), descriptor=out).read()


@pytest.mark.parametrize("data", [b"", b"\n\n", HEADER])
def test_standard_input_without_rows_ends(pipe: tuple[int, int], data: bytes) -> None:
    out, into = pipe
    os.write(into, data)
    os.close(into)
    assert sum(batch.read for batch in read_all(stdin_source(shape(name="-"), descriptor=out))) == 0


def test_a_named_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    keep = os.open(path, os.O_RDWR)
    source = file_source(path, shape(name="pipe"), syntax=None)
    source.read()
    writer = threading.Thread(target=path.write_bytes, args=(HEADER + LINES,))
    writer.start()
    batches = [source.read() for _ in range(3)]
    writer.join()
    os.close(keep)
    found = [batch for batch in [*batches, *read_all(source)] if batch is not None]
    assert len(rows(found)["event_id"].drop_nulls()) == 500
    source.close()
