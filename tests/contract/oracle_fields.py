"""One row's own verdict, by the letter of the contract: not a record, filtered, bad, or an event.

Plain Python, slow and obvious. Nothing here comes from the program that is judged.
"""

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from zoneinfo import ZoneInfo

Record = Mapping[str, object]

KINDS = ("login", "purchase", "payment_failed", "refund")
EXPONENTS = {"USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "TND": 3}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EARLIEST = int(dt.datetime(2000, 1, 1, tzinfo=dt.UTC).timestamp()) * 1_000_000
LATEST = int(dt.datetime(2100, 1, 1, tzinfo=dt.UTC).timestamp()) * 1_000_000
ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:(Z)|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?"
)
PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class UnreadableError(ValueError):
    """A field outside the table of columns; its text is the name of the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row that passed steps 1 to 3. Times in microseconds, money in minor units."""

    event_id: str | None
    at: int
    user: str | None
    kind: str
    amount: int | None
    currency: str
    gateway: str | None
    latency: int | None
    carried: tuple[object, ...]
    """Status, response code and retries: part of the payload and of nothing else."""


def verdict(record: Record | None, *, currency: str, timezone: str) -> Event | str:
    """The event, or `quarantined` or `filtered`, by the first three steps of the contract."""
    if record is None:
        return "quarantined"
    kind = text(record, "event_type")
    if kind is None:
        return "quarantined"
    if kind not in KINDS:
        return "filtered"
    try:
        return event(record, kind, currency, ZoneInfo(timezone))
    except UnreadableError:
        return "quarantined"


def event(record: Record, kind: str, default_currency: str, zone: ZoneInfo) -> Event:
    """The typed event; raises UnreadableError."""
    code = text(record, "currency") or default_currency
    if code not in EXPONENTS:
        raise UnreadableError("currency")
    amount = minor_units(record.get("amount"), EXPONENTS[code])
    if amount is None and kind in {"purchase", "refund"}:
        raise UnreadableError("amount")
    if amount is not None and amount < 0 and kind != "refund":
        raise UnreadableError("amount")
    retries = whole(record.get("retry_attempt"), "retry_attempt")
    return Event(
        event_id=text(record, "event_id"),
        at=instant(record.get("event_ts"), zone),
        user=text(record, "user_id"),
        kind=kind,
        amount=amount,
        currency=code,
        gateway=text(record, "gateway_name"),
        latency=latency(record.get("latency_ms")),
        carried=(text(record, "status"), text(record, "response_code"), retries or 0),
    )


def text(record: Record, name: str) -> str | None:
    """A text column, where empty is null."""
    value = record.get(name)
    return None if value is None or not str(value) else str(value)


def instant(value: object, zone: ZoneInfo) -> int:
    """Microseconds since the epoch, within the years that are believed."""
    at = moment(value, zone) if isinstance(value, dt.datetime) else written_moment(value, zone)
    if not EARLIEST <= at < LATEST:
        raise UnreadableError("event_ts")
    return at


def moment(value: dt.datetime, zone: ZoneInfo) -> int:
    """A typed time: with a zone an instant, without one on the wall of `zone`."""
    if value.tzinfo is None:
        value = on_the_wall(value, zone)
    return (value - EPOCH) // dt.timedelta(microseconds=1)


def on_the_wall(value: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """A local time; the earlier one when the clock shows it twice, none when it skips it."""
    aware = value.replace(tzinfo=zone, fold=0)
    if aware.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != value:
        raise UnreadableError("event_ts")
    return aware.astimezone(dt.UTC)


def written_moment(value: object, zone: ZoneInfo) -> int:
    """ISO 8601; a leap second is the last millisecond of its minute."""
    found = ISO.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise UnreadableError("event_ts")
    year, month, day, hour, minute, second, fraction, zulu, sign, ahead_h, ahead_m = found.groups()
    leap = second == "60"
    micros = 999_000 if leap else int((fraction or "").ljust(6, "0")[:6])
    try:
        day_of_time = dt.date(int(year), int(month), int(day))
        wall = dt.datetime.combine(
            day_of_time, dt.time(int(hour), int(minute), 59 if leap else int(second or 0), micros)
        )
    except ValueError as problem:
        raise UnreadableError("event_ts") from problem
    if zulu:
        return moment(wall.replace(tzinfo=dt.UTC), zone)
    if sign is None:
        return moment(wall, zone)
    ahead = dt.timedelta(hours=int(ahead_h), minutes=int(ahead_m or 0)) * (-1 if sign == "-" else 1)
    return moment((wall - ahead).replace(tzinfo=dt.UTC), zone)


def minor_units(value: object, exponent: int) -> int | None:
    """Text and decimals exactly; binary numbers by the contract's tolerance."""
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return exact(value, exponent)
    if isinstance(value, str):
        if not PLAIN_NUMBER.fullmatch(value):
            raise UnreadableError("amount")
        return exact(Decimal(value), exponent)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UnreadableError("amount")
    scaled = Fraction(value) * 10**exponent
    nearest: int = round(scaled)
    if abs(scaled - nearest) > Fraction(1, 10**6) + abs(scaled) / 2**50 or abs(scaled) >= 2**53:
        raise UnreadableError("amount")
    return nearest


def exact(value: Decimal, exponent: int) -> int:
    """Zeros beyond the exponent are accepted, other digits are not; nor is what 64 bits cannot hold."""
    if not value.is_finite():
        raise UnreadableError("amount")
    scaled = Fraction(value) * 10**exponent
    if scaled.denominator != 1 or abs(scaled) >= 2**63:
        raise UnreadableError("amount")
    return int(scaled.numerator)


def latency(value: object) -> int | None:
    """0 to 4,200,000 ms, fractions rounded half up."""
    exact_value = number(value, "latency_ms")
    if exact_value is None:
        return None
    if not 0 <= exact_value <= 4_200_000:
        raise UnreadableError("latency_ms")
    return math.floor(exact_value + Fraction(1, 2))


def whole(value: object, name: str) -> int | None:
    """An integer column."""
    exact_value = number(value, name)
    if exact_value is not None and exact_value.denominator != 1:
        raise UnreadableError(name)
    return None if exact_value is None else int(exact_value.numerator)


def number(value: object, name: str) -> Fraction | None:
    """A finite number, typed or written plainly."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and not PLAIN_NUMBER.fullmatch(value):
        raise UnreadableError(name)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise UnreadableError(name)
    try:
        exact_value = Decimal(value)
    except InvalidOperation as problem:
        raise UnreadableError(name) from problem
    if not exact_value.is_finite():
        raise UnreadableError(name)
    return Fraction(exact_value)
