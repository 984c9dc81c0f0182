"""Lines out of a stream of bytes that comes in pieces of any size.

Keeps what is not yet a whole line, and never more of it than the line limit: a longer line is
skipped to its newline, and its head quarantined. Offsets are those of the stream, in bytes.

    pieces ──feed──> whole lines ──RecordFormat──> RawBatch
                      └─ torn last line, open quote: kept for the next piece
"""

from dataclasses import replace

from revtui.adapters.sources.records import (
    LINE_LIMIT_BYTES,
    RecordFormat,
    batch_of,
    rejection,
    too_long,
)
from revtui.core.errors import SourceError
from revtui.core.events import RawBatch, Rejected


class LineReader:
    """The bytes of one source, in one generation, cut into records."""

    def __init__(
        self, source: str, syntax: RecordFormat, *, generation: int = 0, line_limit: int = LINE_LIMIT_BYTES
    ) -> None:
        """`source` names rows and rejections; `line_limit` is in bytes, newline not counted."""
        self._source = source
        self._syntax = syntax
        self._generation = generation
        self._line_limit = line_limit
        self._pending = b""
        self._offset = 0
        self._skipping = False
        self.failure: SourceError | None = None
        """Why this stream cannot be read at all."""

    @property
    def end_offset(self) -> int:
        """Where the first byte lies that has no verdict yet."""
        return self._offset

    def feed(self, data: bytes, *, final: bool = False) -> RawBatch:
        """The rows that `data` completes; with `final` nothing follows, and the rest is a row too.

        Raises:
            SourceError: when the stream has no usable header; then for ever after.
        """
        if self.failure is not None:
            raise self.failure
        data = self._skipped(data)
        cut = len(data) if final else data.rfind(b"\n") + 1
        if cut or final:
            whole = b"".join((self._pending, memoryview(data)[:cut]))  # one copy of what may be megabytes
            tail = data[cut:]
        else:
            lines = self._pending.rfind(b"\n") + 1
            whole, tail = self._pending[:lines], self._pending[lines:] + data
        long_tail = len(tail) > self._line_limit
        return self._parsed(whole, tail, final=final or long_tail, long_tail=long_tail)

    def finish(self, torn: str = "") -> RawBatch:
        """The end of a stream that broke off: its last line is no row.

        With `torn`, which says why, that line is rejected (also when nothing of it is there);
        without, it is left unread.
        """
        cut = self._pending.rfind(b"\n") + 1
        whole, rest = self._pending[:cut], self._pending[cut:]
        batch = self._parsed(whole, b"", final=True, long_tail=False)
        if not torn:
            return batch
        refused = rejection(self._source, self._offset, rest, torn)
        self._pending = b""
        return replace(batch, rejected=(*batch.rejected, refused))

    def _parsed(self, whole: bytes, tail: bytes, *, final: bool, long_tail: bool) -> RawBatch:
        """Hand `whole` to the syntax, and keep `tail`, or the head of it when it is too long."""
        start = self._offset
        try:
            records = self._syntax.parse(whole, start, final=final)
        except SourceError as failure:
            self.failure = failure
            raise
        self._offset = start + records.consumed
        self._pending = (whole[records.consumed :] + tail) if records.consumed < len(whole) else tail
        refused = self._shorten() if long_tail else ()
        return batch_of(
            records,
            whole,
            source=self._source,
            generation=self._generation,
            end_offset=self._offset,
            more=refused,
        )

    def _shorten(self) -> tuple[Rejected, ...]:
        """Drop what of the pending line is over the limit: NUL bytes before it, or all of it."""
        body = self._pending.lstrip(b"\0")
        self._offset += len(self._pending) - len(body)
        self._pending = body
        if len(body) <= self._line_limit:
            return ()
        refused = rejection(self._source, self._offset, body, too_long(self._line_limit))
        self._offset += len(body)
        self._pending = b""
        self._skipping = True
        return (refused,)

    def _skipped(self, data: bytes) -> bytes:
        """`data` from the end of an overlong line on."""
        if not self._skipping:
            return data
        newline = data.find(b"\n")
        self._skipping = newline < 0
        used = len(data) if newline < 0 else newline + 1
        self._offset += used
        return data[used:]
