"""Figures as a person reads them: `$48,213.50`, `7.4 %`, `812 ms`, `14 min`, `no data`.

Money stays an integer of minor units until it is text; only charts and ratios see floats. No text
made here ever holds `nan` or `inf`.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final

import polars as pl

from revtui.core import reasons
from revtui.core.durations import DAY, MICROSECONDS_PER_SECOND
from revtui.core.kpis import KPI_BY_NAME, Kpi, Unit
from revtui.core.money import format_money
from revtui.core.times import load_zone

NO_DATA: Final = "no data"
DASH: Final = "–"
_USERS: Final = "active_users"
VOLUMES: Final = {
    "attempts_count": "attempts",
    "latency_count": "latencies",
    "timed_attempts_count": "timed attempts",
}
"""Columns of ROW_SCHEMA that values rest on, as a person calls what they count."""
_LARGEST: Final = 1e300  # NaN is not below it either


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "gateway"), counted(1200, "attempt")
    ('1 gateway', '1,200 attempts')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def figure(kpi: Kpi, row: Mapping[str, Any]) -> float | None:
    """A KPI's value in a row of ROW_SCHEMA; None is no data.

    Without a single user among its events, a window says nothing of how many users there were: its source
    has no user ids. That is no zero.
    """
    value: float | None = row[kpi.column]
    return None if kpi.name == _USERS and not value and row["events_count"] else value


def figures(kpi: Kpi, rows: pl.DataFrame) -> list[float | None]:
    """The same for every row of a frame."""
    values: list[float | None] = rows.get_column(kpi.column).to_list()
    if kpi.name != _USERS:
        return values
    events = rows.get_column("events_count").to_list()
    return [None if not value and count else value for value, count in zip(values, events, strict=True)]


def value_text(kpi: Kpi, value: float | None, currency: str, *, estimated: bool = False) -> str:
    """A KPI's value as its column in ROW_SCHEMA holds it (money in minor units, shares from 0 to 1).

    `estimated`: whether active users are an estimate, which `~` marks.
    """
    if value is None or not abs(value) < _LARGEST:
        return NO_DATA
    match kpi.unit:
        case Unit.MONEY:
            return format_money(int(value), currency)
        case Unit.SHARE:
            return share_text(value)
        case Unit.MILLISECONDS:
            return f"{value:,.0f} ms"
        case Unit.MINUTES:
            return f"{value:,.0f} min"
        case Unit.COUNT:
            return ("~" if estimated and kpi.name == _USERS else "") + f"{value:,.0f}"


def share_text(share: float) -> str:
    """A share from 0 to 1 as a percentage; one too small to show is not shown as none.

    >>> share_text(0.0741), share_text(0.0), share_text(0.0002)
    ('7.4 %', '0.0 %', '<0.1 %')
    """
    return "<0.1 %" if 0 < share < 0.0005 else f"{share * 100:,.1f} %"


def whole_money(amount_minor: float, currency: str, exponent: int) -> str:
    """Money rounded to major units, for estimates: `$1,940`."""
    unit: int = 10**exponent
    text = format_money(round(amount_minor / unit) * unit, currency)
    return text.removesuffix("." + "0" * exponent) if exponent else text


def level_text(kpi: Kpi, level: float, currency: str, exponent: int) -> str:
    """A threshold in the unit a person says it in (money in major units), as short as it is exact.

    >>> from revtui.core.kpis import KPI_BY_NAME
    >>> level_text(KPI_BY_NAME["fail_rate"], 0.3, "USD", 2)
    '30 %'
    """
    if not math.isfinite(level):
        return DASH
    if kpi.unit is not Unit.MONEY:
        return reasons.level_text(kpi, level)
    if level == round(level):
        return whole_money(round(level) * 10**exponent, currency, exponent)
    return format_money(round(level * 10**exponent), currency)


def said_text(kpi: Kpi, value: float | None, currency: str, exponent: int, *, estimated: bool = False) -> str:
    """A value as a verdict holds it (money in major units), formatted like `value_text`."""
    if value is None or not abs(value) < _LARGEST:
        return NO_DATA
    exact = round(value * 10**exponent) if kpi.unit is Unit.MONEY else value
    return value_text(kpi, exact, currency, estimated=estimated)


def reason_text(reason: str, *, estimated: bool) -> str:
    """A reason as the rules gave it; active users in it are marked when they are an estimate.

    >>> reason_text("active users 1,204 < 2,000", estimated=True)
    'active users ~1,204 < 2,000'
    """
    users = reasons.subject(KPI_BY_NAME[_USERS]) + " "
    return reason.replace(users, users + "~") if estimated else reason


def age_text(us: int) -> str:
    """An age or a span, two units at most.

    >>> [age_text(n * 100_000) for n in (8, 120, 1300, 54_000, 2_000_000)]
    ['0.8s', '12s', '2m10s', '1h30m', '2d7h']
    """
    sign, us = ("-" if us < 0 else ""), abs(us)
    if us < 10 * MICROSECONDS_PER_SECOND:
        return f"{sign}{us // 100_000 / 10:.1f}s"
    seconds = us // MICROSECONDS_PER_SECOND
    for size, unit, small_size, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if seconds >= size:
            rest = seconds % size // small_size
            return f"{sign}{seconds // size:,}{unit}" + (f"{rest}{small}" if rest else "")
    return f"{sign}{seconds}s"


def moment(us: int, zone: str = "UTC") -> datetime:
    """The moment `us` microseconds after the epoch, in `zone`."""
    stamp = datetime.fromtimestamp(us // MICROSECONDS_PER_SECOND, tz=UTC)
    return stamp if zone == "UTC" else stamp.astimezone(load_zone(zone))


def file_name(source: str) -> str:
    """A file without its folders; what is no path stays as it is.

    >>> file_name("data/orders.csv"), file_name("sim:42"), file_name("postgresql://host/db")
    ('orders.csv', 'sim:42', 'postgresql://host/db')
    """
    return source if "://" in source or source.startswith("sim:") else PurePath(source).name or source


def same_day(one: int, other: int) -> bool:
    """Whether two moments are on one day, in UTC."""
    return one // DAY == other // DAY


def _date(us: int, now: int | None) -> str:
    """`Mar 04 ` when that is not the day of `now`; a time of day alone would be taken for today's."""
    return "" if now is None or same_day(us, now) else f"{moment(us):%b %d} "


def clock_text(us: int, *, now: int | None = None) -> str:
    """The time of day with seconds, in UTC: `12:41:07`; with its date when that is not the day of `now`."""
    return f"{_date(us, now)}{moment(us):%H:%M:%S}"


def minute_text(us: int, *, now: int | None = None) -> str:
    """The time of day in UTC, with seconds only where there are any: `12:41Z`; with its date as above.

    >>> minute_text(1_772_715_600_000_000), minute_text(1_772_715_600_000_000, now=1_772_800_000_000_000)
    ('13:00Z', 'Mar 05 13:00Z')
    """
    seconds = ":%S" if us // MICROSECONDS_PER_SECOND % 60 else ""
    return _date(us, now) + format(moment(us), f"%H:%M{seconds}Z")


def stamp_text(us: int) -> str:
    """Date and time in UTC, with seconds: `2026-03-05 12:41:07Z`."""
    return f"{moment(us):%Y-%m-%d %H:%M:%S}Z"


def in_chart(kpi: Kpi, value: float | None, exponent: int) -> float | None:
    """A value in the unit that charts show (money in major units, shares in percent); None stays None."""
    if value is None:
        return None
    match kpi.unit:
        case Unit.MONEY:
            number = value / 10**exponent
        case Unit.SHARE:
            number = value * 100
        case _:
            number = float(value)
    return number if math.isfinite(number) else None


def level_in_chart(kpi: Kpi, level: float) -> float:
    """A threshold in the unit that charts show."""
    return level * 100 if kpi.unit is Unit.SHARE else level
