"""A followed file: read from its beginning to its growing end, through rotation and truncation.

    waiting ──it appears──> reading ──its end──> at the end ──it grew──> reading
                                                   │
      the name leads to another file, and the old one stays at its end ──> generation + 1, from 0:
          first the files renamed aside since, the oldest first, then the one that has the name
      the file is shorter than what was read of it, or what was read has changed ──> the same
      the name leads nowhere ──> still at the end, until it leads somewhere

A last line without a newline is no row until it has one. A rename is followed only after
`rotate_wait_s` at the end of the old file, because writers go on writing to it for a while; of the
files renamed aside this holds for the newest. What cannot be found again is said in the note.
"""

import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from revtui.adapters.sources.bytestreams import ByteStream
from revtui.adapters.sources.files import PIECE_BYTES, pace_of
from revtui.adapters.sources.formats import kind_of
from revtui.adapters.sources.lines import LineReader
from revtui.adapters.sources.records import LINE_LIMIT_BYTES, empty_batch
from revtui.adapters.sources.rotation import Trace, beside, is_packed, trace_of, unpacked
from revtui.adapters.sources.shape import RowShape
from revtui.core.errors import SourceError, UsageError
from revtui.core.events import RawBatch

ROTATE_WAIT_S: Final = 2.0
MARKER_BYTES: Final = 64
"""So many bytes before the place of reading are compared before every read."""
_ATTEMPTS: Final = 100
"""A file that has another name each time it is to be opened is left for the next rotation."""
_REMEMBERED: Final = 64
"""So many files that have been read are known again, even where they cannot be found for a while."""


class _GrowingFile:
    """A file by its descriptor: it may grow, shrink, and have another name by now."""

    damage = ""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._place = 0
        self._marker = b""

    def rewritten(self) -> bool:
        """Whether what was read last is not there any more; reading then begins anew."""
        there = os.pread(self.descriptor, len(self._marker), self._place - len(self._marker))
        if there == self._marker:
            return False
        self._place, self._marker = 0, b""
        return True

    def read(self, size: int) -> bytes:
        """The next bytes; none: there are no more, for now."""
        data = os.pread(self.descriptor, size, self._place)
        self._place += len(data)
        self._marker = (self._marker + data)[-MARKER_BYTES:]
        return data

    def close(self) -> None:
        os.close(self.descriptor)


class _PackedFile:
    """A compressed file, which is whole."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    @property
    def damage(self) -> str:
        """Why it ended before its time."""
        return self._stream.damage

    def rewritten(self) -> bool:
        """Never."""
        return False

    def read(self, size: int) -> bytes:
        """The next bytes; none: that was all."""
        return self._stream.read(size) or b""

    def close(self) -> None:
        self._stream.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The file that is being read."""

    file: _GrowingFile | _PackedFile
    path: Path
    """What it was called when it was opened, links followed."""
    trace: Trace
    aside: bool
    """Whether it had been renamed aside before it was opened."""


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
        self._pace = pace_of(kind.syntax, piece_bytes)
        self._line_limit = line_limit
        self._rotate_wait_s = rotate_wait_s
        self._monotonic = monotonic
        self._generation = 0
        self._reading: _Reading | None = None
        self._lines = self._reader()
        self._old: list[Trace] | None = None
        """The files that lay aside when reading began."""
        self._done: deque[Trace] = deque(maxlen=_REMEMBERED)
        """The files that have been read, or given up, since then."""
        self._left_at: float | None = None
        """Since when nobody is expected to write to the file that is being read."""
        self._state = "waiting for the file"
        self._truncations = 0
        self._loss = ""
        self._gaps = 0
        self._gap = ""
        self._lock = threading.Lock()
        self._closed = False

    @property
    def note(self) -> str:
        """See `engine.ports.Source`; also what has become of the file."""
        return "; ".join(part for part in (self._shape.note, self._state, self._loss, self._gap) if part)

    def read(self) -> RawBatch:
        """See `engine.ports.Source`; never None.

        Raises:
            SourceError: when the file is there and cannot be read.
        """
        with self._lock:
            if self._closed:
                return self._nothing()
            try:
                if self._reading is None:
                    self._reading = self._open()
                return self._nothing() if self._reading is None else self._next(self._reading)
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
        if self._reading is not None:
            self._reading.file.close()
        self._reading = None

    def _reader(self) -> LineReader:
        format_ = self._shape.format_of(self._syntax, line_limit=self._line_limit)
        return LineReader(self.name, format_, generation=self._generation, line_limit=self._line_limit)

    def _nothing(self) -> RawBatch:
        return empty_batch(self.name, generation=self._generation, end_offset=self._lines.end_offset)

    # --- which file --------------------------------------------------------------------------------

    def _open(self) -> _Reading | None:
        """The oldest file renamed aside since, else the one the name leads to; None: there is none yet.

        The name is opened first: what is renamed in between is found aside, and goes before it.
        """
        if self._old is None:
            self._old = beside(self._path, self._syntax)
        named = self._open_named()
        for _ in range(_ATTEMPTS):
            aside = self._renamed_since(named)
            found = self._open_aside(aside[0]) if aside else None
            if found is not None:
                if named is not None:
                    named.file.close()
                return found
            if not aside:
                break
        self._state = "" if named is not None else "waiting for the file"
        return named

    def _open_named(self) -> _Reading | None:
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise SourceError(
                f"{self.name}: not a regular file, so it cannot be followed", hint="Use - for a pipe."
            )
        return _Reading(
            file=_GrowingFile(file),
            path=Path(os.path.realpath(self._path)),
            trace=trace_of(file, self._path, self._syntax),
            aside=False,
        )

    def _renamed_since(self, named: _Reading | None) -> list[Trace]:
        """The files renamed aside that have not been read, the oldest first."""
        known = [*(self._old or ()), *self._done]
        if self._reading is not None:
            known.append(self._traced(self._reading))
        if named is not None:
            known.append(named.trace)
        return [
            trace
            for trace in beside(self._path, self._syntax)
            if not any(one.is_again(trace) for one in known)
        ]

    def _open_aside(self, trace: Trace) -> _Reading | None:
        """A file renamed aside; None when it cannot be read, or has another name by now."""
        name = trace.path.name
        if trace.opaque:
            self._give_up(trace, f"{name} cannot be read")
            return None
        try:
            if is_packed(trace.path):
                packed = _PackedFile(unpacked(trace.path, name))
                return _Reading(file=packed, path=trace.path, trace=trace, aside=True)
            file = os.open(trace.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._give_up(trace, f"{name} cannot be read: {error.strerror}")
            return None
        status = os.fstat(file)
        if (status.st_dev, status.st_ino) != (trace.device, trace.inode):
            os.close(file)
            return None
        return _Reading(file=_GrowingFile(file), path=trace.path, trace=trace, aside=True)

    def _traced(self, reading: _Reading) -> Trace:
        """The trace of a file as it is now."""
        if isinstance(reading.file, _PackedFile):
            return reading.trace
        return trace_of(reading.file.descriptor, reading.path, self._syntax)

    def _give_up(self, trace: Trace, reason: str) -> None:
        self._done.append(trace)
        self._miss(reason)

    def _miss(self, reason: str) -> None:
        """Rows may be missing, for this reason."""
        self._gaps += 1
        self._gap = f"gap ({self._gaps}): {reason}"

    # --- what is in it -----------------------------------------------------------------------------

    def _next(self, reading: _Reading) -> RawBatch:
        """The rows behind the place of reading."""
        if reading.file.rewritten():
            self._truncations += 1
            self._start_anew()
            self._loss = f"truncated ({self._truncations}): rows written just before may be lost"
            self._old = beside(self._path, self._syntax)  # one of them may be a copy of what is gone
        data = reading.file.read(self._pace.size)
        self._pace.got(len(data))
        if not data:
            return self._at_end(reading)
        self._left_at = None
        return self._lines.feed(data)

    def _start_anew(self) -> None:
        """A new generation, from the beginning."""
        self._generation += 1
        self._lines = self._reader()

    def _at_end(self, reading: _Reading) -> RawBatch:
        """Nothing more for now: see whether the name still leads to this file."""
        if reading.aside or self._has_moved(reading):
            return self._leave(reading)
        self._left_at = None
        if self._lines.failure is not None:
            raise self._lines.failure
        return self._nothing()

    def _has_moved(self, reading: _Reading) -> bool:
        """Whether there is another file to go on with."""
        try:
            there = self._path.stat()
        except FileNotFoundError:
            self._state = "the file is gone"
            return bool(self._renamed_since(None))
        self._state = ""
        return (there.st_dev, there.st_ino) != (reading.trace.device, reading.trace.inode)

    def _leave(self, reading: _Reading) -> RawBatch:
        """Go over to the next file, once writers had time to notice that they should."""
        now = self._monotonic()
        if self._left_at is None:
            self._left_at = now
        failed = self._lines.failure is not None
        waited = now - self._left_at >= self._rotate_wait_s
        if not failed and not waited and not self._renamed_since(None):
            return self._nothing()
        if failed or reading.file.damage:
            self._miss(f"{reading.path.name} cannot be read to its end")
        elif not reading.aside and not self._is_kept(reading):
            self._miss(
                "the file was not kept beside its successor, nor those between them, if there were any"
            )
        rest = self._nothing() if failed else self._lines.finish()
        self._done.append(self._traced(reading))
        self._release()
        self._left_at = None
        self._start_anew()
        return rest

    def _is_kept(self, reading: _Reading) -> bool:
        """Whether the file that had the name can still be found, and so those that had it afterwards."""
        trace = self._traced(reading)
        try:
            status = reading.path.stat()
        except OSError:
            pass
        else:
            if (status.st_dev, status.st_ino) == (trace.device, trace.inode):
                return True  # only a link was switched
        return any(trace.is_again(other) for other in beside(self._path, self._syntax))
