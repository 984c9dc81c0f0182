"""Following a file through everything that happens to logs."""

import gzip
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
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
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.rotation import Trace, beside
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


def shift(log: Path, keep: int = 9) -> Path:
    """Rotate as logrotate does: `.1` becomes `.2`, and so on; the file that was `log` until now."""
    for number in range(keep, 0, -1):
        for ending in ("", ".gz"):
            old = log.with_name(f"{log.name}.{number}{ending}")
            if old.exists():
                old.rename(log.with_name(f"{log.name}.{number + 1}{ending}"))
    return log.rename(log.with_name(f"{log.name}.1"))


def compress(path: Path) -> Path:
    """As gzip does it, which keeps the time of the last change."""
    packed = path.with_name(f"{path.name}.gz")
    status = path.stat()
    packed.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
    path.unlink()
    return packed


def settled(source: FollowedFile, clock: Clock, rounds: int = 6) -> list[str]:
    """The ids that come until nothing more does, however long that takes."""
    found: list[str] = []
    for _ in range(rounds):
        found += ids(drain(source))
        clock.now += 5
    return found


@pytest.mark.fault("F24")
@pytest.mark.parametrize("rotations", [2, 3])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_files_rotated_between_two_reads_are_read_oldest_first(
    tmp_path: Path, clock: Clock, rotations: int, ending: str
) -> None:
    log = tmp_path / f"events.{ending}"

    def rows_of(number: int) -> bytes:
        if ending == "csv":
            return HEADER + b"%d,login,\n" % number
        return b'{"event_id":"%d","event_type":"login"}\n' % number

    write(log, rows_of(0))
    source = FollowedFile(log, shape(), rotate_wait_s=5.0, monotonic=clock)
    assert ids(drain(source)) == ["0"]
    for number in range(1, rotations + 1):
        shift(log)
        write(log, rows_of(number))
    assert settled(source, clock) == [str(number) for number in range(1, rotations + 1)]
    assert source.note == ""
    append(log, rows_of(9).removeprefix(HEADER))
    assert settled(source, clock) == ["9"]


@pytest.mark.fault("F24", "F29")
@pytest.mark.parametrize("rotations", [1, 2, 3])
@pytest.mark.parametrize("packed", ["held", "middle", "all"])
def test_files_compressed_meanwhile_are_read_too_but_never_twice(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile], rotations: int, packed: str
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    assert ids(drain(source)) == ["0"]
    for number in range(1, rotations + 1):
        held = shift(log)
        write(log, HEADER + b"%d,login,\n" % number)
        if packed == "all" or (packed == "held") == (number == 1):
            compress(held)
    assert settled(source, clock) == [str(number) for number in range(1, rotations + 1)]
    assert source.note == ""


@pytest.mark.fault("F24")
def test_what_lay_aside_before_is_never_read_also_when_it_moves_on(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    for number, name in enumerate(["events.csv.2.gz", "events.csv.1", "events.csv-20260301"]):
        data = HEADER + b"old%d,login,\n" % number
        write(log.with_name(name), gzip.compress(data) if name.endswith("gz") else data)
    write(log, HEADER + b"0,login,\n")
    source = follow()
    assert settled(source, clock) == ["0"]
    shift(log)
    write(log, HEADER + b"1,login,\n")
    compress(log.with_name("events.csv.2"))
    log.with_name("events.csv-20260301").rename(log.with_name("events.csv-20260302"))
    assert settled(source, clock) == ["1"]
    assert source.note == ""


def test_a_file_that_is_still_being_compressed_is_read_from_its_original(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    drain(source)
    shift(log)
    write(log, HEADER + b"1,login,\n")
    middle = shift(log)
    write(log.with_name(f"{middle.name}.gz"), gzip.compress(middle.read_bytes())[:15])
    write(log, HEADER + b"2,login,\n")
    assert settled(source, clock) == ["1", "2"]
    assert source.note == ""


def test_an_older_compressed_file_of_the_same_number_is_another_file(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    drain(source)
    shift(log)
    write(log, HEADER + b"1,login,\n")
    os.utime(log, ns=(0, 10**18))
    left = compress(shift(log))
    write(log, HEADER + b"2,login,\n")
    log.rename(left.with_suffix(""))
    write(log, HEADER + b"3,login,\n")
    assert settled(source, clock) == ["1", "2", "3"]


def test_a_copy_made_beside_the_file_is_not_taken_for_another_generation(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    drain(source)
    write(log.with_name("events.csv.bak"), log.read_bytes())
    shift(log)
    write(log, HEADER + b"1,login,\n")
    assert settled(source, clock) == ["1"]


@pytest.mark.parametrize("name", ["events.csv-20260305", "events.csv.2026-03-05T09"])
def test_names_with_dates_are_known_too(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile], name: str
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    drain(source)
    log.rename(log.with_name(name))
    write(log, HEADER + b"1,login,\n")
    log.rename(log.with_name(f"{name}.1"))
    write(log, HEADER + b"2,login,\n")
    assert settled(source, clock) == ["1", "2"]


def test_empty_files_among_those_rotated_hold_nobody_up(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, b"")
    source = follow()
    drain(source)
    for number in range(4):
        shift(log)
        write(log, b"" if number % 2 else HEADER + b"%d,login,\n" % number)
    shift(log)
    write(log, HEADER + b"9,login,\n")
    assert settled(source, clock, rounds=12) == ["0", "2", "9"]


def test_a_file_rotated_before_the_name_comes_back_is_not_waited_with(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    drain(source)
    shift(log)
    write(log, HEADER + b"1,login,\n")
    shift(log)  # and nobody makes the file anew
    assert settled(source, clock) == ["1"]
    assert source.note == "waiting for the file"
    write(log, HEADER + b"2,login,\n")
    assert settled(source, clock) == ["2"]
    assert source.note == ""


@pytest.mark.fault("F24", "F31")
def test_what_was_rotated_away_and_cannot_be_found_is_a_gap_that_is_said(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    drain(source)
    for number in (1, 2):
        shift(log).unlink()
        write(log, HEADER + b"%d,login,\n" % number)
    assert settled(source, clock) == ["2"]
    assert source.note.startswith("gap (1): the file was not kept beside its successor")


def test_a_file_compressed_in_another_way_is_a_gap_unless_it_is_one_that_was_read(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"0,login,\n")
    os.utime(log, ns=(0, 10**18))
    source = follow()
    drain(source)
    for number in (1, 2):
        old = shift(log)
        write(log, HEADER + b"%d,login,\n" % number)
        opaque = old.rename(old.with_name(f"events.csv.{3 - number}.xz"))
        os.utime(opaque, ns=(0, 10**18 + (number - 1) * 10**9))
    # the one compressed first is the file that was read, by the time of its last change
    assert settled(source, clock) == ["2"]
    assert source.note == "gap (1): events.csv.1.xz cannot be read"


def test_a_damaged_file_among_those_rotated_is_read_up_to_the_damage_and_said(
    log: Path, clock: Clock, follow: Callable[[], FollowedFile]
) -> None:
    write(log, HEADER + b"0,login,\n")
    source = follow()
    drain(source)
    shift(log)
    write(log, HEADER + b"".join(b"1-%d,login,\n" % number for number in range(4000)))
    torn = compress(shift(log))
    torn.write_bytes(torn.read_bytes()[:-2000])
    write(log, HEADER + b"2,login,\n")
    found = settled(source, clock)
    assert found[0] == "1-0"
    assert found[-1] == "2"
    assert source.note == "gap (1): events.csv.1.gz cannot be read to its end"


@pytest.mark.fault("F27")
def test_an_inode_that_was_that_of_an_old_file_does_not_hide_a_new_one(
    log: Path,
) -> None:
    one = beside_trace(write(log.with_name("events.csv.1"), HEADER + b"old,login,\n"))
    two = replace(one, head=HEADER + b"new,login,\n", body=b"new,login,\n", changed_ns=one.changed_ns + 1)
    assert not one.is_again(two)
    assert one.is_again(replace(one, head=(one.head or b"") + b"more", changed_ns=one.changed_ns + 1))
    empty = replace(one, head=b"", body=b"")
    assert empty.is_again(empty)
    assert not empty.is_again(two)


def beside_trace(path: Path) -> Trace:
    (trace,) = beside(path.with_suffix(""), Syntax.CSV)
    return trace


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
        self.rotated = 0
        self.torn = b""
        self.seen: list[str] = []
        write(self.log, HEADER)
        self.read()  # what lies aside before that is none of its business

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

    @rule(packed=st.booleans())
    def rotate(self, *, packed: bool) -> None:
        """As logrotate does it; nobody waits for the reader."""
        append(self.log, self.torn)
        self.torn = b""
        old = shift(self.log, keep=self.rotated + 1)
        if packed:
            compress(old)
        self.rotated += 1
        write(self.log, HEADER)

    @rule()
    def read(self) -> None:
        self.seen += ids([self.source.read()])

    @rule(seconds=st.floats(0, 2))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def settle(self) -> None:
        for _ in range(2 + self.rotated):
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
