"""The specification of a simulated stream: `sim:?rate=20&seed=42&scenario=outage:stripe@+1h+30m`.

A specification says everything that decides the events: equal specifications give byte-identical
ones. Rates are events per second in the mean over a week of the daily rhythm.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from revtui.adapters.sources.simulator.profiles import PROFILES, Profile
from revtui.adapters.sources.simulator.syntax import ScenarioSpec, parse_scenarios
from revtui.core.durations import HOUR, SECOND, format_duration, parse_duration
from revtui.core.errors import UsageError
from revtui.core.money import exponent
from revtui.core.spelling import suggestion
from revtui.core.text import shortened
from revtui.core.times import EARLIEST, LATEST, parse_instant

SIMULATOR_FORM: Final = "sim:?rate=20/s&seed=42&scenario=outage:stripe@+1h+30m"
_PER: Final = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
}
_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)(?:/([a-z]+))?")
_FASTEST: Final = 20_000.0
_SLOWEST: Final = 0.001
_LONGEST_SEED: Final = 100
"""Digits; Python itself refuses to read thousands of them."""
_LONG_NUMBER: Final = 10**_LONGEST_SEED


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSpec:
    """What to simulate; the fields are the keys of the `sim:` address."""

    rate: float = 20.0
    """Events per second."""
    seed: int = 42
    profile: Profile = PROFILES["realistic"]
    scenarios: tuple[ScenarioSpec, ...] = ()
    start: int | None = None
    """Event time of the first event in microseconds; None: see `SimulatorSource`."""
    until: int | None = None
    """Event time at which the stream ends; without it and `duration` the stream follows the clock."""
    duration: int | None = None
    """How much event time the stream holds, in place of `until`."""
    backfill: int | None = None
    """How much of the past the stream begins with; None: two hours, or all of `duration`."""
    currency: str = "USD"
    duplicates: float | None = None
    """Share of events delivered a second time, seconds to two minutes later; None: the profile's."""
    disorder: int | None = None
    """Events arrive up to this many microseconds after they happened; None: the profile's."""
    late: float = 0.0
    """Share of events that arrive 2 to 40 minutes after they happened."""
    malformed: float = 0.0
    """Share of rows that are spoilt: bad fields, unknown types, torn lines."""
    noise: float = 1.0
    """Factor on the slow noise of the level and of the days."""

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated.

        Raises:
            UsageError: a value out of its range.
        """
        self._within("rate", self.rate, _SLOWEST, _FASTEST)
        self._within("seed", self.seed, 0, 2**63 - 1)
        self._within("duplicates", self.duplicate_share, 0, 0.5)
        self._within("late", self.late, 0, 0.5)
        self._within("malformed", self.malformed, 0, 1)
        self._within("noise", self.noise, 0, 5)
        self._within("disorder (s)", self.disorder_us / SECOND, 0, 3600)
        self._within("backfill (h)", (self.backfill or 0) / HOUR, 0, 24 * 366)
        exponent(self.currency)
        self._check_times()

    def _check_times(self) -> None:
        if self.duration is not None and self.duration <= 0:
            raise UsageError(
                f"simulator: duration must be positive, not {format_duration(self.duration)}",
                hint="write it like 90s, 5m or 2d",
            )
        if self.duration is not None and self.until is not None:
            raise UsageError(
                "simulator: duration and until both say where the stream ends", hint="leave one of them out"
            )
        for moment in (self.start, self.end):
            if moment is not None and not EARLIEST <= moment <= LATEST:
                raise UsageError(
                    "simulator: a time outside the years 2000 to 2099", hint="write ISO 8601 times"
                )
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise UsageError("the simulation ends before it starts", hint="let until be after start")

    @staticmethod
    def _within(name: str, value: float, low: float, high: float) -> None:
        if not low <= value <= high:
            shown = "a huge number" if abs(value) >= _LONG_NUMBER else f"{value:g}"
            raise UsageError(f"simulator: {name} is {shown}", hint=f"it may be {low:g} to {high:g}")

    @property
    def end(self) -> int | None:
        """Event time at which the stream ends; None: never, or that depends on where it begins."""
        if self.duration is None or self.start is None:
            return self.until
        return self.start + self.duration

    @property
    def duplicate_share(self) -> float:
        """Redeliveries, the profile's when not given."""
        return self.profile.duplicates if self.duplicates is None else self.duplicates

    @property
    def disorder_us(self) -> int:
        """Greatest delay of ordinary deliveries, the profile's when not given."""
        return self.profile.disorder_us if self.disorder is None else self.disorder

    @classmethod
    def parse(cls, address: str) -> "SimulatorSpec":
        """The specification in a `sim:` address; keys may come in any order.

        Raises:
            UsageError: unknown key (with the nearest one) or bad value.
        """
        scheme, _, rest = address.partition(":")
        path, _, query = rest.partition("?")
        if scheme.lower() != "sim" or path.strip("/"):
            raise UsageError(f"not a simulator address: {address!r}", hint=f"write {SIMULATOR_FORM}")
        fields: dict[str, Any] = {}
        for pair in filter(None, query.split("&")):
            # unquote, not parse_qs: a plus sign means a plus sign in +1h+30m
            key, _, value = (unquote(part).strip() for part in pair.partition("="))
            if key not in _KEYS:
                raise UsageError(
                    f"unknown key {key!r} in {address!r}{suggestion(key, _KEYS)}",
                    hint=f"keys: {', '.join(_KEYS)}",
                )
            name, read = _field(key, value)
            fields[name] = fields.get(name, ()) + read(value) if name == "scenarios" else read(value)
        return cls(**fields)


def parse_rate(text: str) -> float:
    """Events per second of `20`, `20/s`, `25/min` or `90/h`.

    Raises:
        UsageError: when it is none.

    >>> parse_rate("90/min")
    1.5
    """
    match = _RATE.fullmatch(text.strip().lower())
    if match is None or (match[2] or "s") not in _PER:
        raise UsageError(f"not a rate: {text!r}", hint="write it like 20, 20/s or 25/min")
    return float(match[1]) / _PER[match[2] or "s"]


def _field(key: str, value: str) -> tuple[str, Callable[[str], Any]]:
    """The field that a key sets, and how its value is read."""
    if key == "start" and value.startswith("-"):
        return "backfill", lambda text: -parse_duration(text)
    return _KEYS[key]


def _profile(text: str) -> Profile:
    if text not in PROFILES:
        raise UsageError(
            f"unknown profile {text!r}{suggestion(text, PROFILES)}", hint=f"one of {', '.join(PROFILES)}"
        )
    return PROFILES[text]


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_SEED:
        raise UsageError(f"not a seed: {shortened(text, 40)!r}", hint="a whole number, such as 42")
    return int(text)


def _instant(text: str) -> int:
    return parse_instant(text, now=0)


def _number(text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise UsageError(f"not a number: {text!r}", hint="write it like 0.005 or 0.5%") from None


_KEYS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "rate": ("rate", parse_rate),
    "seed": ("seed", _seed),
    "profile": ("profile", _profile),
    "scenario": ("scenarios", lambda text: parse_scenarios([text])),
    "start": ("start", _instant),
    "until": ("until", _instant),
    "duration": ("duration", parse_duration),
    "backfill": ("backfill", parse_duration),
    "currency": ("currency", str.upper),
    "duplicates": ("duplicates", _number),
    "disorder": ("disorder", parse_duration),
    "late": ("late", _number),
    "malformed": ("malformed", _number),
    "noise": ("noise", _number),
}
