"""Bytes in order, from wherever they lie: a file, a compressed file, UTF-16 text, a pipe.

A stream gives `b""` for "nothing now" and None for "no more". Offsets further up count the bytes
that come out here: behind a decompressor they are offsets in the uncompressed text.
"""

import codecs
import os
import select
import zlib
from typing import BinaryIO, Final, Protocol

from revtui.core.errors import SourceError

WAIT_S: Final = 0.2
"""No read waits longer than this."""
PIPE_BYTES: Final = 1 << 16
_GZIP_WINDOW: Final = 31
_GZIP: Final = b"\x1f\x8b"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Pace:
    """How many bytes to ask for: more with each read that gets them all, so that few large pieces are
    read of a backlog, and small ones, at once, of what comes in.
    """

    def __init__(self, least: int, most: int) -> None:
        """From `least` to `most` bytes."""
        self._least, self._most = least, max(least, most)
        self.size = least

    def got(self, count: int) -> None:
        """So many bytes came of the last read."""
        self.size = min(2 * self.size, self._most) if count >= self.size else self._least


class ByteStream(Protocol):
    """Bytes to be read once, in order."""

    @property
    def damage(self) -> str:
        """Why the stream ended before its time; empty when it did not."""

    def read(self, size: int) -> bytes | None:
        """At most about `size` bytes; `b""`: nothing now, None: no more."""

    def close(self) -> None:
        """Release the file; may be called twice."""


class FileBytes:
    """A regular file."""

    damage = ""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes | None:
        """See `ByteStream`."""
        return self._file.read(size) or None

    def close(self) -> None:
        """See `ByteStream`."""
        self._file.close()


class PipeBytes:
    """A pipe or a terminal, such as standard input: waits at most `WAIT_S` for bytes."""

    damage = ""

    def __init__(self, descriptor: int, *, owned: bool) -> None:
        """With `owned`, closing the stream closes the descriptor."""
        self._descriptor = descriptor
        self._owned = owned
        self._open = True

    def read(self, size: int) -> bytes | None:
        """See `ByteStream`."""
        if not self._open:
            return None
        parts: list[bytes] = []
        missing = size
        while missing > 0:
            ready, _, _ = select.select([self._descriptor], [], [], 0 if parts else WAIT_S)
            data = self._read(min(missing, PIPE_BYTES)) if ready else b""
            if not data:
                return b"".join(parts) if parts else data
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def _read(self, size: int) -> bytes | None:
        try:
            return os.read(self._descriptor, size) or None
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """See `ByteStream`."""
        if self._open and self._owned:
            os.close(self._descriptor)
        self._open = False


class GzipBytes:
    """The uncompressed bytes of a gzip stream of one or more members.

    At most `size` bytes come out of one read, however well they were compressed. A stream that
    ends inside a member gives what can be read, a damaged one the pieces before the damage; `damage`
    says so then.
    """

    def __init__(self, stream: ByteStream, name: str) -> None:
        """`name` stands in errors."""
        self._stream = stream
        self._name = name
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._members = 0
        """Members read to their end."""
        self._begun = False
        """Whether the member at hand has had input."""
        self._written = False
        """Whether anything has come out yet."""
        self._input = b""
        self._full = False
        self._ended = False
        self.damage = ""

    def read(self, size: int) -> bytes | None:
        """See `ByteStream`.

        Raises:
            SourceError: when the file is not gzip at all.
        """
        while not self._ended:
            if self._member.eof:
                self._next_member()
            if not self._input and not self._full:
                fresh = self._stream.read(size)
                if fresh is None:
                    self._end()
                elif not fresh:
                    return b""
                self._input = fresh or b""
            elif data := self._inflate(size):
                return data
        return None

    def close(self) -> None:
        """See `ByteStream`."""
        self._stream.close()

    def _end(self) -> None:
        self._ended = True
        if self._begun:
            self.damage = "the compressed file ends early"

    def _next_member(self) -> None:
        """Step over the padding behind a member."""
        self._members += 1
        self._input = self._member.unused_data.lstrip(b"\0")
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._begun = False

    def _inflate(self, size: int) -> bytes:
        if not self._begun:
            self._input = self._input.lstrip(b"\0") if self._members else self._input
            self._begun = bool(self._input)
        try:
            data = self._member.decompress(self._input, size)
        except zlib.error as error:
            self._ended = True
            if not self._members and not self._written:
                raise SourceError(
                    f"{self._name}: not a gzip file ({error})",
                    hint="Rename it if it is not compressed; else fetch it again.",
                ) from error
            self.damage = f"the compressed file is damaged: {error}"
            return b""
        self._written = self._written or bool(data)
        self._full = len(data) == size
        self._input = self._member.unconsumed_tail
        return data


class TextBytes:
    """A stream of UTF-8 lines, whatever the stream below is: gzip and UTF-16 are told by their marks."""

    def __init__(self, stream: ByteStream, name: str) -> None:
        """`name` stands in errors."""
        self._stream = stream
        self._name = name
        self._head = b""
        self._begun = False
        self._decoder: codecs.IncrementalDecoder | None = None
        self._torn = False

    @property
    def damage(self) -> str:
        """See `ByteStream`."""
        return self._stream.damage or ("the UTF-16 text ends inside a character" if self._torn else "")

    def read(self, size: int) -> bytes | None:
        """See `ByteStream`; half a surrogate pair of UTF-16 becomes bytes that are not UTF-8."""
        data = self._stream.read(size)
        if not self._begun:
            data = self._begin(data)
        if self._decoder is None or data is None:
            self._torn = self._decoder is not None and bool(self._decoder.getstate()[0])
            return data
        return self._decoder.decode(data).encode("utf-8", "surrogatepass")

    def close(self) -> None:
        """See `ByteStream`."""
        self._stream.close()

    def _begin(self, data: bytes | None) -> bytes | None:
        """Look at the first two bytes, as soon as they are there."""
        self._head += data or b""
        if data is not None and len(self._head) < len(_GZIP):
            return b""
        self._begun = True
        head, self._head = self._head, b""
        if head.startswith(_GZIP):
            self._stream = GzipBytes(_Resumed(self._stream, head), self._name)
            return b""
        if head.startswith(_UTF16):
            self._decoder = codecs.getincrementaldecoder("utf-16")(errors="surrogatepass")
        return head or data


class _Resumed:
    """A stream of which the first bytes have been read already."""

    def __init__(self, stream: ByteStream, head: bytes) -> None:
        self._stream = stream
        self._head = head

    @property
    def damage(self) -> str:
        return self._stream.damage

    def read(self, size: int) -> bytes | None:
        head, self._head = self._head, b""
        return head or self._stream.read(size)

    def close(self) -> None:
        self._stream.close()
