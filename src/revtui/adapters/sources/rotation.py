"""Files renamed aside: those that lie beside a followed file, and how they are known again.

    events.csv   events.csv.1   events.csv.2.gz   events.csv-20260305       NAME.* and NAME-*

A name says nothing, since the next rotation gives it to another file. A file is known again

* by device and inode, when it still begins as it did (an inode is reused as soon as it is free);
* by its first bytes: a copy, or the same file compressed;
* by the time of its last change, when there is no more than a header in it, or when it is compressed
  so that it cannot be looked into: compressors keep that time.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from revtui.adapters.sources.bytestreams import ByteStream, FileBytes, GzipBytes
from revtui.adapters.sources.formats import Syntax
from revtui.core.errors import SourceError

HEAD_BYTES: Final = 4096
_GZIP: Final = ".gz"
_OPAQUE: Final = frozenset({".xz", ".bz2", ".zst", ".lz4", ".lzma", ".zip", ".z", ".7z"})
"""Endings of files that are compressed in a way that is not read here."""
_NO_EVENTS: Final = frozenset({".tmp", ".swp", ".lock", ".part", ".pid", ".pos", ".offset"})
"""Endings of files that programs keep beside another; they never were that file."""
_NUMBERS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a file is known again by."""

    path: Path
    """As it was called when it was looked at."""
    device: int
    inode: int
    changed_ns: int
    head: bytes | None
    """Its first bytes, uncompressed; None: it cannot be looked into."""
    body: bytes
    """Those of them that are rows; empty when they are none, or not known."""

    def is_again(self, later: "Trace") -> bool:
        """Whether `later` is the same file as this one, or holds the same."""
        if (self.device, self.inode) == (later.device, later.inode):
            if later.head is None:
                return self.changed_ns == later.changed_ns or self.path == later.path
            if self.body:
                return self.head is not None and later.head.startswith(self.head)
            return self.changed_ns == later.changed_ns
        if later.head is None or not self.body:
            same_moment = self.changed_ns // 10**9 == later.changed_ns // 10**9
            return same_moment and later.head in {None, self.head}
        return self.head == later.head

    @property
    def opaque(self) -> bool:
        """Whether nothing can be read out of it."""
        return self.head is None


def beside(path: Path, syntax: Syntax) -> list[Trace]:
    """The files renamed aside from `path`, the oldest first; links and folders are none.

    A compressed file that was changed after the one of its name beside it is made from that, and is
    none yet either.
    """
    found = {other: trace for other in _candidates(path) if (trace := _look(other, syntax)) is not None}
    return sorted(
        (trace for trace in found.values() if not _is_in_the_making(trace, found.get(_origin(trace.path)))),
        key=lambda trace: _age(trace, path.name),
    )


def _origin(path: Path) -> Path:
    """What a compressed file is made from."""
    return path.with_suffix("") if path.suffix.lower() in {_GZIP, *_OPAQUE} else path


def _is_in_the_making(trace: Trace, origin: Trace | None) -> bool:
    return origin is not None and origin is not trace and trace.changed_ns >= origin.changed_ns


def trace_of(descriptor: int, path: Path, syntax: Syntax) -> Trace:
    """The trace of an open file that is not compressed."""
    return _trace(os.fstat(descriptor), path, os.pread(descriptor, HEAD_BYTES, 0), syntax)


def unpacked(path: Path, name: str) -> ByteStream:
    """The bytes of a compressed file; `name` stands in errors."""
    return GzipBytes(FileBytes(path.open("rb", buffering=0)), name)


def is_packed(path: Path) -> bool:
    """Whether a file is read by `unpacked`."""
    return path.name.lower().endswith(_GZIP)


def _candidates(path: Path) -> Iterator[Path]:
    """The names that may be those of files renamed aside."""
    names: list[str] = []
    with suppress(OSError):
        names = os.listdir(path.parent)  # noqa: PTH208 - only names are wanted
    for name in names:
        aside = name.startswith((f"{path.name}.", f"{path.name}-"))
        if aside and Path(name).suffix.lower() not in _NO_EVENTS:
            yield path.with_name(name)


def _look(path: Path, syntax: Syntax) -> Trace | None:
    try:
        status = path.lstat()
    except OSError:
        return None  # it has another name by now, or none
    if not stat.S_ISREG(status.st_mode):
        return None
    return _trace(status, path, _head(path), syntax)


def _head(path: Path) -> bytes | None:
    if path.suffix.lower() in _OPAQUE:
        return None
    try:
        if is_packed(path):
            with closing(unpacked(path, path.name)) as stream:
                return _filled(stream)
        with path.open("rb", buffering=0) as file:
            return file.read(HEAD_BYTES)
    except (OSError, SourceError):
        return None


def _filled(stream: ByteStream) -> bytes:
    head = b""
    while len(head) < HEAD_BYTES and (data := stream.read(HEAD_BYTES - len(head))) is not None:
        head += data
    return head


def _trace(status: os.stat_result, path: Path, head: bytes | None, syntax: Syntax) -> Trace:
    rows = head or b""
    if syntax is Syntax.CSV:
        rows = rows.partition(b"\n")[2]
    return Trace(
        path=path,
        device=status.st_dev,
        inode=status.st_ino,
        changed_ns=status.st_mtime_ns,
        head=head,
        body=rows,
    )


def _age(trace: Trace, name: str) -> tuple[int, bool, int, list[tuple[bool, int, str]]]:
    """By the last change; of one moment, plain files first, then as logrotate counts: `.2` before `.1`."""
    ending = trace.path.name.removeprefix(name)[1:]
    plain = ending[: -len(_GZIP)] if is_packed(trace.path) else ending
    number = -int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else 0
    parts: Iterable[str] = _NUMBERS.split(plain)
    natural = [(part.isdigit(), int(part[:18]) if part.isdigit() else 0, part) for part in parts]
    return trace.changed_ns, is_packed(trace.path), number, natural
