"""The reading of event_ts: text, numbers of a declared unit, and native times, to microseconds UTC.

    text            ISO 8601; without a zone it is local time in the policy's `timezone`
    numbers         since the epoch, in the policy's `epoch_unit`; without one they are faults.
                    Integers and text are cut to microseconds, floats rounded to the nearest
    Datetime, Date  as they are; without a zone local time in `timezone`, a date is its midnight

A local time that the clock repeats is the earlier one; one that it skips does not exist. An event
lies in [EARLIEST, LATEST). Limits are compared before units are converted, so nothing wraps.
"""

from typing import Final

import numpy as np
import polars as pl

from revtui.core.decimals import Mask, read_decimals, rescale
from revtui.core.durations import DAY
from revtui.core.errors import UsageError
from revtui.core.events import INSTANT, AdmissionPolicy
from revtui.core.fields import Reading, fault_where, first_fault, raw_field, tidied
from revtui.core.iso import IsoTimes, read_iso_times
from revtui.core.times import EARLIEST, LATEST, check_zone

_EPOCH_EXPONENTS: Final = {"s": 6, "ms": 3, "us": 0, "ns": -3}
_MARGIN: Final = 2 * DAY  # beyond the limits by this much, a time is outside in every zone
_NATIVE_UNITS: Final = {
    "ms": (1000, 1),
    "us": (1, 1),
    "ns": (1, 1000),
}  # microseconds per unit, as a fraction
_UTC_NAMES: Final = frozenset({"UTC", "Etc/UTC"})


def check_policy(policy: AdmissionPolicy) -> None:
    """See that times can be read by this policy.

    Raises:
        UsageError: when its zone or its epoch unit is unknown.
    """
    if policy.epoch_unit is not None and policy.epoch_unit not in _EPOCH_EXPONENTS:
        raise UsageError(f"unknown epoch unit {policy.epoch_unit!r}", hint="choose s, ms, us or ns")
    if policy.timezone not in _UTC_NAMES:
        check_zone(policy.timezone)


def read_event_ts(frame: pl.DataFrame, policy: AdmissionPolicy) -> Reading:
    """The instant of every row, Int64."""
    known = _known_instants(frame)
    if known is not None and known.readable.all():
        return _instants(known, known.readable, None, policy)
    dtype = frame.schema.get("event_ts")
    if isinstance(dtype, (pl.Datetime, pl.Date)):
        column = frame.get_column("event_ts")
        return _instants(_native(column, dtype), column.is_not_null().to_numpy(), None, policy)
    field = raw_field(frame, "event_ts")
    text = tidied(field.text)
    times = _iso_or_epoch(text, policy.epoch_unit)
    present = text.is_not_null().to_numpy()
    if field.numbers is not None:
        present = present | field.numbers.is_not_null().to_numpy()
        if policy.epoch_unit is not None:
            times = _together(times, _epoch_floats(field.numbers, policy.epoch_unit))
    if field.nested is not None:
        present = present | field.nested.to_numpy()
    if known is not None:  # pieces of which some were read by the source
        times, present = _together(times, known), present | known.readable
    unread = bool((present & ~times.readable).any()) and policy.epoch_unit is None
    return _instants(times, present, _no_unit(text, field.numbers) if unread else None, policy)


def _known_instants(frame: pl.DataFrame) -> IsoTimes | None:
    """The instants that the source has read."""
    if f"event_ts{INSTANT}" not in frame.columns:
        return None
    us = frame.get_column(f"event_ts{INSTANT}")
    known = us.is_not_null().to_numpy()
    return IsoTimes(us=us.fill_null(0).to_numpy(), zoned=known, readable=known)


def _instants(times: IsoTimes, present: Mask, fault: pl.Series | None, policy: AdmissionPolicy) -> Reading:
    """Place local times in their zone, and find the faults; `fault` comes before "unreadable"."""
    us = np.clip(times.us, EARLIEST - _MARGIN, LATEST + _MARGIN)
    skipped = np.zeros(us.size, bool)
    local = times.readable & ~times.zoned
    if policy.timezone not in _UTC_NAMES and local.any():
        placed = (
            pl.Series(us)
            .cast(pl.Datetime("us"))
            .dt.replace_time_zone(policy.timezone, ambiguous="earliest", non_existent="null")
        )
        skipped = local & placed.is_null().to_numpy()
        us = np.where(local, placed.to_physical().fill_null(0).to_numpy(), us)
    outside = times.readable & ~skipped & ((us < EARLIEST) | (us >= LATEST))
    good = times.readable & ~skipped & ~outside
    faults = first_fault(
        fault_where(~present, "missing_event_ts: absent or blank"),
        fault,
        fault_where(present & ~times.readable, "bad_event_ts: not an ISO 8601 time"),
        fault_where(skipped, f"nonexistent_time: the clock of {policy.timezone} skips it"),
        fault_where(outside, "timestamp_out_of_range: not from 2000-01-01 to 2099-12-31"),
    )
    values = pl.Series(us)
    return Reading(values=values if good.all() else values.set(pl.Series(~good), None), faults=faults)


def _native(column: pl.Series, dtype: pl.Datetime | pl.Date) -> IsoTimes:
    """Native times, clipped before they are converted."""
    numerator, denominator = _NATIVE_UNITS[dtype.time_unit] if isinstance(dtype, pl.Datetime) else (DAY, 1)
    low = (EARLIEST - _MARGIN) * denominator // numerator
    high = (LATEST + _MARGIN) * denominator // numerator
    numbers = column.to_physical().cast(pl.Int64)
    us = np.clip(numbers.fill_null(0).to_numpy(), low, high) * numerator // denominator
    zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    return IsoTimes(us=us, zoned=np.full(us.size, zoned), readable=numbers.is_not_null().to_numpy())


def _iso_or_epoch(text: pl.Series, unit: str | None) -> IsoTimes:
    if unit is None:
        return read_iso_times(text)
    decimals = read_decimals(text)
    numeral = decimals.readable | decimals.oversized
    scaled = rescale(decimals, _EPOCH_EXPONENTS[unit])
    us = np.where(decimals.oversized | ~scaled.fits, LATEST, scaled.values)
    epoch = IsoTimes(us=us, zoned=numeral, readable=numeral)
    return epoch if numeral.all() else _together(epoch, read_iso_times(text.set(pl.Series(numeral), None)))


def _epoch_floats(numbers: pl.Series, unit: str) -> IsoTimes:
    known = (numbers.is_not_null() & ~numbers.is_nan().fill_null(value=True)).to_numpy()
    with np.errstate(over="ignore"):
        us = numbers.fill_null(0.0).fill_nan(0.0).to_numpy() * 10.0 ** _EPOCH_EXPONENTS[unit]
    clipped = np.rint(np.clip(us, float(EARLIEST - _MARGIN), float(LATEST + _MARGIN))).astype(np.int64)
    return IsoTimes(us=np.where(known, clipped, 0), zoned=known, readable=known)


def _together(first: IsoTimes, second: IsoTimes) -> IsoTimes:
    """Two readings of the same rows, of which each row has at most one."""
    return IsoTimes(
        us=np.where(second.readable, second.us, first.us),
        zoned=first.zoned | second.zoned,
        readable=first.readable | second.readable,
    )


def _no_unit(text: pl.Series, numbers: pl.Series | None) -> pl.Series | None:
    """The fault of numbers whose unit nobody declared."""
    number = text.str.contains(r"^[+-]?[0-9]+(\.[0-9]*)?$").fill_null(value=False)
    if numbers is not None:
        number = number | numbers.is_not_null()
    return fault_where(number, "bad_event_ts: a number, and no epoch unit is declared")
