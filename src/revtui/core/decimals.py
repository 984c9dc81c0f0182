"""Decimal numerals: text to exact integers, `digits * 10**-scale`, one by one or by the column.

A numeral is an optional sign, ASCII digits, and at most one point with digits on at least one
side of it: `12`, `-0.50`, `+3.`, `.5`. Exponents, grouping, currency signs, `inf` and `nan` are no
numerals: what they mean depends on who wrote them, and money is not guessed.

The column functions have a fast way for what fits 64 bits as it stands and send the rest to
`read_decimal`, row by row; the values are the same.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

INT64_MAX: Final = 2**63 - 1
_NUMERAL: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_MOST_DIGITS: Final = 18  # of these, any number fits 64 bits

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class OversizedError(ValueError):
    """A numeral whose whole part is beyond 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decimals:
    """A column of numerals; where `readable` is false, the other arrays hold 0."""

    digits: Integers
    scale: Integers
    readable: Mask
    oversized: Mask
    """A numeral, but beyond 64 bits (not readable)."""
    inexact: Mask
    """The fraction goes on behind what 64 bits hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """`digits * 10**(exponent - scale)` as integers."""

    values: Integers
    """Rounded towards minus infinity; 0 where it does not fit."""
    rest: npt.NDArray[np.int8]
    """What rounding dropped: 0 nothing, 1 less than half, 2 half or more; of an inexact numeral: something."""
    fits: Mask
    """abs(values) is at most INT64_MAX."""


class Numeral(NamedTuple):
    """`digits * 10**-scale`, and a little more away from zero when it is inexact."""

    digits: int
    scale: int
    inexact: bool = False


def read_decimal(text: str) -> Numeral | None:
    """A numeral as numbers of 64 bits, None for anything else; a fraction is cut to what they hold.

    Raises:
        OversizedError: when the whole part does not fit.

    >>> read_decimal("-12.50"), read_decimal("1e3")
    (Numeral(digits=-125, scale=1, inexact=False), None)
    """
    numeral = _NUMERAL.fullmatch(text)
    if numeral is None or not (numeral[2] or numeral[3]):
        return None
    whole, fraction = numeral[2].lstrip("0"), (numeral[3] or "").rstrip("0")
    if len(whole) > _MOST_DIGITS + 1 or int(whole or "0") > INT64_MAX:
        raise OversizedError(text)
    kept = fraction[: min(_MOST_DIGITS + 1 - len(whole), _MOST_DIGITS)]
    if int(f"{whole}{kept}" or "0") > INT64_MAX:
        kept = kept[:-1]
    inexact = len(kept) < len(fraction)
    kept = kept.rstrip("0") if not inexact else kept
    digits = int(f"{whole}{kept}" or "0")
    return Numeral(-digits if numeral[1] == "-" else digits, len(kept), inexact)


def read_decimals(text: pl.Series) -> Decimals:
    """Every numeral of a String column; nulls are not readable."""
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() == text.null_count() and whole.min() != -INT64_MAX - 1:
        return _whole_numbers(whole)
    point = text.str.find(".", literal=True)
    digits = text.str.replace(".", "", literal=True).cast(pl.Int64, strict=False)
    scale = (text.str.len_bytes().cast(pl.Int64) - point.cast(pl.Int64) - 1).fill_null(0)
    # ".-5" would be -5; the widest scales and what 64 bits do not hold need care too
    plain = digits.is_not_null() & (point.fill_null(1) > 0) & (scale <= _MOST_DIGITS)
    plain &= digits != -INT64_MAX - 1
    readable = plain.fill_null(False).to_numpy().copy()
    found = Decimals(
        digits=digits.fill_null(0).to_numpy().copy(),
        scale=scale.to_numpy().copy(),
        readable=readable,
        oversized=np.zeros(text.len(), bool),
        inexact=np.zeros(text.len(), bool),
    )
    if not readable.all():
        _read_one_by_one(text, np.flatnonzero(~readable & text.is_not_null().to_numpy()), found)
        found.digits[~readable] = 0
        found.scale[~readable] = 0
    return found


def _whole_numbers(numbers: pl.Series) -> Decimals:
    nothing = np.zeros(numbers.len(), np.int64)
    return Decimals(
        digits=numbers.fill_null(0).to_numpy(),
        scale=nothing,
        readable=numbers.is_not_null().to_numpy(),
        oversized=nothing.astype(bool),
        inexact=nothing.astype(bool),
    )


def _read_one_by_one(text: pl.Series, rows: npt.NDArray[np.intp], found: Decimals) -> None:
    """Fill the arrays of `found` at `rows`."""
    known: dict[str, Numeral | None] = {}
    for row, value in zip(rows.tolist(), text.gather(rows).to_list(), strict=True):
        try:
            decimal = known[value] if value in known else known.setdefault(value, read_decimal(value))
        except OversizedError:
            found.oversized[row] = True
            continue
        if decimal is not None:
            found.digits[row], found.scale[row], found.inexact[row] = decimal
            found.readable[row] = True


def rescale(decimals: Decimals, exponent: Integers | int) -> Scaled:
    """The numerals in units of `10**-exponent` (one for all, or one per row), -18 to 18."""
    shift = exponent - decimals.scale
    if not shift.any() and not decimals.inexact.any():
        nothing = np.zeros(decimals.digits.size, np.int8)
        return Scaled(values=decimals.digits, rest=nothing, fits=nothing == 0)
    powers = np.array([10**power for power in range(19)], np.int64)
    up = np.clip(shift, 0, _MOST_DIGITS)
    fits = np.abs(decimals.digits) <= INT64_MAX // powers[up]
    fits &= ~(decimals.inexact & (shift > 0))  # else another digit would have been kept
    values = np.where(fits, decimals.digits, 0) * powers[up]
    rest = np.zeros(values.size, np.int8)
    down = np.flatnonzero(shift < 0)
    if down.size:
        # at a shift below -18 only the sign of the quotient is right: nothing that large is in range
        divisor = powers[np.clip(-shift[down], 0, _MOST_DIGITS)]
        values[down], dropped = np.divmod(values[down], divisor)
        rest[down] = np.where(dropped == 0, 0, np.where(dropped >= divisor - dropped, 2, 1))
    for row in np.flatnonzero(decimals.inexact & fits).tolist():
        values[row], rest[row] = _rounded(int(decimals.digits[row]), -int(shift[row]))
    return Scaled(values=values, rest=rest, fits=fits)


def _rounded(digits: int, places: int) -> tuple[int, int]:
    """Value and rest of an inexact numeral: `digits`, and a little more away from zero, over `10**places`."""
    value, dropped = divmod(4 * digits + (1 if digits >= 0 else -1), 4 * 10**places)
    return value, 2 if 2 * dropped >= 4 * 10**places else 1
