"""Files appear whole or not at all, with the rights they should have."""

import errno
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from revtui.cli.output import output, refuse_unwritable
from revtui.core.errors import RevtuiError, UsageError


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def write(name: str, data: bytes = b"new") -> None:
    with output(name) as stream:
        stream.write(data)


def write_until_the_disk_is_full(target: Path) -> None:
    with output(str(target)) as stream:
        stream.write(b"half")
        assert target.read_bytes() == b"old"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    write(str(tmp_path / "a"))
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_private_file_stays_private(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    target.chmod(0o600)
    write(str(target))
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", 0o600)


@pytest.mark.fault("F07")
def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(RevtuiError, match="No space left"):
        write_until_the_disk_is_full(target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_interruption_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), output(str(tmp_path / "a")):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_symlink_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "file")
    write(str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"new"
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["file"]


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    write(str(tmp_path / ("n" * 255)))
    assert [path.name for path in tmp_path.iterdir()] == ["n" * 255]


def test_the_null_device_stays_a_device() -> None:
    write("/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_named_pipe_is_written_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write(str(pipe))
    reader.join(10)
    assert received == [b"new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.fault("F07")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with pytest.raises(RevtuiError, match="cannot write /dev/full: No space left"):
        write("/dev/full", b"x" * 100_000)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "is empty"),
        (".", "is a folder"),
        ("missing/a", "there is no folder"),
        ("file/a", "cannot write file/a"),
    ],
)
def test_an_impossible_name_is_refused_before_any_work(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match=message):
        refuse_unwritable(name)


def test_a_closed_standard_output_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(RevtuiError, match="standard output is closed"):
        write("-")
