"""JSON lines: one object per line.

Of two equal keys the first holds. Values become text, but for the numbers of `amount`, which stand
apart in `amount:number` because a binary float says less than text does; numbers beyond the range
of floats stay text. A wanted field that holds a list or an object
refutes the row (`bad_<field>`), unless its event type leaves the rest of the row unexamined. A byte
order mark before an object is no part of it.

    lines that begin with `{` ──all at once, msgspec── flat objects, no key twice ──> rows
      any other line, and those of a run that failed ──one by one, json──> row | no record

The second way is the rule; the first is taken only when it provably says the same: its objects are
as many as the lines and flat, so each stands on the line that opens it; and there are as many
distinct keys as there are colons behind a quote, so no key stands twice.
"""

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from revtui.adapters.sources.jsonspans import APART, read_lines
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
from revtui.adapters.sources.spans import READABLE
from revtui.core.events import EVENT_TYPES, Rejected

SPANS_BYTES: Final = 1 << 22
BLOCK_BYTES: Final = 1 << 18
_NEWLINE, _RETURN, _BRACE = 0x0A, 0x0D, 0x7B

_MARK: Final = b"\xef\xbb\xbf"
_DIGITS_PARSED: Final = 4_000
"""Python itself refuses somewhat longer integers."""
_FLOAT_LIMIT: Final = 1 << 1023
_SPACED_COLONS: Final = (b" :", b"\t:", b"\r:")

_Object = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class _Rows:
    """Rows found so far, and the lines that are none."""

    objects: list[_Object] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, found: _Object, start: int, end: int) -> None:
        self.objects.append(found)
        self.starts.append(start)
        self.ends.append(end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Lines, and where they are."""

    data: bytes
    buffer: np.typing.NDArray[np.uint8]
    starts: Positions
    ends: Positions

    @classmethod
    def of(cls, data: bytes) -> "_Run":
        """The lines of some bytes."""
        buffer = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(buffer == _NEWLINE)
        if data and not data.endswith(b"\n"):
            ends = np.append(ends, len(data))
        starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else ends
        return cls(data=data, buffer=buffer, starts=starts, ends=ends)


class NoRecordError(ValueError):
    """A line is no record; the message says why."""


class JsonFormat:
    """Reads JSON lines; keeps nothing between them."""

    def __init__(
        self,
        source: str,
        fields: Sequence[str],
        *,
        apart: bool = True,
        as_text: Container[str] = (),
        line_limit: int = LINE_LIMIT_BYTES,
    ) -> None:
        """Nothing is kept between lines.

        Args:
            source: Names the file in rejections.
            fields: They are handed over.
            apart: The numbers of `amount` go into a column of their own.
            as_text: Fields that are handed over as text, whatever they hold.
            line_limit: In bytes, newline not counted.
        """
        self._source = source
        self._fields = tuple(fields)
        self._apart = apart and APART in self._fields
        self._as_text = as_text if apart else {*READABLE}
        self._line_limit = line_limit
        self._decoder = msgspec.json.Decoder(dict[str, str | int | float | bool | None])

    def parse(self, data: bytes, offset: int, *, final: bool) -> Records:
        """See `records.RecordFormat`; every line is used, `final` or not."""
        del final  # a JSON line never spans lines
        parts = []
        for place, piece in _pieces(data, SPANS_BYTES):
            whole = self._by_spans(_Run.of(piece), offset + place) if len(piece) > BLOCK_BYTES else None
            if whole is not None:
                parts.append((place, whole))
                continue
            for within, block in _pieces(piece, BLOCK_BYTES):
                parts.append((place + within, self._block(block, offset + place + within)))
        moved = [replace(part, starts=part.starts + at, ends=part.ends + at) for at, part in parts]
        return joined(moved or [self._block(b"", offset)], len(data))

    def _block(self, data: bytes, offset: int) -> Records:
        """The rows of a run of lines small enough to stay in the processor's cache."""
        run = _Run.of(data)
        records = self._by_spans(run, offset)
        if records is not None:
            return records
        rows = _Rows()
        if self._all_objects(run) and (objects := self._all_at_once(data, len(run.starts))) is not None:
            rows.objects = objects
            return self._records(rows, run.starts, run.ends, offset, len(data))
        self._one_by_one(rows, data, offset, run.starts.tolist(), run.ends.tolist())
        found = np.array(rows.starts, np.int64)
        return self._records(rows, found, np.array(rows.ends, np.int64), offset, len(data))

    def _all_objects(self, run: "_Run") -> bool:
        """Whether every line begins with a brace and is not too long; so it is of no lines."""
        opening = run.buffer[np.minimum(run.starts, len(run.buffer) - 1)] == _BRACE
        return bool((opening & (run.ends - run.starts <= self._line_limit)).all())

    def _by_spans(self, run: "_Run", offset: int) -> Records | None:
        """The rows of lines that hold nothing but what they seem to; None: not proved."""
        data, buffer, starts, ends = run.data, run.buffer, run.starts, run.ends
        if not len(starts) or not self._all_objects(run):
            return None
        returns = (buffer[np.maximum(ends - 1, 0)] == _RETURN) & (ends > starts)
        line_ends = int(np.count_nonzero(returns)) + data.endswith(b"\n") + len(starts) - 1
        if int(np.count_nonzero(buffer < 0x20)) != line_ends or not _is_utf8(data):
            return None
        lines = read_lines(data, starts, ends - returns, self._fields, as_text=self._as_text)
        if lines is None:
            return None
        columns = lines.columns
        plain = bool(buffer.max() < 0x7F) and b" " not in data and not lines.has_empty
        found = {column.name.partition("\0")[0] for column in columns}
        columns += [
            pl.Series(name, [None], dtype=pl.String).new_from_index(0, len(starts))
            for name in self._fields
            if name not in found
        ]
        return Records(
            frame=pl.DataFrame([*columns, pl.Series("offset", starts + offset, dtype=pl.Int64)]),
            starts=starts,
            ends=ends,
            plain=plain,
            consumed=len(data),
        )

    def _all_at_once(self, data: bytes, lines: int) -> list[_Object] | None:
        """The objects of `lines` lines that each begin with a brace; None: not proved."""
        try:
            objects = self._decoder.decode_lines(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if len(objects) != lines or not _no_key_twice(data, sum(map(len, objects))):
            return None
        return objects

    def _one_by_one(self, rows: _Rows, data: bytes, offset: int, starts: list[int], ends: list[int]) -> None:
        for begin, end in zip(starts, ends, strict=True):
            start = begin + data.startswith(_MARK, begin) * len(_MARK)
            line = data[start:end]
            if not line.strip(BLANKS):
                continue
            try:
                self._judge(rows, line, start, offset)
            except NoRecordError as problem:
                rows.rejected.append(rejection(self._source, offset + start, line, str(problem)))

    def _judge(self, rows: _Rows, line: bytes, start: int, offset: int) -> None:
        """Sort one line into `rows`.

        Raises:
            NoRecordError: for the whole line.
        """
        if len(line) > self._line_limit and len(line.lstrip(b"\0")) > self._line_limit:
            raise NoRecordError(too_long(self._line_limit))
        behind = behind_hole(line)
        if behind is None:
            raise NoRecordError("NUL bytes")
        body = line[behind:]
        found = self._object(body)
        if line[:behind].strip(BLANKS):
            rows.rejected.append(
                rejection(self._source, offset + start, line[:behind], "a torn line, then NUL bytes")
            )
        nested = self._nested(found)
        if nested is None:
            rows.add(found, start + behind, start + len(line))
            return
        problem = f"{nested}: not a single value"
        rows.rejected.append(rejection(self._source, offset + start + behind, body, problem, f"bad_{nested}"))

    def _object(self, line: bytes) -> _Object:
        try:
            found: _Object = self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return read_object(line)
        plain = line.count(b'":') == len(found) and not any(blank in line for blank in _SPACED_COLONS)
        return found if plain else read_object(line)

    def _nested(self, found: _Object) -> str | None:
        """The first wanted field of a row that is no single value, in a row to be examined."""
        nested = [name for name in self._fields if isinstance(found.get(name), dict | list)]
        if not nested:
            return None
        kind = found.get("event_type")
        if isinstance(kind, str) and kind.strip() and kind.strip() not in EVENT_TYPES:
            found.update(dict.fromkeys(nested))
            return None
        return "event_type" if "event_type" in nested else nested[0]

    def _records(
        self,
        rows: _Rows,
        starts: np.typing.NDArray[np.int64],
        ends: np.typing.NDArray[np.int64],
        offset: int,
        size: int,
    ) -> Records:
        columns: list[pl.Series] = []
        for name, values in zip(self._fields, columns_of(rows.objects, self._fields), strict=True):
            if self._apart and name == APART:
                columns += numbers_apart(name, values)
            else:
                columns.append(as_text(name, values))
        columns.append(pl.Series("offset", starts + offset, dtype=pl.Int64))
        return Records(
            frame=pl.DataFrame(columns),
            starts=starts,
            ends=ends,
            rejected=tuple(rows.rejected),
            consumed=size,
        )


def _pieces(data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines of about so many bytes, and where they start."""
    place = 0
    while place < len(data):
        newline = data.find(b"\n", place + size)
        end = newline + 1 if newline >= 0 else len(data)
        yield place, data[place:end]
        place = end


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def columns_of(objects: Sequence[_Object], fields: Sequence[str]) -> list[Sequence[Any]]:
    """The values of each field, None where an object has none."""
    keys = tuple(objects[0]) if objects else ()
    if len(keys) > 1 and sum(map(len, objects)) == len(objects) * len(keys):
        try:
            found = dict(zip(keys, zip(*map(itemgetter(*keys), objects), strict=True), strict=True))
        except KeyError:
            pass  # as many keys, but others
        else:
            none = (None,) * len(objects)
            return [found.get(name, none) for name in fields]
    return [[found.get(name) for found in objects] for name in fields]


def read_object(line: bytes) -> _Object:
    """The object on one line, of equal keys the first; numbers beyond a machine word are text.

    Raises:
        NoRecordError: when the line is no JSON object.
    """
    try:
        found = json.loads(
            line.decode(),
            object_pairs_hook=_first_wins,
            parse_int=_read_int,
            parse_float=_read_float,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise NoRecordError(f"not UTF-8: byte 0x{line[error.start]:02x}") from error
    except json.JSONDecodeError as error:
        raise NoRecordError(f"not JSON: {error.msg}") from error
    except RecursionError as error:
        raise NoRecordError("not JSON: nested too deep") from error
    if not isinstance(found, dict):
        raise NoRecordError("not a JSON object")
    if b"\\u" in line and any(_unpaired(text) for text in (*found, *found.values())):
        raise NoRecordError("half of a surrogate pair")
    return found


def _no_key_twice(data: bytes, keys: int) -> bool:
    """Whether objects with `keys` distinct keys in all provably had none of them twice."""
    buffer = np.frombuffer(data, np.uint8)
    colons = buffer[1:] == 0x3A
    before = buffer[:-1]
    if (colons & (before <= 0x20)).any():  # a blank between key and colon, perhaps
        return False
    return int(np.count_nonzero(colons & (before == 0x22))) == keys


def _first_wins(pairs: list[tuple[str, Any]]) -> _Object:
    return dict(reversed(pairs))


def _read_int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS_PARSED else digits


def _read_float(digits: str) -> float | str:
    value = float(digits)
    return value if np.isfinite(value) else digits


def _refuse_constant(word: str) -> None:
    raise NoRecordError(f"not JSON: {word}")


def _unpaired(value: Any) -> bool:
    return isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value)


def as_text(name: str, values: Sequence[Any]) -> pl.Series:
    """A column of JSON scalars as text."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    if kinds <= {str}:
        return pl.Series(name, values, dtype=pl.String)
    if kinds == {int}:
        try:
            return pl.Series(name, values, dtype=pl.Int64).cast(pl.String)
        except (OverflowError, TypeError):
            return pl.Series(name, list(map(_text, values)), dtype=pl.String)
    return pl.Series(name, list(map(_text, values)), dtype=pl.String)


def numbers_apart(name: str, values: Sequence[Any]) -> list[pl.Series]:
    """Two columns, `name` with the text and `name:number` with the numbers; one of them per row."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    numbers: Sequence[float | None]
    if kinds <= {str}:
        text, numbers = list(values), [None] * len(values)
    elif kinds == {float}:
        text, numbers = [None] * len(values), list(values)
    else:
        numbers = [float(value) if _is_number(value) else None for value in values]
        text = [None if _is_number(value) else _text(value) for value in values]
    return [
        pl.Series(name, text, dtype=pl.String),
        pl.Series(f"{name}:number", numbers, dtype=pl.Float64, strict=False),
    ]


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and -_FLOAT_LIMIT < value < _FLOAT_LIMIT)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return np.format_float_positional(value, trim="0") if isinstance(value, float) else repr(value)
