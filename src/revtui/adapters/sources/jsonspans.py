"""JSON lines of one shape, cut into fields by their quotes, many lines at a time.

Most writers put the same keys in the same order on every line, without escapes. Then the quotes alone
tell where everything is, and what lies between them can be proved to make an object of single values:

    {"event_id":"a-1","amount":12.5,"user_id":null}
     o        c o   c o      c      o       c            quotes that open and close, in turns
            key:             key:         key:           a string that closes before a colon is a key

Lines with different numbers of keys (of writers that leave out what is empty) are taken in groups. What
is not proved here is left to `jsonlines`, which reads line by line; the values are the same.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from revtui.adapters.sources.records import Positions
from revtui.adapters.sources.spans import READABLE, Fields, Span
from revtui.core.arrays import BoolArray

APART: Final = "amount"
"""The field of which a number and the same as text are told apart."""

_QUOTE, _COLON, _COMMA, _BLANK, _OPEN, _CLOSE = 0x22, 0x3A, 0x2C, 0x20, 0x7B, 0x7D
_MOST_KEYS: Final = 64
_MOST_GROUPS: Final = 8
_LONGEST_FLOAT: Final = 15
"""Characters of a number that means the same by its digits and as a binary float."""
_WORDS: Final = {b"null": 4, b"true": 4, b"false": 5}


class _Keys(NamedTuple):
    """Every key of every line, in order, and what stands behind it."""

    open: Positions
    """Its first quote."""
    close: Positions
    """Its last."""
    start: Positions
    """Where its value starts; of a string, behind the quote."""
    length: Positions
    is_string: BoolArray
    first: Positions
    """The number of the first key of each line."""


@dataclass(slots=True)
class _Column:
    """The values of one name in all lines."""

    start: Positions
    length: Positions
    """0 where there is none."""
    is_string: BoolArray


def read_lines(
    data: bytes, starts: Positions, ends: Positions, names: Sequence[str], *, as_text: Container[str]
) -> list[pl.Series] | None:
    """The fields `names` of lines, as columns of `core.events.RawBatch`; None when anything is not proved.

    Args:
        data: The bytes: valid UTF-8, without control characters but for the ends of lines.
        starts: Where each line starts; at least one.
        ends: Where it ends, without its line end.
        names: What is wanted; what no line has gets no column.
        as_text: What of it must stay text.
    """
    keys = _keys(data, starts, ends)
    fields = Fields(data)
    columns = None if keys is None else _columns(fields, keys, starts, names)
    if columns is None:
        return None
    found, texts = list[pl.Series](), dict[str, _Column]()
    for name, column in columns.items():
        read: list[pl.Series] = []
        if name in READABLE and name not in as_text:
            read = fields.read(name, Span(column.start, column.length), longest=_LONGEST_FLOAT)
        found += read
        if not read:
            texts[name] = column
    if not all(_is_text(fields, name, column) for name, column in texts.items()):
        return None
    return found + _texts(data, starts, texts)


def _keys(data: bytes, starts: Positions, ends: Positions) -> _Keys | None:
    """The keys, when each line is `{` key `:` value (`,` key `:` value)* `}`; values are not looked into."""
    buffer = np.frombuffer(data + b"\n", np.uint8)
    quotes = np.flatnonzero(buffer == _QUOTE)
    if b"\\" in data or quotes.size % 2:
        return None
    opens, closes = quotes[0::2], quotes[1::2]
    strings = np.flatnonzero(buffer[closes + 1] == _COLON)
    opened, closed = opens[strings], closes[strings]
    first = np.flatnonzero(buffer[opened - 1] == _OPEN)
    values = np.diff(strings, append=opens.size) - 1  # strings between a key and the next one
    if first.size != starts.size or (opened[first] != starts + 1).any() or int(values.max()) > 1:
        return None
    last = np.append(first[1:], strings.size) - 1
    colon_blank = int(buffer[closed[0] + 2] == _BLANK)
    comma_blank = int(strings.size > 1 and last[0] > 0 and buffer[opened[1] - 1] == _BLANK)
    start = closed + 2 + colon_blank
    stop = np.append(opened[1:], 0) - 1 - comma_blank
    stop[last] = ends - 1
    marks = np.full(strings.size, _COMMA, np.uint8)
    marks[last] = _CLOSE
    proved = (buffer[stop] == marks) & (stop > start)
    if colon_blank:
        proved &= buffer[closed + 2] == _BLANK
    if comma_blank:
        proved &= (buffer[stop + 1] == _BLANK) | (marks == _CLOSE)
    is_string = values == 1
    text = strings[is_string] + 1
    quoted = (opens[text] == start[is_string]) & (closes[text] == stop[is_string] - 1)
    if not proved.all() or not quoted.all():
        return None
    return _Keys(opened, closed, start + is_string, stop - start - 2 * is_string, is_string, first)


def _columns(
    fields: Fields, keys: _Keys, starts: Positions, names: Sequence[str]
) -> dict[str, _Column] | None:
    """The wanted columns, when the lines have the same keys in the same order, by groups."""
    count = np.diff(keys.first, append=keys.open.size)
    sizes = np.unique(count) if (count != count[0]).any() else count[:1]
    if len(sizes) > _MOST_GROUPS or int(sizes[-1]) > _MOST_KEYS:
        return None
    columns: dict[str, _Column] = {}
    for size in sizes.tolist():
        rows = np.flatnonzero(count == size) if len(sizes) > 1 else np.arange(count.size)
        known: set[str] = set()
        for turn in range(size):
            here = keys.first[rows] + turn
            name = _name(fields, Span(keys.open[here] + 1, keys.close[here] - keys.open[here] - 1))
            if name is None or name in known:
                return None
            known.add(name)
            value = _Column(keys.start[here], keys.length[here], keys.is_string[here])
            if not _drop_words(fields, value, wanted=name in names):
                return None
            if name in names:
                column = columns.setdefault(
                    name, _Column(starts.copy(), np.zeros_like(starts), np.zeros(starts.size, np.bool_))
                )
                column.start[rows], column.length[rows] = value.start, value.length
                column.is_string[rows] = value.is_string
    return columns


def _name(fields: Fields, span: Span) -> str | None:
    """The key that all lines have at a place."""
    return fields.text(int(span.start[0]), int(span.length[0])) if fields.alike(span) else None


def _drop_words(fields: Fields, value: _Column, *, wanted: bool) -> bool:
    """Take `null` out of a column; False when it holds anything but strings, numbers and that.

    What is not wanted may hold `true` and `false` too.
    """
    bare = np.flatnonzero(~value.is_string)
    if not bare.size:
        return True
    start, length = value.start[bare], value.length[bare]
    first = fields.word(start)
    rest = np.ones(bare.size, np.bool_)
    for word, size in _WORDS.items():
        if word != b"null" and wanted:
            continue
        mine = (length == size) & (first & np.uint64((1 << 8 * size) - 1) == int.from_bytes(word, "little"))
        rest &= ~mine
        value.length[bare[mine]] = 0
    numbers = Span(start[rest], length[rest])
    return not rest.any() or fields.numbers(numbers, longest=_LONGEST_FLOAT) is not None


def _is_text(fields: Fields, name: str, column: _Column) -> bool:
    """Whether the text of every value is that of its bytes: strings, and whole numbers that are no money."""
    bare = np.flatnonzero(~column.is_string & (column.length > 0))
    if not bare.size:
        return True
    if name == APART:
        return False
    numbers = fields.numbers(Span(column.start[bare], column.length[bare]))
    return numbers is not None and not numbers.scale.any()


def _texts(data: bytes, starts: Positions, columns: dict[str, _Column]) -> list[pl.Series]:
    """Columns cut out of the lines; `""` is a text, `null` is none."""
    if not columns:
        return []
    lines = pl.read_csv(
        data,
        has_header=False,
        separator="\x01",  # stands nowhere: every line is one field
        quote_char=None,
        schema={"line": pl.String},
        infer_schema=False,
    )["line"].cast(pl.Binary)
    text = {
        name: pl.lit(lines)
        .bin.slice(pl.Series(column.start - starts), pl.Series(column.length))
        .cast(pl.String)
        for name, column in columns.items()
    }
    for name, column in columns.items():
        there = column.is_string | (column.length > 0)
        text[name] = (text[name] if there.all() else pl.when(pl.Series(there)).then(text[name])).alias(name)
    return pl.select(list(text.values())).get_columns()
