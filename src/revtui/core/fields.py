"""Raw columns, whatever their type, as text or binary floats; and the reading of each field of an event.

A reader takes a `Field` and returns a `Reading`: a value per row, and for the rows that have a
field outside its definition a fault, `reason: explanation`. Readers never raise for data, and look
at one row at a time as it were: the columns next to a value and the rows above it change nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from revtui.core.decimals import INT64_MAX, Decimals, Mask, read_decimals, rescale
from revtui.core.durations import DAY
from revtui.core.events import DIGITS, SCALE
from revtui.core.text import sanitised_identity
from revtui.core.textcolumns import all_plain, sanitised

NUMBER_SUFFIX: Final = ":number"
"""`amount:number` holds the numbers of a column whose text is in `amount`."""
LATENCY_MS_MAX: Final = 4_200_000

_FLOATS: Final = 2.0**53  # every integer below is a binary float
_YEAR_1_DAYS: Final = -719_162
_YEAR_10000_DAYS: Final = 2_932_897
_PER_DAY: Final = {"ms": DAY // 1000, "us": DAY, "ns": DAY * 1000}
_NOTHING: Final = pl.Series([None], dtype=pl.String)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A field of every row."""

    values: pl.Series
    """Null where there is none, and where there is a fault."""
    faults: pl.Series | None = None
    """String, `reason: explanation`; null where all is well. None: all is well everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A raw column; in each row at most one of the three is set."""

    name: str
    text: pl.Series
    """As it came; integers, decimals, booleans and times as text too."""
    numbers: pl.Series | None = None
    """Float64: binary floats."""
    nested: pl.Series | None = None
    """Boolean: a list, a struct or anything else that is no scalar."""
    numerals: Decimals | None = None
    """What the source has read as numbers already."""


def raw_field(frame: pl.DataFrame, name: str) -> Field:
    """The field of a frame, out of the columns `name`, `name:number` and those that the source has read;
    absent columns are empty.
    """
    field = _field(frame, name, name)
    if f"{name}{DIGITS}" in frame.columns:
        digits, scale = frame.get_column(f"{name}{DIGITS}"), frame.get_column(f"{name}{SCALE}")
        field = replace(field, numerals=_numerals_of(digits, scale))
    if f"{name}{NUMBER_SUFFIX}" not in frame.columns:
        return field
    beside = _field(frame, f"{name}{NUMBER_SUFFIX}", name)
    text = pl.select(pl.coalesce(field.text, beside.text)).to_series()
    numbers = beside.numbers if field.numbers is None else field.numbers
    if numbers is not None:
        numbers = pl.select(pl.when(text.is_null()).then(numbers)).to_series()
    return replace(field, text=text, numbers=numbers)


def _numerals_of(digits: pl.Series, scale: pl.Series) -> Decimals:
    return Decimals(
        digits=digits.fill_null(0).to_numpy(),
        scale=scale.fill_null(0).cast(pl.Int64).to_numpy(),
        readable=digits.is_not_null().to_numpy(),
        oversized=np.zeros(digits.len(), bool),
        inexact=np.zeros(digits.len(), bool),
    )


def _field(frame: pl.DataFrame, column: str, name: str) -> Field:
    if column not in frame.columns:
        return Field(name=name, text=_absent(frame.height))
    values = frame.get_column(column)
    dtype = values.dtype
    if is_scalar(dtype) and not dtype.is_float():
        return Field(name=name, text=as_text(values))
    absent = _absent(frame.height)
    if dtype in {pl.Float32, pl.Float16}:  # the shortest text says what was meant better than the bits
        return Field(name=name, text=absent, numbers=values.cast(pl.String).cast(pl.Float64, strict=False))
    if dtype.is_float():
        return Field(name=name, text=absent, numbers=values)
    return Field(name=name, text=absent, nested=values.is_not_null())


def _absent(size: int) -> pl.Series:
    return _NOTHING.new_from_index(0, size)


def is_scalar(dtype: pl.DataType) -> bool:
    """Whether values of this type are single ones, which `as_text` takes."""
    return not (dtype.is_nested() or dtype.is_object() or isinstance(dtype, pl.BaseExtension))


def as_text(values: pl.Series) -> pl.Series:
    """The scalars of a column as text; never raises, also not for times beyond the calendar."""
    dtype = values.dtype
    if dtype == pl.String:
        return values
    if dtype == pl.Binary:
        decoded = [None if data is None else data.decode("utf-8", "replace") for data in values.to_list()]
        return pl.Series(values.name, decoded, dtype=pl.String)
    if isinstance(dtype, (pl.Date, pl.Datetime)):
        numbers = values.to_physical().cast(pl.Int64)
        first, end = (bound * _per_day(dtype) for bound in (_YEAR_1_DAYS, _YEAR_10000_DAYS))
        shown = numbers.is_between(max(first, -INT64_MAX), min(end, INT64_MAX), closed="left")
        dates = pl.select(pl.when(shown).then(values)).to_series().cast(pl.String)
        return pl.select(pl.coalesce(dates, numbers.cast(pl.String))).to_series()
    if isinstance(dtype, pl.Duration):
        return values.to_physical().cast(pl.String) + dtype.time_unit
    return values.cast(pl.String)


def _per_day(dtype: pl.Date | pl.Datetime) -> int:
    return _PER_DAY[dtype.time_unit] if isinstance(dtype, pl.Datetime) else 1


def tidied(text: pl.Series) -> pl.Series:
    """Stripped of blanks; null when nothing is left."""
    if not all_plain(text):
        text = text.str.strip_chars()
    blank = text == ""
    return text.set(blank, None) if blank.any() else text


def first_fault(*faults: pl.Series | None) -> pl.Series | None:
    """Of each row the first fault; None when no row has any."""
    given = [fault for fault in faults if fault is not None and fault.null_count() < fault.len()]
    return pl.select(pl.coalesce(given)).to_series() if given else None


def fault_where(condition: pl.Series | Mask, fault: str) -> pl.Series | None:
    """`fault` in the rows where `condition` is true; None when there is no such row."""
    mask = condition if isinstance(condition, pl.Series) else pl.Series(condition)
    if not mask.any():
        return None
    return pl.select(pl.when(mask).then(pl.lit(fault, pl.String))).to_series()


def read_text(field: Field, *, identity: bool = False, plain: bool = False) -> Reading:
    """Sanitised text; numbers without a fraction are written without a point.

    Args:
        field: The raw column.
        identity: Two texts that differ never become equal by sanitising.
        plain: All of its text is visible ASCII without blanks; nothing is empty.
    """
    if plain and field.numbers is None and field.nested is None:
        return Reading(values=field.text)
    text = tidied(field.text)
    if field.numbers is not None:
        numbers = field.numbers
        whole = numbers.is_finite() & (numbers.round(0) == numbers) & (numbers.abs() < _FLOATS)
        written = pl.when(whole).then(numbers.cast(pl.Int64, strict=False).cast(pl.String))
        text = pl.select(pl.coalesce(text, written, numbers.cast(pl.String))).to_series()
    if not all_plain(text):
        text = _identities(text) if identity else sanitised(text)
    nested = (
        None if field.nested is None else fault_where(field.nested, f"bad_{field.name}: not a single value")
    )
    return Reading(values=text, faults=nested)


def _identities(text: pl.Series) -> pl.Series:
    rows = (sanitised(text) != text).arg_true()
    marked = [sanitised_identity(value) for value in text.gather(rows).to_list()]
    return text.scatter(rows, marked) if marked else text


def read_category(field: Field, names: pl.Enum) -> pl.Series:
    """The code of each known name (its place in `names`), blanks around it aside; else null."""
    codes = field.text.cast(names, strict=False).to_physical()
    rest = (codes.is_null() & field.text.is_not_null()).arg_true()
    if rest.len():
        text = tidied(field.text.gather(rest))
        codes = codes.scatter(rest, text.cast(names, strict=False).to_physical())
    return codes


def read_amount(field: Field, exponents: npt.NDArray[np.int64] | int) -> Reading:
    """Minor units, Int64, by the exponent of the currency, each row's or that of all; text exactly, floats if they mean it.

    A binary float x stands for the integer next to m = x * 10**e when it is as near to it as
    rounding errors explain: abs(m - round(m)) <= 1e-6 + 2**-50 * abs(m), and abs(m) < 2**53.
    """
    decimals, unread = _numerals(field)
    scaled = rescale(decimals, exponents)
    good = decimals.readable & scaled.fits & (scaled.rest == 0)
    faults = [
        fault_where(decimals.oversized | (decimals.readable & ~scaled.fits), "bad_amount: too large"),
        fault_where(
            decimals.readable & (scaled.rest != 0), "bad_amount: more decimals than its currency has"
        ),
        fault_where(unread, "bad_amount: not a plain decimal number"),
    ]
    values = _where(good, scaled.values)
    if field.numbers is not None:
        present = field.numbers.is_not_null().to_numpy()
        with np.errstate(over="ignore", invalid="ignore"):
            minor = field.numbers.fill_null(0.0).to_numpy() * 10.0**exponents
            nearest = np.rint(minor)
            finite = np.isfinite(minor)
            small = np.abs(minor) < _FLOATS
            close = np.abs(minor - nearest) <= 1e-6 + 2.0**-50 * np.abs(minor)
        meant = finite & small & close
        values = _either(values, present & meant, nearest)
        faults += [
            fault_where(present & ~finite, "bad_amount: not a finite number"),
            fault_where(present & finite & ~small, "bad_amount: too large"),
            fault_where(present & finite & small & ~close, "bad_amount: more decimals than its currency has"),
        ]
    return Reading(values=values, faults=first_fault(*faults))


def read_latency(field: Field) -> Reading:
    """Whole milliseconds from 0 to LATENCY_MS_MAX, Int64; fractions are rounded half up."""
    decimals, unread = _numerals(field)
    scaled = rescale(decimals, 0)
    values = scaled.values
    inside = (values >= 0) & ((values < LATENCY_MS_MAX) | ((values == LATENCY_MS_MAX) & (scaled.rest == 0)))
    good = decimals.readable & inside
    outside = "bad_latency: outside 0 to 4,200,000 ms"
    faults = [
        fault_where(decimals.oversized | (decimals.readable & ~inside), outside),
        fault_where(unread, "bad_latency: not a number"),
    ]
    latencies = _where(good, values + (scaled.rest == 2))
    if field.numbers is not None:
        present = field.numbers.is_not_null().to_numpy()
        numbers = field.numbers.fill_null(0.0).fill_nan(-1.0).to_numpy()
        inside = (numbers >= 0) & (numbers <= LATENCY_MS_MAX)
        below = np.floor(np.where(inside, numbers, 0.0))
        latencies = _either(
            latencies, present & inside, below + (np.where(inside, numbers, 0.0) - below >= 0.5)
        )
        faults.append(fault_where(present & ~inside, outside))
    return Reading(values=latencies, faults=first_fault(*faults))


def read_retry_attempt(field: Field) -> Reading:
    """A whole number from 0, Int64; 0 when absent."""
    decimals, unread = _numerals(field)
    scaled = rescale(decimals, 0)
    good = decimals.readable & (scaled.rest == 0) & (scaled.values >= 0)
    wrong = "bad_retry_attempt: not a whole number from 0"
    faults = [
        fault_where((decimals.readable & ~good) | decimals.oversized, wrong),
        fault_where(unread, wrong),
    ]
    attempts = _where(good, scaled.values)
    if field.numbers is not None:
        present = field.numbers.is_not_null().to_numpy()
        numbers = field.numbers.fill_null(0.0).fill_nan(-1.0).to_numpy()
        whole = (numbers >= 0) & (numbers < _FLOATS) & (np.floor(numbers) == numbers)
        attempts = _either(attempts, present & whole, np.where(whole, numbers, 0.0))
        faults.append(fault_where(present & ~whole, wrong))
    return Reading(values=attempts.fill_null(0), faults=first_fault(*faults))


def _numerals(field: Field) -> tuple[Decimals, Mask]:
    """The numerals in a field's text, and where there is something that is no number."""
    text = field.text
    if field.numerals is not None and text.null_count() == text.len() and field.nested is None:
        return field.numerals, np.zeros(text.len(), bool)
    decimals = read_decimals(text)
    unread = text.is_not_null().to_numpy() & ~decimals.readable & ~decimals.oversized
    if unread.any():  # blanks are rare enough to look for them only now
        text = tidied(text)
        decimals = read_decimals(text)
        unread = text.is_not_null().to_numpy() & ~decimals.readable & ~decimals.oversized
    if field.numerals is not None:
        decimals = _either_numeral(field.numerals, decimals)
    return decimals, unread if field.nested is None else unread | field.nested.to_numpy()


def _either_numeral(first: Decimals, second: Decimals) -> Decimals:
    """Two readings of the same rows, of which each row has at most one."""
    return Decimals(
        digits=np.where(first.readable, first.digits, second.digits),
        scale=np.where(first.readable, first.scale, second.scale),
        readable=first.readable | second.readable,
        oversized=second.oversized,
        inexact=second.inexact,
    )


def _where(good: Mask, values: npt.NDArray[np.int64]) -> pl.Series:
    series = pl.Series(values)
    return series if good.all() else pl.select(pl.when(pl.Series(good)).then(series)).to_series()


def _either(values: pl.Series, chosen: Mask, numbers: Floats) -> pl.Series:
    """`numbers`, which are whole, in the chosen rows, `values` in the others."""
    whole = pl.Series(np.where(chosen, numbers, 0.0).astype(np.int64))
    return pl.select(pl.when(pl.Series(chosen)).then(whole).otherwise(values)).to_series()
