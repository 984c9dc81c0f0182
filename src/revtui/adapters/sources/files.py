"""Finite sources of lines: files of CSV or JSON lines, compressed or not, and pipes.

Each read hands over the rows of one piece of the stream. A compressed file that breaks off gives
the rows before the break; the break itself counts as one line that is no record, and the source's
note says so.
"""

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from revtui.adapters.sources.bytestreams import ByteStream, FileBytes, GzipBytes, Pace, PipeBytes, TextBytes
from revtui.adapters.sources.formats import Syntax, syntax_of_bytes
from revtui.adapters.sources.lines import LineReader
from revtui.adapters.sources.records import LINE_LIMIT_BYTES, empty_batch
from revtui.adapters.sources.shape import RowShape
from revtui.core.errors import SourceError
from revtui.core.events import RawBatch

PIECE_BYTES: Final = 1 << 18
_MOST_BYTES: Final = {Syntax.CSV: 1 << 22, Syntax.JSON_LINES: 1 << 23}
"""Pieces of a backlog grow to so many bytes: beyond, what is made of them leaves the processor's cache."""


class StreamSource:
    """A finite source over a stream of bytes, which is opened when first read."""

    live = False
    simulated = False

    def __init__(
        self,
        open_stream: Callable[[], ByteStream],
        shape: RowShape,
        *,
        syntax: Syntax | None = None,
        piece_bytes: int = PIECE_BYTES,
        line_limit: int = LINE_LIMIT_BYTES,
    ) -> None:
        """`shape` names the source; without `syntax` it is told from the first byte that is not blank.

        `open_stream` may raise SourceError.
        """
        self.name, self.policy = shape.source, shape.policy
        self._shape = shape
        self._syntax = syntax
        self._pace = pace_of(syntax, piece_bytes)
        self._line_limit = line_limit
        self._open_stream = open_stream
        self._stream: ByteStream | None = None
        self._lines: LineReader | None = None
        self._head = b""
        self._ended = False
        self._damage = ""
        self._lock = threading.Lock()

    @property
    def note(self) -> str:
        """See `engine.ports.Source`."""
        return "; ".join(part for part in (self._shape.note, self._damage) if part)

    def read(self) -> RawBatch | None:
        """See `engine.ports.Source`."""
        with self._lock:
            return None if self._ended else self._next()

    def close(self) -> None:
        """See `engine.ports.Source`."""
        with self._lock:
            self._ended = True
            if self._stream is not None:
                self._stream.close()

    def _next(self) -> RawBatch:
        if self._stream is None:
            self._stream = self._open_stream()
        data = read_bytes(self._stream, self._pace.size, self.name)
        self._pace.got(len(data or b""))
        if data is None:
            batch = self._last(self._stream.damage)
            self._ended = True
            self._stream.close()
            return batch
        if self._lines is not None:
            return self._lines.feed(data)
        self._head += data
        syntax = self._syntax or syntax_of_bytes(self._head)
        if syntax is None:
            return empty_batch(self.name)
        head, self._head = self._head, b""
        return self._reader(syntax).feed(head)

    def _reader(self, syntax: Syntax) -> LineReader:
        format_ = self._shape.format_of(syntax, line_limit=self._line_limit)
        self._lines = LineReader(self.name, format_, line_limit=self._line_limit)
        return self._lines

    def _last(self, damage: str) -> RawBatch:
        """What the end of the stream completes."""
        self._damage = damage
        lines = self._lines or self._reader(self._syntax or Syntax.CSV)
        return lines.finish(damage) if damage else lines.feed(b"", final=True)


def pace_of(syntax: Syntax | None, least: int = PIECE_BYTES) -> Pace:
    """How fast to read a file of this syntax; in pieces smaller than usual, they do not grow."""
    return Pace(least, _MOST_BYTES[syntax or Syntax.CSV] if least >= PIECE_BYTES else least)


def read_bytes(stream: ByteStream, size: int, name: str) -> bytes | None:
    """The next bytes of `stream`.

    Raises:
        SourceError: when the system cannot read them.
    """
    try:
        return stream.read(size)
    except OSError as error:
        raise SourceError(
            f"{name}: cannot be read: {error.strerror}", hint="Check the disk and the permissions."
        ) from error


def file_source(
    path: Path,
    shape: RowShape,
    *,
    syntax: Syntax | None,
    gzip: bool = False,
    piece_bytes: int = PIECE_BYTES,
    line_limit: int = LINE_LIMIT_BYTES,
) -> StreamSource:
    """The finite source of one file (or named pipe)."""
    name = shape.source

    def open_stream() -> ByteStream:
        stream = _opened(path, name)
        return TextBytes(GzipBytes(stream, name) if gzip else stream, name)

    return StreamSource(open_stream, shape, syntax=syntax, piece_bytes=piece_bytes, line_limit=line_limit)


def _opened(path: Path, name: str) -> ByteStream:
    check_readable(path, name)
    try:
        if stat.S_ISREG(path.stat().st_mode):
            return FileBytes(path.open("rb", buffering=0))
        return PipeBytes(os.open(path, os.O_RDONLY | os.O_NONBLOCK), owned=True)
    except OSError as error:
        raise SourceError(f"{name}: cannot be opened: {error.strerror}") from error


def check_readable(path: Path, name: str) -> None:
    """Nothing, if `path` can be read as a finite source.

    Raises:
        SourceError: when it is missing, a folder, or not readable.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise SourceError(
            f"{name}: no such file", hint="Check the path; --follow waits for a file that is yet to come."
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceError(f"{name}: cannot be reached: {reason}") from error
    if stat.S_ISDIR(mode):
        raise SourceError(f"{name}: a folder, not a file", hint=f"To read the files in it: '{name}/*.csv'")
    if not os.access(path, os.R_OK):
        raise SourceError(f"{name}: permission denied", hint="Ask for the right to read it.")
