"""One CSV record, read byte by byte by RFC 4180: the rule that every faster way must agree with.

    field      = quoted | plain
    quoted     = '"' (any byte but '"' | '""')* '"'      may hold commas, newlines, carriage returns
    plain      = any bytes but '"', ',', newline, carriage return

A field that opens with a quote may span lines, up to `SPAN_LIMIT_BYTES` and `SPAN_LIMIT_LINES`; a
quote that does not close by then, or closes badly, makes no record of its first line only, and
reading goes on at the next line: a stray quote never swallows its neighbours.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

SPAN_LIMIT_BYTES: Final = 1 << 16
SPAN_LIMIT_LINES: Final = 100

QUOTE: Final = 0x22
COMMA: Final = 0x2C
NEWLINE: Final = 0x0A
RETURN: Final = 0x0D

_PLAIN_END: Final = re.compile(rb"[,\n\r]")


class Shape(Enum):
    """What the bytes at a place turned out to be."""

    RECORD = "record"
    BROKEN = "broken"
    """No record, whatever follows."""
    OPEN = "open"
    """A quote is open at the end of the bytes: what follows decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A record, or why there is none."""

    shape: Shape
    fields: tuple[bytes, ...] = ()
    end: int = 0
    """Where the record ends, without its newline (a record only)."""
    after: int = 0
    """Where the next record starts (a record only)."""
    problem: str = ""


def _broken(problem: str) -> Scan:
    return Scan(shape=Shape.BROKEN, problem=problem)


def _span_stop(data: bytes, start: int, line_end: int, limit: int, *, final: bool) -> tuple[int, bool]:
    """How far a record that starts at `start` may reach, and whether the bytes reach that far.

    `line_end` is where its first line ends; a single line may be longer than the span limit.
    """
    limit += start
    stop = line_end
    for _ in range(SPAN_LIMIT_LINES - 1):
        newline = data.find(b"\n", stop + 1, limit)
        if newline < 0:
            if final and stop < len(data) < limit:
                stop = len(data)
            return stop, final or len(data) >= limit
        stop = newline
    return stop, True


def scan_record(
    data: bytes, start: int, line_end: int, *, final: bool, limit: int = SPAN_LIMIT_BYTES
) -> Scan:
    """The record at `start` of `data`, whose first physical line ends before `line_end`.

    With `final` no bytes follow `data`, so an open quote is a broken one.
    """
    stop, reached = _span_stop(data, start, line_end, limit, final=final)
    fields: list[bytes] = []
    place = start
    while True:
        if place < stop and data[place] == QUOTE:
            close = _closing_quote(data, place + 1, stop)
            if close < 0:
                if reached:
                    return _broken("a quote opens and does not close")
                return Scan(shape=Shape.OPEN)
            fields.append(data[place + 1 : close].replace(b'""', b'"'))
            place = close + 1
        else:
            end = _plain_end(data, place, stop)
            value = data[place:end]
            if QUOTE in value:
                return _broken("a quote inside a field that has none around it")
            fields.append(value)
            place = end
        if place < stop and data[place] == COMMA:
            place += 1
            continue
        return _closed(data, place, stop, tuple(fields))


def _closing_quote(data: bytes, start: int, stop: int) -> int:
    """Where the quoted field whose content starts at `start` closes; -1: not before `stop`."""
    while True:
        quote = data.find(b'"', start, stop)
        if quote < 0 or data[quote + 1 : quote + 2] != b'"':
            return quote
        start = quote + 2


def _plain_end(data: bytes, start: int, stop: int) -> int:
    """Where the unquoted field at `start` ends: a comma, a newline, a carriage return, or `stop`."""
    mark = _PLAIN_END.search(data, start, stop)
    return mark.start() if mark else stop


def _closed(data: bytes, place: int, stop: int, fields: tuple[bytes, ...]) -> Scan:
    """The record whose last field ends at `place`, provided that a line ends there."""
    end = place
    if place < stop and data[place] == RETURN:
        place += 1
    if place >= stop and stop == len(data):
        return Scan(shape=Shape.RECORD, fields=fields, end=end, after=stop)
    if data[place] == NEWLINE:
        return Scan(shape=Shape.RECORD, fields=fields, end=end, after=place + 1)
    if place > end:
        return _broken("a lone carriage return")
    return _broken("text after a closing quote")
