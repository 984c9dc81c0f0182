r"""JSON lines of one shape, cut into fields by their keys, many lines at a time.

Most writers put the same keys in the same order on every line, without escapes. A quote and a colon then end
a key, and all that stands between two keys is known from the first line:

    {"event_id":"a-1","amount":12.5,"user_id":null}
     \_________/ \___/ \______/ \__/ \________/        heads, which are the same on every line,
        head      value   head  value   head           and values

Every string that is a value begins and ends with a quote; when there are no other quotes than these and those of
the keys, none stands inside. So the lines are proved to be objects of single values. Lines with different
numbers of keys (of writers that leave out what is empty) are taken in groups. What is not proved here is left
to `jsonlines`, which reads line by line; the values are the same.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from revtui.adapters.sources.records import Positions
from revtui.adapters.sources.spans import READABLE, Fields, Span, Text
from revtui.core.arrays import BoolArray

APART: Final = "amount"
"""The field of which a number and the same as text are told apart."""

_QUOTE, _COLON, _COMMA, _BLANK, _CLOSE, _N = 0x22, 0x3A, 0x2C, 0x20, 0x7D, 0x6E
_MOST_KEYS: Final = 64
_MOST_GROUPS: Final = 8
_LONGEST_FLOAT: Final = 15
"""Characters of a number that means the same by its digits and as a binary float."""
_NUMBERS: Final = frozenset({"amount", "latency_ms", "retry_attempt"})
"""Of these, only what could stand in JSON without quotes is readable."""
_FIRST_BYTES: Final = np.array([(1 << 8 * length) - 1 for length in range(9)], dtype=np.uint64)
_NULL: Final = b"null"
_TRUE: Final = b"true"
_FALSE: Final = b"false"


class Lines(NamedTuple):
    """What lines hold."""

    columns: list[pl.Series]
    """Of `core.events.RawBatch`; what no line has gets none."""
    has_empty: bool
    """Whether any text is empty."""


class _Cells(NamedTuple):
    """The values of a group of lines with the same keys: all of shape (lines, keys)."""

    names: list[str]
    start: Positions
    """Of a string, behind the quote."""
    length: Positions
    is_string: BoolArray
    is_null: BoolArray


@dataclass(slots=True)
class _Column:
    """The values of one name in all lines."""

    start: Positions
    length: Positions
    """0 where there is none."""
    is_string: BoolArray

    @property
    def bare(self) -> Positions:
        """Rows that hold something without quotes."""
        return np.flatnonzero(~self.is_string & (self.length > 0))


def read_lines(
    data: bytes, starts: Positions, ends: Positions, names: Sequence[str], *, as_text: Container[str]
) -> Lines | None:
    """The fields `names` of lines; None when anything is not proved.

    Args:
        data: The bytes: valid UTF-8, without control characters but for the ends of lines.
        starts: Where each line starts, with a brace; at least one.
        ends: Where it ends, without its line end.
        names: What is wanted.
        as_text: What of it must stay text.
    """
    fields = Fields(data)
    columns = _columns(fields, data, starts, ends, names)
    if columns is None:
        return None
    found, texts = list[pl.Series](), dict[str, Text]()
    has_empty = False
    for name, column in columns.items():
        read: list[pl.Series] = []
        if name in READABLE and name not in as_text:
            read = fields.read(name, Span(column.start, column.length), longest=_LONGEST_FLOAT)
        if not (read and name in _NUMBERS) and not _is_text(fields, name, column, read=bool(read)):
            return None
        found += read
        if not read:
            has_empty |= bool((column.is_string & (column.length == 0)).any())
            texts[name] = Text(column.start, column.length, column.is_string | (column.length > 0))
    return Lines(found + fields.texts(texts), has_empty)


def _columns(
    fields: Fields, data: bytes, starts: Positions, ends: Positions, names: Sequence[str]
) -> dict[str, _Column] | None:
    """The wanted columns, from groups of lines with the same keys in the same order."""
    buffer = np.frombuffer(data, np.uint8)
    if b"\\" in data:
        return None
    closes = np.flatnonzero((buffer[:-1] == _QUOTE) & (buffer[1:] == _COLON))
    groups = _groups(starts, ends, closes)
    if groups is None:
        return None
    columns: dict[str, _Column] = {}
    strings = 0
    for rows, own in groups:
        cells = _cells(fields, data, buffer, starts[rows], ends[rows], own)
        if cells is None or len(set(cells.names)) < len(cells.names):
            return None
        strings += int(np.count_nonzero(cells.is_string))
        for place, name in enumerate(cells.names):
            if name not in names:
                if not _is_single(fields, cells, place):
                    return None
                continue
            is_string = cells.is_string[:, place]
            start, length = cells.start[:, place], cells.length[:, place] * ~cells.is_null[:, place]
            if own.shape[0] == starts.size:
                columns[name] = _Column(start.copy(), length, is_string.copy())
                continue
            column = columns.setdefault(
                name, _Column(starts.copy(), np.zeros_like(starts), np.zeros(starts.size, np.bool_))
            )
            column.start[rows], column.length[rows], column.is_string[rows] = start, length, is_string
    quotes = int(np.count_nonzero(buffer == _QUOTE))
    return columns if quotes == 2 * (closes.size + strings) else None


def _groups(
    starts: Positions, ends: Positions, closes: Positions
) -> list[tuple[slice | Positions, Positions]] | None:
    """Lines by their number of keys, with the last quote of each key: shape (lines, keys).

    None when there are too many kinds of lines, or some without a key.
    """
    lines = starts.size
    if closes.size % lines == 0 and closes.size:
        own = closes.reshape(lines, -1)
        if (own[:, 0] > starts).all() and (own[:, -1] < ends).all():
            return [(slice(None), own)] if own.shape[1] <= _MOST_KEYS else None
    first = np.searchsorted(closes, starts)
    count = np.diff(first, append=closes.size)
    sizes = np.unique(count)
    if len(sizes) > _MOST_GROUPS or not 0 < int(sizes[0]) <= int(sizes[-1]) <= _MOST_KEYS:
        return None
    own_rows = [np.flatnonzero(count == size) for size in sizes.tolist()]
    return [
        (rows, closes[first[rows, None] + np.arange(size)])
        for rows, size in zip(own_rows, sizes.tolist(), strict=True)
    ]


def _cells(
    fields: Fields,
    data: bytes,
    buffer: np.typing.NDArray[np.uint8],
    starts: Positions,
    ends: Positions,
    closes: Positions,
) -> _Cells | None:
    """The values, when each line is `{` key `:` value (`,` key `:` value)* `}`; they are not looked into."""
    heads = _heads(data, int(starts[0]), closes[0].tolist())
    if heads is None:
        return None
    colon_blank = int(data[int(closes[0, 0]) + 2] == _BLANK)
    size = np.array([len(head) for head in heads])
    head = closes + 1 - size  # where each begins
    start = closes + 2 + colon_blank
    stop = np.empty_like(start)
    stop[:, :-1], stop[:, -1] = head[:, 1:], ends - 1
    length = stop - start
    if (head[:, 0] != starts).any() or int(length.min()) < 1:
        return None
    closed = not (buffer.take(stop[:, -1]) != _CLOSE).any()
    blank = not colon_blank or not (buffer.take(closes + 2) != _BLANK).any()
    if not (closed and blank and _alike(fields, head, size)):
        return None
    first = buffer.take(start)
    is_string = first == _QUOTE
    quoted = (buffer.take(stop - 1) == _QUOTE) & (length > 1)
    is_null = (first == _N) & (length == len(_NULL))
    if (is_string & ~quoted).any() or not _are(fields, start[is_null], _NULL):
        return None
    names = [name.lstrip(b"{, ")[1:-1].decode() for name in heads]
    return _Cells(names, start + is_string, length - 2 * is_string, is_string, is_null)


def _heads(data: bytes, start: int, closes: Sequence[int]) -> list[bytes] | None:
    """What a line has before each value but the colon: `{"name"`, or `,"name"` with or without a blank."""
    heads: list[bytes] = []
    for close in closes:
        opened = data.rfind(b'"', start, close)
        before = opened - 1
        if heads:
            before -= data[before] == _BLANK
            start = close
        if before < 0 or data[before:opened] not in ((b", ", b",") if heads else (b"{",)):
            return None
        heads.append(data[before : close + 1])
    return heads


def _alike(fields: Fields, head: Positions, size: Positions) -> bool:
    """Whether the heads of all lines, of these sizes, are those of the first; their last quotes are known."""
    size = size - 1
    for place in range(0, int(size.max()), 8):
        some = np.flatnonzero(size > place)
        words = fields.word(head[:, some] + place if place or some.size < size.size else head)
        mask = _FIRST_BYTES.take(np.minimum(size[some] - place, 8))
        if ((words ^ words[0]) & mask).any():
            return False
    return True


def _is_single(fields: Fields, cells: _Cells, place: int) -> bool:
    """Whether a column that is not wanted holds single values only."""
    bare = np.flatnonzero(~(cells.is_string[:, place] | cells.is_null[:, place]))
    if not bare.size:
        return True
    start, length = cells.start[bare, place], cells.length[bare, place]
    words = fields.word(start)
    rest = np.ones(bare.size, np.bool_)
    for word in (_TRUE, _FALSE):
        rest &= (length != len(word)) | (words & _FIRST_BYTES[len(word)] != _number(word))
    numbers = Span(start[rest], length[rest])
    return not rest.any() or fields.numbers(numbers, longest=_LONGEST_FLOAT) is not None


def _are(fields: Fields, start: Positions, word: bytes) -> bool:
    """Whether a word of at most eight bytes stands at all these places."""
    return not start.size or bool((fields.word(start) & _FIRST_BYTES[len(word)] == _number(word)).all())


def _number(word: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(word, "little"))


def _is_text(fields: Fields, name: str, column: _Column, *, read: bool) -> bool:
    """Whether the text of every value is that of its bytes: strings, and whole numbers that are no money."""
    bare = column.bare
    if not bare.size:
        return True
    if read or name == APART:
        return False
    numbers = fields.numbers(Span(column.start[bare], column.length[bare]))
    return numbers is not None and not numbers.scale.any()
