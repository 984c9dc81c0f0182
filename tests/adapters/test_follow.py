"""Following a file through everything that happens to logs."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from reading import rejected, rows, shape, write

from revtui.adapters.sources.follow import FollowedFile
from revtui.core.errors import SourceError, UsageError
from revtui.core.events import RawBatch

HEADER = b"event_id,event_type,amount\n"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "events.csv"


@pytest.fixture
def follow(log: Path, clock: Clock) -> Callable[[], FollowedFile]:
    return lambda: FollowedFile(log, shape(), rotate_wait_s=5.0, monotonic=clock)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def drain(source: FollowedFile, reads: int = 6) -> list[RawBatch]:
    return [source.read() for _ in range(reads)]


def ids(batches: list[RawBatch]) -> list[str]:
    return [found for batch in batches if batch.frame.height for found in batch.frame["event_id"].to_list()]


def generations(batches: list[RawBatch]) -> list[int]:
    return sorted({batch.generation for batch in batches if batch.read})


@pytest.mark.fault("F32")
def test_a_file_that_is_not_there_yet_is_waited_for(log: Path, follow: Callable[[], FollowedFile]) -> None:
    source = follow()
    assert source.read().read == 0
    assert source.note == "waiting for the file"
    write(log, HEADER + b"1,login,\n")
    assert ids(drain(source)) == ["1"]
    assert source.note == ""


@pytest.mark.fault("F35")
def test_a_torn_last_line_is_no_row_until_it_has_its_newline(
    log: Path, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"1,login,\n2,log")
    source = follow()
    assert ids(drain(source)) == ["1"]
    append(log, b"in,")
    assert ids(drain(source)) == []
    append(log, b"\n3,")
    batches = drain(source)
    assert ids(batches) == ["2"]
    assert rows(batches)["offset"].to_list() == [len(HEADER) + 9]
    assert rejected(batches) == []


@pytest.mark.fault("F24")
def test_a_renamed_file_is_read_to_its_end_before_the_new_one(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"1,login,\n")
    source = follow()
    assert ids(drain(source)) == ["1"]
    old = log.with_suffix(".csv.1")
    log.rename(old)
    write(log, HEADER + b"3,login,\n")
    append(old, b"2,login,\n")
    batches = drain(source)
    assert ids(batches) == ["2"]
    clock.now += 5
    batches = drain(source)
    assert (ids(batches), generations(batches)) == (["3"], [1])
    assert rows(batches)["offset"].to_list() == [len(HEADER)]


@pytest.mark.fault("F24")
def test_what_a_writer_still_writes_into_the_renamed_file_puts_the_new_one_off(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER)
    source = follow()
    drain(source)
    old = log.with_suffix(".csv.1")
    log.rename(old)
    write(log, HEADER + b"9,login,\n")
    drain(source)
    clock.now += 4.9
    append(old, b"1,login,\n")
    assert ids(drain(source)) == ["1"]
    clock.now += 4.9
    append(old, b"2,login,\n")
    assert ids(drain(source)) == ["2"]
    clock.now += 5
    assert ids(drain(source)) == ["9"]


@pytest.mark.fault("F25")
def test_a_truncated_file_is_read_anew_and_the_loss_is_said(
    log: Path, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"1,login,\n2,login,\n")
    source = follow()
    drain(source)
    os.truncate(log, 0)
    append(log, HEADER + b"3,login,\n")
    batches = drain(source)
    assert (ids(batches), generations(batches)) == (["3"], [1])
    assert "truncated" in source.note


@pytest.mark.fault("F26")
def test_a_file_truncated_and_grown_past_the_old_place_is_noticed(
    log: Path, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"1,login,\n")
    source = follow()
    drain(source)
    os.truncate(log, 0)
    append(log, HEADER + b"2,refund,3\n3,login,\n4,login,\n")
    assert ids(drain(source)) == ["2", "3", "4"]


@pytest.mark.fault("F27", "F31")
def test_a_deleted_file_is_said_to_be_gone_and_its_successor_read(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"1,login,\n")
    source = follow()
    drain(source)
    log.unlink()
    drain(source)
    assert source.note == "the file is gone"
    write(log, HEADER + b"2,login,\n")
    drain(source)
    clock.now += 5
    batches = drain(source)
    assert (ids(batches), generations(batches)) == (["2"], [1])


@pytest.mark.fault("F34")
def test_a_symbolic_link_that_is_switched_leads_to_the_new_file(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    one, two = (
        write(log.with_name("one"), HEADER + b"1,login,\n"),
        write(log.with_name("two"), HEADER + b"2,login,\n"),
    )
    log.symlink_to(one)
    source = follow()
    assert ids(drain(source)) == ["1"]
    log.unlink()
    log.symlink_to(two)
    drain(source)
    clock.now += 5
    assert ids(drain(source)) == ["2"]


@pytest.mark.fault("F33")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_tried_again(log: Path, follow: Callable[[], FollowedFile]) -> None:
    write(log, HEADER + b"1,login,\n").chmod(0)
    source = follow()
    with pytest.raises(SourceError):
        source.read()
    log.chmod(0o600)
    assert ids(drain(source)) == ["1"]


def test_a_folder_or_a_pipe_cannot_be_followed(log: Path, follow: Callable[[], FollowedFile]) -> None:
    os.mkfifo(log)
    with pytest.raises(SourceError, match="not a regular file"):
        follow().read()


def test_an_unusable_header_stays_an_error_until_the_file_is_replaced(
    log: Path, follow: Callable[[], FollowedFile]
) -> None:
    write(log, b"a;b\n1;2\n")
    source = follow()
    for _ in range(3):
        with pytest.raises(SourceError, match="none of its columns"):
            source.read()
    log.unlink()
    write(log.with_name("new"), HEADER + b"1,login,\n").rename(log)
    assert ids(drain(source)) == ["1"]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.parquet"])
def test_compressed_files_and_parquet_cannot_be_followed(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be followed"):
        FollowedFile(tmp_path / name, shape())


class Tail(RuleBasedStateMachine):
    """A writer, a rotator and a reader in any order: nothing is lost, nothing comes twice."""

    @initialize()
    def begin(self) -> None:
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name)
        self.log = self.folder / "events.csv"
        self.clock = Clock()
        self.source = FollowedFile(self.log, shape(), piece_bytes=64, rotate_wait_s=1.0, monotonic=self.clock)
        self.written = 0
        self.torn = b""
        self.seen: list[str] = []
        write(self.log, HEADER)

    @rule(count=st.integers(1, 5))
    def write_lines(self, count: int) -> None:
        data = self.torn
        for _ in range(count):
            self.written += 1
            data += b"%d,purchase,1\n" % self.written
        append(self.log, data)
        self.torn = b""

    @rule(size=st.integers(1, 10))
    def tear(self, size: int) -> None:
        if not self.torn:
            self.written += 1
            line = b"%d,purchase,1\n" % self.written
            append(self.log, line[:size])
            self.torn = line[size:]

    @rule()
    def rotate(self) -> None:
        """As logrotate does it, once the reader has noticed the last time."""
        append(self.log, self.torn)
        self.torn = b""
        self.settle()
        self.log.rename(self.folder / f"events.csv.{self.written}.{self.clock.now}")
        write(self.log, HEADER)

    @rule()
    def read(self) -> None:
        self.seen += ids([self.source.read()])

    @rule(seconds=st.floats(0, 2))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def settle(self) -> None:
        for _ in range(2):
            for _ in range(60):
                self.read()
            self.clock.now += 1

    @invariant()
    def nothing_comes_twice_or_out_of_order(self) -> None:
        assert self.seen == [str(n + 1) for n in range(len(self.seen))]

    def teardown(self) -> None:
        if hasattr(self, "source"):
            append(self.log, self.torn)
            self.settle()
            self.settle()
            assert len(self.seen) == self.written
            self.source.close()
            self.scratch.cleanup()


@pytest.mark.fault("F24", "F35", "F36")
def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    run_state_machine_as_test(Tail, settings=settings(max_examples=25, stateful_step_count=20))
