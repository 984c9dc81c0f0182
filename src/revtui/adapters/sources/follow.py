"""A followed file: read from its beginning to its growing end, through rotation and truncation.

    waiting ──it appears──> reading ──its end──> at the end ──it grew──> reading
                                                   │
      the name leads to another file, and the old one stays at its end ──> generation + 1, from 0
      the file is shorter than what was read of it, or what was read has changed ──> the same
      the name leads nowhere ──> still at the end, until it leads somewhere

A last line without a newline is no row until it has one. A rename is followed only after
`rotate_wait_s` at the end of the old file, because writers go on writing to it for a while.
"""

import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from revtui.adapters.sources.files import PIECE_BYTES
from revtui.adapters.sources.formats import kind_of
from revtui.adapters.sources.lines import LineReader
from revtui.adapters.sources.records import LINE_LIMIT_BYTES, empty_batch
from revtui.adapters.sources.shape import RowShape
from revtui.core.errors import SourceError, UsageError
from revtui.core.events import RawBatch

ROTATE_WAIT_S: Final = 2.0
MARKER_BYTES: Final = 64
"""So many bytes before the place of reading are compared before every read."""


class FollowedFile:
    """A file of CSV or JSON lines as a live source; `read` never waits."""

    live = True
    simulated = False

    def __init__(
        self,
        path: Path,
        shape: RowShape,
        *,
        piece_bytes: int = PIECE_BYTES,
        line_limit: int = LINE_LIMIT_BYTES,
        rotate_wait_s: float = ROTATE_WAIT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """The file need not exist yet.

        Raises:
            UsageError: when a file of this kind cannot be followed.
        """
        self._path = path
        self.name, self.policy = shape.source, shape.policy
        kind = kind_of(path)
        if not kind.followable:
            raise UsageError(
                f"{self.name}: compressed files and Parquet cannot be followed",
                hint="Read it without --follow.",
            )
        self._syntax = kind.syntax
        self._shape = shape
        self._piece_bytes = piece_bytes
        self._line_limit = line_limit
        self._rotate_wait_s = rotate_wait_s
        self._monotonic = monotonic
        self._generation = 0
        self._file: int | None = None
        self._place = 0
        self._marker = b""
        self._lines = self._reader()
        self._replaced_at: float | None = None
        self._state = "waiting for the file"
        self._truncations = 0
        self._loss = ""
        self._lock = threading.Lock()
        self._closed = False

    @property
    def note(self) -> str:
        """See `engine.ports.Source`; also what has become of the file."""
        return "; ".join(part for part in (self._shape.note, self._state, self._loss) if part)

    def read(self) -> RawBatch:
        """See `engine.ports.Source`; never None.

        Raises:
            SourceError: when the file is there and cannot be read.
        """
        with self._lock:
            if self._closed:
                return self._nothing()
            try:
                file = self._open() if self._file is None else self._file
                return self._nothing() if file is None else self._next(file)
            except OSError as error:
                raise SourceError(
                    f"{self.name}: cannot be read: {error.strerror}", hint="It is tried again."
                ) from error

    def close(self) -> None:
        """See `engine.ports.Source`."""
        with self._lock:
            self._closed = True
            self._release()

    def _release(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _reader(self) -> LineReader:
        format_ = self._shape.format_of(self._syntax, line_limit=self._line_limit)
        return LineReader(self.name, format_, generation=self._generation, line_limit=self._line_limit)

    def _nothing(self) -> RawBatch:
        return empty_batch(self.name, generation=self._generation, end_offset=self._lines.end_offset)

    def _open(self) -> int | None:
        """The file the name leads to; None: there is none yet."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            self._state = "waiting for the file"
            return None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise SourceError(
                f"{self.name}: not a regular file, so it cannot be followed", hint="Use - for a pipe."
            )
        self._file = file
        self._state = ""
        return file

    def _next(self, file: int) -> RawBatch:
        """The rows behind the place of reading."""
        if os.pread(file, len(self._marker), self._place - len(self._marker)) != self._marker:
            self._truncations += 1
            self._start_anew()
            self._loss = f"truncated ({self._truncations}): rows written just before may be lost"
        data = os.pread(file, self._piece_bytes, self._place)
        if not data:
            return self._at_end(file)
        self._place += len(data)
        self._marker = (self._marker + data)[-MARKER_BYTES:]
        self._replaced_at = None
        return self._lines.feed(data)

    def _start_anew(self) -> None:
        """A new generation, from the beginning."""
        self._generation += 1
        self._place = 0
        self._marker = b""
        self._lines = self._reader()

    def _at_end(self, file: int) -> RawBatch:
        """Nothing more for now: see whether the name still leads to this file."""
        try:
            there = self._path.stat()
        except FileNotFoundError:
            self._state = "the file is gone"
            self._replaced_at = None
        else:
            self._state = ""
            here = os.fstat(file)
            if (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino):
                return self._replaced()
            self._replaced_at = None
        if self._lines.failure is not None:
            raise self._lines.failure
        return self._nothing()

    def _replaced(self) -> RawBatch:
        """Another file has the name now; once writers had time to notice, go over to it."""
        now = self._monotonic()
        if self._replaced_at is None:
            self._replaced_at = now
        failed = self._lines.failure is not None
        if not failed and now - self._replaced_at < self._rotate_wait_s:
            return self._nothing()
        rest = self._nothing() if failed else self._lines.finish()
        self._release()
        self._replaced_at = None
        self._start_anew()
        return rest
