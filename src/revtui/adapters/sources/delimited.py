"""CSV: a header line, then records, all read as text and nothing guessed.

    a,b             header, `csvheader`
    1,2             regular line, `csvlines` ──────────────────┐
    "1","x          irregular: `csvrecord.scan_record` ──row───┤
     y"                                      │                 └─> polars, all rows in one go
    1,2,3           ─────────────────────────┴─> not a record

Empty fields are null, quoted or not: RFC 4180 gives quotes no meaning of their own, and exporters
that quote everything could not say "nothing" otherwise. A line of blanks is no row. NUL bytes at the
start of a line, which a crashed writer leaves, are skipped; so is a hole of them after a torn line,
when what follows it is a record.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from revtui.adapters.sources.csvheader import Header, check_names, header_again, names_of
from revtui.adapters.sources.csvlines import Lines, split_lines
from revtui.adapters.sources.csvrecord import SPAN_LIMIT_BYTES, Scan, Shape, scan_record
from revtui.adapters.sources.records import (
    BLANKS,
    LINE_LIMIT_BYTES,
    Positions,
    Records,
    behind_hole,
    joined,
    rejection,
    too_long,
)
from revtui.adapters.sources.spans import Fields, Span
from revtui.core.errors import SourceError
from revtui.core.events import Rejected

_MARK: Final = b"\xef\xbb\xbf"
_LEAST_REACH: Final = 1 << 12

Wanted = Callable[[Sequence[str]], Sequence[str]]
"""From the names of a header, those to hand over; raises SourceError when they will not do."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """Lines under one header, sorted into rows and the rest."""

    lines: Lines
    kept: list[tuple[int, int, int]] = field(default_factory=list)
    """Irregular rows: start, end, and where the next record starts."""
    dropped: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of lines that are no regular rows."""
    rejected: list[Rejected] = field(default_factory=list)
    stop: int = 0
    """The line at which sorting stopped."""
    consumed: int = 0
    header: Header | None = None
    """A new header, when that is what stopped it."""

    def drop(self, line: int, after: int) -> None:
        """Take the lines from `line` to the place `after` out of the regular rows."""
        self.dropped.append((line, int(np.searchsorted(self.lines.starts, after))))

    def spans(self, size: int) -> tuple[Positions, Positions, Positions]:
        """Start and end of every row, in order, and where the next record starts; `size` bytes in all."""
        starts, ends = self.lines.starts, self.lines.ends
        afters = np.append(starts[1:], size)
        regular = np.zeros(len(starts), np.bool_)
        regular[: self.stop] = True
        for first, last in self.dropped:
            regular[first:last] = False
        spans = np.stack((starts[regular], ends[regular], afters[regular]))
        if self.kept:
            spans = np.concatenate((spans, np.array(self.kept, np.int64).T), axis=1)
            spans = spans[:, np.argsort(spans[0])]
        return spans[0], spans[1], spans[2]


class CsvFormat:
    """The state of reading one CSV file: the header in force."""

    def __init__(
        self,
        source: str,
        wanted: Wanted,
        *,
        readable: Container[str] = (),
        line_limit: int = LINE_LIMIT_BYTES,
    ) -> None:
        """The first line that is not blank will be the header.

        Args:
            source: Names the file in rejections.
            wanted: Picks columns by the header's names.
            readable: The columns that may be read as times and numbers, when all lines allow it.
            line_limit: In bytes, newline not counted.
        """
        self._source = source
        self._wanted = wanted
        self._readable = readable
        self._line_limit = line_limit
        self._span_limit = min(SPAN_LIMIT_BYTES, line_limit)
        self._header: Header | None = None

    def parse(self, data: bytes, offset: int, *, final: bool) -> Records:
        """See `records.RecordFormat`.

        Raises:
            SourceError: when the first line that is not blank cannot be a header.
        """
        place = 0
        if self._header is None:
            self._header, place = self._first_header(data)
        parts: list[Records] = []
        reach = len(data)
        while self._header is not None and place < len(data):
            # Behind a new header only so much is sorted as may stand before the next one.
            stop = len(data) if place + reach >= len(data) else data.rfind(b"\n", place, place + reach) + 1
            piece = data[place:stop] if stop > place else b""
            run = self._sort(piece, offset + place, self._header, final=final and stop == len(data))
            parts.append(self._records(run, piece, offset + place, place))
            place += run.consumed
            if run.header is not None:
                self._header, reach = run.header, max(2 * run.consumed, _LEAST_REACH)
            elif stop == len(data):
                break
            else:
                reach *= 2
        return joined(parts, place)

    def _first_header(self, data: bytes) -> tuple[Header | None, int]:
        """The header in the first line that is not blank, and where the line below starts."""
        place = data.startswith(_MARK) * len(_MARK)
        while place < len(data):
            end, after = _line_end(data, place)
            if data[place:end].strip(BLANKS):
                line = data[:end]
                scan = scan_record(line, place, end, final=True)
                if scan.shape is not Shape.RECORD:
                    raise SourceError(
                        f"{self._source}: the header line is no CSV: {scan.problem}",
                        hint="The first line must name the columns, separated by commas, and end with a newline.",
                    )
                return self._header_of(check_names(names_of(scan.fields), self._source)), after
            place = after
        return None, len(data)

    def _header_of(self, names: tuple[str, ...]) -> Header:
        chosen = set(self._wanted(names))
        return Header(names=names, wanted=tuple(i for i, name in enumerate(names) if name in chosen))

    def _sort(self, data: bytes, offset: int, header: Header, *, final: bool) -> _Run:
        """Judge the lines of `data` until its end, a new header, or an open quote."""
        lines = split_lines(data, fields=len(header.names), longest=self._line_limit, header=header)
        run = _Run(lines=lines, stop=len(lines.starts), consumed=len(data))
        after = 0
        for line in lines.irregular.tolist():
            start = int(lines.starts[line])
            if start < after:
                continue
            step = self._judge(run, line, data, offset, header, final=final)
            if step is None:
                run.stop, run.consumed = line, start
                break
            after = step
            run.drop(line, after)
            if run.header is not None:
                run.stop, run.consumed = line, after
                break
        return run

    def _judge(
        self, run: _Run, line: int, data: bytes, offset: int, header: Header, *, final: bool
    ) -> int | None:
        """The verdict on an irregular line, noted in `run`, and where the next record starts.

        None: only bytes after `data` can tell.
        """
        start, end = int(run.lines.starts[line]), int(run.lines.ends[line])
        newline, after = _line_end(data, start)
        if newline - start > self._line_limit and len(data[start:newline].lstrip(b"\0")) > self._line_limit:
            return self._reject(run, data, offset, start, end, after, too_long(self._line_limit))
        if not data[start:end].strip(BLANKS):
            return after
        if data.find(b"\0", start, end) >= 0:
            self._judge_hole(run, data, offset, start, end, len(header.names))
            return after
        if (names := _header_line(data[start:newline], header)) is not None:
            if names != header.names:
                run.header = self._header_of(names)
            return after
        scan = scan_record(data, start, end, final=final, limit=self._span_limit)
        return self._judge_scan(run, scan, data, offset, (start, end, after), len(header.names))

    def _judge_scan(
        self, run: _Run, scan: Scan, data: bytes, offset: int, line: tuple[int, int, int], fields: int
    ) -> int | None:
        """The verdict on what was found at `line`: its start, its end, and where the next one starts."""
        start, end, after = line
        if scan.shape is Shape.OPEN:
            return None
        problem: str | None = scan.problem
        if scan.shape is Shape.RECORD:
            if len(scan.fields) != fields:
                problem = f"{len(scan.fields)} fields instead of {fields}"
            elif data.find(b"\0", start, scan.end) >= 0:
                problem = "a quoted field that holds NUL bytes"
            elif (problem := _encoding_problem(data[start : scan.end])) is None:
                run.kept.append((start, scan.end, scan.after))
                return scan.after
            else:  # the record is whole but for its letters
                end, after = scan.end, scan.after
        return self._reject(run, data, offset, start, end, after, problem or "")

    def _judge_hole(self, run: _Run, data: bytes, offset: int, start: int, end: int, fields: int) -> None:
        """A line with NUL bytes: the record behind them may be whole."""
        newline, after = _line_end(data, start)
        line = data[start:newline]
        behind = behind_hole(line)
        scan = scan_record(line, behind or 0, len(line), final=True)
        if (
            behind is None
            or scan.shape is not Shape.RECORD
            or len(scan.fields) != fields
            or _encoding_problem(line)
        ):
            self._reject(run, data, offset, start, end, after, "NUL bytes")
            return
        if line[:behind].strip(BLANKS):
            self._reject(run, data, offset, start, start + behind, after, "a torn line, then NUL bytes")
        run.kept.append((start + behind, end, after))

    def _records(self, run: _Run, data: bytes, offset: int, place: int) -> Records:
        """The rows of `run` as columns; their positions are moved by `place`."""
        header = self._header
        assert header is not None  # noqa: S101 - a run is of lines under a header
        starts, ends, afters = run.spans(len(data))
        columns: list[pl.Series] = []
        if run.lines.fields is not None and len(starts):  # every line is a row
            fields, marks = Fields(data), run.lines.fields
            for number in header.wanted:
                if header.names[number] in self._readable:
                    start = marks[:, number - 1] + 1 if number else starts
                    columns += fields.read(header.names[number], Span(start, marks[:, number] - start))
        read = {column.name.partition("\0")[0] for column in columns}
        columns += _texts(_rows_only(data, starts, afters), len(starts), header, read)
        return Records(
            frame=pl.DataFrame([*columns, pl.Series("offset", starts + offset, dtype=pl.Int64)]),
            starts=starts + place,
            ends=ends + place,
            rejected=tuple(run.rejected),
            consumed=run.consumed,
            plain=run.lines.fields is not None and _plain(data, len(starts)),
        )

    def _reject(
        self, run: _Run, data: bytes, offset: int, start: int, end: int, after: int, problem: str
    ) -> int:
        run.rejected.append(rejection(self._source, offset + start, data[start:end], problem))
        return after


def _line_end(data: bytes, start: int) -> tuple[int, int]:
    """Where the line at `start` ends, and where the next one starts."""
    newline = data.find(b"\n", start)
    return (newline, newline + 1) if newline >= 0 else (len(data), len(data))


def _encoding_problem(raw: bytes) -> str | None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte 0x{raw[error.start]:02x}"
    return None


def _header_line(line: bytes, header: Header) -> tuple[str, ...] | None:
    """The names of the line, when it is a header again."""
    if not all(needle in line for needle in header.needles):
        return None
    line = line.removeprefix(_MARK)
    scan = scan_record(line, 0, len(line), final=True)
    return header_again(scan.fields, header) if scan.shape is Shape.RECORD else None


def _plain(data: bytes, lines: int) -> bool:
    """Whether so many lines are visible ASCII without blanks, but for their ends."""
    buffer = np.frombuffer(data, np.uint8)
    ends = lines + (data.count(b"\r") if b"\r" in data else 0)
    return bool(buffer.max(initial=0) < 0x7F) and int(np.count_nonzero(buffer <= 0x20)) == ends


def _rows_only(data: bytes, starts: Positions, afters: Positions) -> bytes:
    """The bytes of the rows, without what lies between them."""
    if not len(starts):
        return b""
    gaps = np.flatnonzero(afters[:-1] != starts[1:])
    heads = [int(starts[0]), *starts[gaps + 1].tolist()]
    tails = [*afters[gaps].tolist(), int(afters[-1])]
    if not len(gaps) and heads[0] == 0 and tails[0] == len(data):
        return data
    view = memoryview(data)
    return b"".join(view[head:tail] for head, tail in zip(heads, tails, strict=True))


def _texts(rows: bytes, height: int, header: Header, read: Container[str]) -> list[pl.Series]:
    """The wanted columns of `rows`, which are `height` well-formed records, without those read already."""
    wanted = [place for place in header.wanted if header.names[place] not in read]
    if not height or not wanted:
        return [pl.Series(header.names[place], [], dtype=pl.String) for place in wanted]
    frame = pl.read_csv(
        rows,
        has_header=False,
        columns=wanted,
        schema={f"column_{place}": pl.String for place in range(len(header.names))},
        quote_char='"',  # faster than None, even where there is no quote
        infer_schema=False,
    )
    frame = frame.select(pl.all().name.map(lambda name: header.names[int(name[7:])]))
    if b'"' in rows and b'""' in rows:  # the first is so much faster that it comes first
        frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return frame.get_columns()
