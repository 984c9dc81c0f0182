"""Where data goes: standard output, or a file that appears whole or not at all.

A regular file is written under a temporary name in its own folder and renamed, so that a reader
never sees half of it and a failure leaves the old one. Anything else that exists there (a pipe,
`/dev/null`) is written directly. A symlink is followed: its target is replaced, the link stays.
"""

import io
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from revtui.cli.signals import unfinished
from revtui.core.errors import RevtuiError, UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD: Final = frozenset({None, "-", "/dev/stdout", "/dev/fd/1"})
_OPEN_ALREADY: Final = (Path("/dev"), Path("/proc"))
"""Names below these stand for what is open, whatever lies behind them."""


def is_standard(name: str | None) -> bool:
    """Whether `name` means standard output."""
    return name in _STANDARD


def refuse_unwritable(name: str | None) -> None:
    """Say early what `output` would only find out after the work.

    Raises:
        UsageError: when `name` is a folder, or its folder does not exist.
        RevtuiError: when nothing may be written there, or standard output is closed.
    """
    if name is None or is_standard(name):
        if sys.stdout is None:
            raise RevtuiError("standard output is closed", hint="name a file with --output")
        return
    if not name:
        raise UsageError("the name of a file to write is empty")
    try:
        _refuse(name)
    except OSError as error:
        raise UsageError(f"cannot write {name}: {error.strerror}") from error


def _refuse(name: str) -> None:
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"cannot write {name}: it is a folder", hint="name a file in it")
    replaceable = _replaceable(path)
    folder = path.resolve().parent
    if replaceable and not folder.is_dir():
        raise UsageError(f"cannot write {name}: there is no folder {folder}", hint="create it first")
    if not os.access(folder if replaceable else path, os.W_OK):
        raise RevtuiError(f"cannot write {name}: permission denied")


def refuse_clash(first: str | None, second: str | None) -> None:
    """Refuse two outputs in one place; the second is not written when None.

    Raises:
        UsageError: when both are standard output, or the same file.
    """
    if second is None:
        return
    if is_standard(first) and is_standard(second):
        raise UsageError("two outputs cannot share standard output", hint="name a file for one of them")
    if first is not None and not is_standard(first) and Path(first).absolute() == Path(second).absolute():
        raise UsageError(f"two outputs cannot go to the same file, {second}")


@contextmanager
def output(name: str | None) -> Iterator[BinaryIO]:
    """A binary stream to the file `name`, or to standard output; whole when the block ends without an error.

    Raises:
        BrokenPipeError: when the reader of a pipe has gone.
        RevtuiError: when it cannot be written; a file's earlier content is then still there.
        UsageError: as `refuse_unwritable`.
    """
    refuse_unwritable(name)
    sinks: list[_Sink] = []
    try:
        with _opened(name) as stream:
            sinks.append(_Sink(stream))
            yield cast("BinaryIO", sinks[0])
    except Exception as error:
        failure = sinks[0].failure if sinks and sinks[0].failure is not None else error
        if not isinstance(failure, OSError):
            raise
        if isinstance(failure, BrokenPipeError):
            raise failure from None
        shown = "standard output" if is_standard(name) else name
        raise RevtuiError(f"cannot write {shown}: {failure.strerror or failure}") from error


class _Sink(io.RawIOBase):
    """Remembers why a write failed, since libraries that write through it report only that it did."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return self._stream.write(data)
        except OSError as error:
            self.failure = error
            raise

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self.failure = error
            raise


@contextmanager
def _opened(name: str | None) -> Iterator[BinaryIO]:
    if name is None or is_standard(name):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif _replaceable(path := Path(name)):
        with _replacement(path.resolve()) as stream:
            yield stream
    else:
        with path.open("ab") as stream:  # appending truncates nothing behind /dev/fd/3
            yield stream


def _replaceable(path: Path) -> bool:
    """Whether a rename may put a new file there: nothing is there yet, or a regular file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return True
    return stat.S_ISREG(mode) and not any(path.absolute().is_relative_to(folder) for folder in _OPEN_ALREADY)


@contextmanager
def _replacement(target: Path) -> Iterator[BinaryIO]:
    temporary = target.with_name(f"{target.name[:200]}.{secrets.token_hex(4)}.tmp")
    try:
        with unfinished(temporary), temporary.open("xb") as stream:  # its mode is what the umask leaves
            with suppress(FileNotFoundError):  # a file that was private stays so
                os.fchmod(stream.fileno(), stat.S_IMODE(target.stat().st_mode))
            yield stream
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
