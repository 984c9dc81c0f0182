"""Lines of CSV judged many at a time, with numpy: which are plainly records, which need a closer look.

A *regular* line is proved to be one record of the wanted number of fields by itself: its quotes open
at the start of a field and close at the end of one, and outside of them stand as many commas as
there should. If a line starts a record and is regular, the next line starts a record too. Every
other line is *irregular* and goes to `csvrecord.scan_record`; irregular does not mean wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from revtui.adapters.sources.csvheader import Header
from revtui.adapters.sources.csvrecord import COMMA, NEWLINE, QUOTE, RETURN
from revtui.adapters.sources.records import Positions

_BLANKS: Final = (0x20, 0x09)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Physical lines of a run of bytes; positions are relative to its first byte."""

    starts: Positions
    ends: Positions
    """Before the newline, and before the carriage return of a CRLF."""
    irregular: Positions
    """Numbers of the lines that need a closer look, rising."""
    fields: Positions | None = None
    """When every line is regular and none holds quotes: where each field ends, shape (lines, fields)."""


def split_lines(data: bytes, *, fields: int, longest: int, header: Header) -> Lines:
    """The lines of `data`, which ends with a newline or with the last line of its source.

    Lines of more or fewer than `fields` fields, lines longer than `longest` bytes, and lines that hold
    every name of the header are irregular, besides those that are no plain CSV.
    """
    marks = _all_regular(data, fields, longest)
    if marks is None:
        return _sorted(data, fields, longest, header.suspects(data))
    ends = marks[:, -1]
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    if int((ends - starts).max()) >= header.shortest:  # shorter lines cannot hold the names
        suspects = header.suspects(data)
        if len(suspects):
            return _sorted(data, fields, longest, suspects)
    if b"\r" in data:
        ends = _without_return(np.frombuffer(data, np.uint8), starts, ends)
        marks[:, -1] = ends
    return Lines(
        starts=starts,
        ends=ends,
        irregular=np.empty(0, np.int64),
        fields=None if b'"' in data else marks,
    )


def _all_regular(data: bytes, fields: int, longest: int) -> Positions | None:
    """Where each field ends, when a cheap look at all lines at once proves every one regular."""
    texts = data.endswith(b"\n") and b"\0" not in data and not len(_not_utf8(data))
    if fields == 1 or not texts:  # of one field, a line of blanks would look regular
        return None
    buffer = np.frombuffer(data, np.uint8)
    separates = buffer == NEWLINE
    newlines = int(np.count_nonzero(separates))
    if b"\r" in data and not separates[np.flatnonzero(buffer == RETURN) + 1].all():
        return None
    separates |= buffer == COMMA
    if b'"' in data and not _mask_quoted(buffer, separates):
        return None
    marks = np.flatnonzero(separates)
    if len(marks) != newlines * fields:
        return None
    ends = marks[fields - 1 :: fields]
    if (buffer[ends] != NEWLINE).any() or np.diff(ends, prepend=-1).max() - 1 > longest:
        return None
    return marks.reshape(newlines, fields)


def _mask_quoted(buffer: NDArray[np.uint8], separates: NDArray[np.bool_]) -> bool:
    """Take separators inside of quotes out of `separates`; False: some quote is out of place."""
    quotes = buffer == QUOTE
    inside = np.logical_xor.accumulate(quotes)
    if inside[-1]:
        return False
    beside = separates | quotes
    opening = np.flatnonzero(quotes & inside)
    if not beside[opening[opening > 0] - 1].all():
        return False
    beside |= buffer == RETURN
    closing = np.flatnonzero(quotes & ~inside)
    if not beside[closing + 1].all():
        return False
    separates &= ~inside
    return True


def _sorted(data: bytes, fields: int, longest: int, suspects: Positions) -> Lines:
    """Every line looked at for itself."""
    buffer = np.frombuffer(data, np.uint8)
    marks = np.flatnonzero((buffer == COMMA) | (buffer == NEWLINE))
    breaks = np.flatnonzero(buffer[marks] == NEWLINE)
    newlines = marks[breaks]
    commas_before = breaks - np.arange(len(breaks))
    ends = newlines
    if not data.endswith(b"\n"):
        ends = np.append(newlines, len(data))
        commas_before = np.append(commas_before, len(marks) - len(newlines))
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    trimmed = _without_return(buffer, starts, ends)
    commas = np.diff(commas_before, prepend=0)
    if b'"' in data:
        odd = _judge_quotes(buffer, starts, trimmed, marks, commas, fields)
    else:
        odd = commas != fields - 1
    odd |= (ends - starts > longest) | (trimmed == starts)
    if fields == 1:
        odd |= np.isin(buffer[np.minimum(starts, len(buffer) - 1)], _BLANKS)
    for place in (
        _lone_returns(data, buffer, trimmed, ends),
        _nulls(data, buffer),
        _not_utf8(data),
        suspects,
    ):
        odd[np.searchsorted(starts, place, side="right") - 1] = True
    return Lines(starts=starts, ends=trimmed, irregular=np.flatnonzero(odd))


def _without_return(buffer: NDArray[np.uint8], starts: Positions, ends: Positions) -> Positions:
    last = np.maximum(ends - 1, 0)
    trimmed: Positions = ends - ((buffer[last] == RETURN) & (ends > starts))
    return trimmed


def _lone_returns(data: bytes, buffer: NDArray[np.uint8], trimmed: Positions, ends: Positions) -> Positions:
    """Carriage returns that are not part of a line's end."""
    if b"\r" not in data:
        return np.empty(0, np.int64)
    returns = np.flatnonzero(buffer == RETURN)
    return np.setdiff1d(returns, trimmed[trimmed < ends], assume_unique=True)


def _nulls(data: bytes, buffer: NDArray[np.uint8]) -> Positions:
    return np.flatnonzero(buffer == 0) if b"\0" in data else np.empty(0, np.int64)


def _not_utf8(data: bytes) -> Positions:
    """One position in every line that is not UTF-8."""
    if data.isascii():
        return np.empty(0, np.int64)
    return np.fromiter(_bad_lines(data), np.int64)


def _bad_lines(data: bytes) -> Iterator[int]:
    view = memoryview(data)
    start = 0
    while start < len(data):
        try:
            str(view[start:], "utf-8")
        except UnicodeDecodeError as error:
            bad = start + error.start
            yield bad
            newline = data.find(b"\n", bad)
            start = newline + 1 if newline >= 0 else len(data)
        else:
            return


def _judge_quotes(
    buffer: NDArray[np.uint8],
    starts: Positions,
    ends: Positions,
    marks: Positions,
    commas: Positions,
    fields: int,
) -> NDArray[np.bool_]:
    """Which lines, of a run that holds quotes, are not plainly `fields` fields.

    `marks` are the places of commas and newlines, `commas` the number of commas in each line.
    """
    quotes = np.flatnonzero(buffer == QUOTE)
    numbers = np.arange(len(starts))
    first = np.searchsorted(quotes, starts)
    many = np.diff(np.append(first, len(quotes)))
    line_of = np.repeat(numbers, many)
    opening = (np.arange(len(quotes)) - first[line_of]) % 2 == 0
    before = buffer[np.maximum(quotes - 1, 0)]
    after = buffer[np.minimum(quotes + 1, len(buffer) - 1)]
    opens_well = (quotes == starts[line_of]) | (before == COMMA) | (before == QUOTE)
    closes_well = (quotes + 1 == ends[line_of]) | (after == COMMA) | (after == QUOTE)
    odd = many % 2 == 1
    odd[line_of[~np.where(opening, opens_well, closes_well)]] = True
    places = marks[buffer[marks] == COMMA]
    comma_line = np.repeat(numbers, commas)
    outside = (np.searchsorted(quotes, places) - first[comma_line]) % 2 == 0
    counts = np.bincount(comma_line[outside], minlength=len(starts))
    return np.asarray(odd | (counts != fields - 1), np.bool_)
