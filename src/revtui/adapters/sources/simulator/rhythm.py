"""The rhythm of traffic: expected events per second at any minute, noise included.

    rate × shape of the day × weekday × level × day noise × minute noise

Everything is a pure function of (seed, minute), so any span is computed alone and in any order:
the level is an AR(1) process with a memory of eight hours, started four days before the day asked
for, by when its start is forgotten (e⁻¹²) to the last bits that matter.
"""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from revtui.adapters.sources.simulator.spec import SimulatorSpec

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAY_MINUTES: Final = 1440
_STEP_MINUTES: Final = 5
_STEPS: Final = DAY_MINUTES // _STEP_MINUTES
_MEMORY_MINUTES: Final = 480.0
_WARM_UP_DAYS: Final = 4
_LEVEL_SIGMA: Final = 0.08
_DAY_SIGMA: Final = 0.05
_MINUTE_SHAPE: Final = 100.0
"""Of the gamma noise of single minutes: its variance is one in this."""

# Relative traffic by hour, UTC: quiet nights, midday plateau, evening peak; weekends start later.
_WEEKDAY: Final = (
    *(0.55, 0.38, 0.28, 0.24, 0.23, 0.27, 0.40, 0.62, 0.85, 1.02, 1.12, 1.18),
    *(1.25, 1.22, 1.15, 1.12, 1.15, 1.25, 1.42, 1.60, 1.68, 1.55, 1.22, 0.85),
)
_WEEKEND: Final = (
    *(0.72, 0.55, 0.40, 0.30, 0.25, 0.24, 0.28, 0.38, 0.55, 0.80, 1.05, 1.22),
    *(1.28, 1.27, 1.24, 1.22, 1.24, 1.30, 1.38, 1.45, 1.48, 1.40, 1.18, 0.90),
)
_BY_WEEKDAY: Final = (0.95, 0.96, 0.98, 1.01, 1.10, 1.06, 0.94)
"""Monday to Sunday; their mean is 1."""


class Stream(IntEnum):
    """One stream of random numbers per purpose: a change in one leaves the others as they are."""

    LEVEL = 1
    DAY = 2
    MINUTE = 3
    TIMES = 4
    NATURE = 5
    MONEY = 6
    LATENCY = 7
    OUTCOME = 8
    PRESENCE = 9
    DELIVERY = 10
    FLAWS = 11


def generator(seed: int, stream: Stream, *place: int) -> np.random.Generator:
    """The random numbers of one purpose at one place, such as a block of time."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream, *place])))


class Rhythm:
    """Expected traffic of a specification; remembers the days it was asked for last."""

    _DAYS_KEPT: Final = 8

    def __init__(self, spec: SimulatorSpec) -> None:
        self._spec = spec
        self._shapes = (_by_quarter(_WEEKDAY), _by_quarter(_WEEKEND))
        self._days: dict[int, FloatArray] = {}

    def rates(self, first_minute: int, minutes: int) -> FloatArray:
        """Events per second in each minute, counted from the epoch, before the noise of single minutes."""
        if not self._spec.profile.shaped:
            return np.full(minutes, self._spec.rate)
        wanted = np.arange(first_minute, first_minute + minutes)
        days = wanted // DAY_MINUTES
        parts = [
            self._day(int(day))[wanted[days == day] - day * DAY_MINUTES]
            for day in range(days[0], days[-1] + 1)
        ]
        return np.concatenate(parts)

    def minute_noise(self, first_minute: int, minutes: int, tag: int) -> FloatArray:
        """Factors with mean 1 that make counts vary more than chance alone would."""
        if not self._spec.profile.shaped:
            return np.ones(minutes)
        source = generator(self._spec.seed, Stream.MINUTE, first_minute, tag)
        return source.gamma(_MINUTE_SHAPE, 1 / _MINUTE_SHAPE, minutes)

    def _day(self, day: int) -> FloatArray:
        """Events per second in each minute of a day."""
        known = self._days.get(day)
        if known is not None:
            return known
        weekday = (day + 3) % 7  # the epoch began on a Thursday
        noise = self._spec.noise
        day_sigma, level_sigma = _DAY_SIGMA * noise, _LEVEL_SIGMA * noise
        drift = day_sigma * generator(self._spec.seed, Stream.DAY, day).standard_normal() - day_sigma**2 / 2
        level = np.interp(
            np.arange(DAY_MINUTES) + 0.5,
            np.arange(_STEPS + 1) * _STEP_MINUTES,
            level_sigma * self._level(day),
        )
        factor = self._spec.rate * _BY_WEEKDAY[weekday]
        shape = self._shapes[weekday >= 5]
        rates: FloatArray = factor * shape * np.exp(drift + level - level_sigma**2 / 2)
        while len(self._days) >= self._DAYS_KEPT:
            del self._days[next(iter(self._days))]
        self._days[day] = rates
        return rates

    def _level(self, day: int) -> FloatArray:
        """The standardised AR(1) path of a day, its first step of the next day included."""
        keep = float(np.exp(-_STEP_MINUTES / _MEMORY_MINUTES))
        days = range(max(day - _WARM_UP_DAYS, 0), day + 2)
        shocks = np.concatenate([self._shocks(each) for each in days]) * np.sqrt(1 - keep**2)
        value, path = 0.0, np.empty(shocks.size)
        for step, shock in enumerate(shocks.tolist()):
            value = keep * value + shock
            path[step] = value
        begin = (day - days[0]) * _STEPS
        return path[begin : begin + _STEPS + 1]

    def _shocks(self, day: int) -> FloatArray:
        return generator(self._spec.seed, Stream.LEVEL, day).standard_normal(_STEPS)


def _by_quarter(hourly: tuple[float, ...]) -> FloatArray:
    """A shape by minute, mean 1, from its 15-minute means."""
    hours = np.arange(25)
    quarters = np.interp(np.arange(96) / 4 + 0.125, hours, [*hourly, hourly[0]])
    minutes = np.interp(np.arange(DAY_MINUTES) + 0.5, np.arange(96) * 15 + 7.5, quarters, period=DAY_MINUTES)
    return np.asarray(minutes / minutes.mean())
