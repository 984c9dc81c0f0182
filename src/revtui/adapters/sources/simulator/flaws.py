"""Spoilt rows: what broken producers really send, for quarantines to show.

Which row is spoilt, and how, depends on the seed and the row's number only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from revtui.adapters.sources.simulator.rendering import text_columns
from revtui.adapters.sources.simulator.rhythm import Stream, generator

_FLAWS: Final = (
    ("amount", "1O.50"),  # the letter O
    ("amount", "12.505"),
    ("amount", "-5.00"),
    ("amount", "NaN"),
    ("event_type", None),
    ("event_type", "chargeback_opened"),
    ("event_ts", "2026-02-30T12:00:00Z"),
    ("event_ts", "yesterday"),
    ("currency", "XQX"),
    ("latency_ms", "9e9"),
    ("retry_attempt", "twice"),
)
"""Columns and what stands in them instead; one more kind of flaw is the torn line."""
TORN: Final = len(_FLAWS)
_KINDS: Final = len(_FLAWS) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """Rows after the flaws."""

    frame: pl.DataFrame
    """RAW_COLUMNS, all text; event_ts as ISO 8601 with milliseconds."""
    torn: npt.NDArray[np.intp]
    """Rows whose line breaks off: intact in `frame`, to be cut when written."""


def spoil(frame: pl.DataFrame, *, first_row: int, share: float, seed: int) -> Spoilt:
    """Spoil a share of the rows of a frame whose first row has the number `first_row`."""
    text = text_columns(frame)
    flaw = _flaws(first_row, frame.height, share, seed)
    for number, (column, value) in enumerate(_FLAWS):
        hit = flaw == number
        if hit.any():
            instead = pl.lit(value, dtype=pl.String)
            text = text.with_columns(
                pl.when(pl.Series(hit)).then(instead).otherwise(pl.col(column)).alias(column)
            )
    return Spoilt(frame=text, torn=np.flatnonzero(flaw == TORN))


def torn(line: bytes) -> bytes:
    """What is left of a line."""
    return line[: len(line) * 3 // 5]


_CHUNK: Final = 4096


def _flaws(first_row: int, rows: int, share: float, seed: int) -> npt.NDArray[np.int64]:
    """The kind of flaw of each row, or -1."""
    chunks = range(first_row // _CHUNK, (first_row + rows - 1) // _CHUNK + 1)
    drawn = np.concatenate([_draw(seed, chunk) for chunk in chunks], axis=1) if rows else np.zeros((2, 0))
    begin = first_row % _CHUNK
    hit, kind = drawn[:, begin : begin + rows]
    return np.where(hit < share, (kind * _KINDS).astype(np.int64), -1)


def _draw(seed: int, chunk: int) -> npt.NDArray[np.float64]:
    return generator(seed, Stream.FLAWS, chunk).random((2, _CHUNK))
