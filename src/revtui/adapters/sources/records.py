"""Records: what a file format makes of some bytes, before anything is judged.

A format is given whole lines (the last one of a finite source may lack its newline) and answers
with rows, with lines that are no records, and with how many bytes it has used. It may leave bytes
at the end unused when only later bytes can tell what they are (an open quote).

The verdict on a line is the same alone and among neighbours, however the bytes were cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from revtui.core.events import RawBatch, Rejected
from revtui.core.text import RAW_BYTES_KEPT, escape_raw, sanitise

LINE_LIMIT_BYTES: Final = 1 << 20
"""A longer line is skipped to its newline and quarantined by its head."""

HOLE_BYTES: Final = 8
"""So many NUL bytes after a torn line make a hole, behind which a record may start."""

BLANKS: Final = b" \t\r\0"
"""A line of these alone is no row."""

NOT_A_RECORD: Final = "not_a_record"

DETAIL_CHARS: Final = 200

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Rows and non-rows found in a run of bytes; positions are relative to its first byte."""

    frame: pl.DataFrame
    """One row per record, in order, with `offset`."""
    starts: Positions
    """Where each row of `frame` begins."""
    ends: Positions
    """Where each row of `frame` ends, without its newline."""
    rejected: tuple[Rejected, ...] = ()
    plain: bool = False
    """See `core.events.RawBatch`."""
    consumed: int
    """Bytes used; what follows is to be offered again, with more."""


class RecordFormat(Protocol):
    """A syntax of records, such as CSV."""

    def parse(self, data: bytes, offset: int, *, final: bool) -> Records:
        """Read the lines of `data`, which stands at `offset` of its source.

        With `final` nothing follows: everything is used, and the last line needs no newline.
        """


def too_long(limit_bytes: int) -> str:
    """What is wrong with a line of more than `limit_bytes`."""
    return f"a line of more than {limit_bytes:,} bytes"


def rejection(source: str, offset: int, raw: bytes, detail: str, reason: str = NOT_A_RECORD) -> Rejected:
    """The line `raw` at `offset` of `source`, refused for `reason`."""
    return Rejected(
        reason=reason,
        detail=sanitise(detail[:DETAIL_CHARS]),
        source=source,
        offset=offset,
        raw=escape_raw(raw[:RAW_BYTES_KEPT]),
    )


def behind_hole(line: bytes) -> int | None:
    """Where the record in `line` may start, behind NUL bytes that a crashed writer left.

    0 without NUL bytes; None when they lie inside of what should be a record.
    """
    behind = line.rfind(b"\0") + 1
    if line.endswith(b"\0") and line.strip(BLANKS):
        return None
    if not line[:behind].strip(BLANKS) or line.endswith(bytes(HOLE_BYTES), 0, behind):
        return behind
    return None


def joined(parts: Sequence[Records], consumed: int) -> Records:
    """The parts in order, as one; their positions have the same origin."""
    if not parts:
        none = np.empty(0, np.int64)
        return Records(
            frame=pl.DataFrame(schema={"offset": pl.Int64}), starts=none, ends=none, consumed=consumed
        )
    if len(parts) == 1:
        return replace(parts[0], consumed=consumed)
    return Records(
        frame=pl.concat([part.frame for part in parts], how="diagonal"),
        starts=np.concatenate([part.starts for part in parts]),
        ends=np.concatenate([part.ends for part in parts]),
        rejected=tuple(line for part in parts for line in part.rejected),
        plain=all(part.plain for part in parts),
        consumed=consumed,
    )


def batch_of(
    records: Records,
    data: bytes,
    *,
    source: str,
    generation: int,
    end_offset: int,
    more: tuple[Rejected, ...] = (),
) -> RawBatch:
    """`records`, parsed from `data`, as the batch a source hands over; `more` was refused besides."""
    starts, ends = records.starts, records.ends

    def raw(row: int) -> bytes:
        return data[int(starts[row]) : int(ends[row])]

    return RawBatch(
        source=source,
        generation=generation,
        frame=records.frame,
        rejected=records.rejected + more,
        plain=records.plain,
        raw=raw,
        end_offset=end_offset,
    )


def empty_batch(
    source: str, *, generation: int = 0, end_offset: int = 0, rejected: tuple[Rejected, ...] = ()
) -> RawBatch:
    """A batch without rows: nothing now, or only lines that are no records."""
    return RawBatch(
        source=source,
        generation=generation,
        frame=pl.DataFrame(schema={"offset": pl.Int64}),
        rejected=rejected,
        end_offset=end_offset,
    )
