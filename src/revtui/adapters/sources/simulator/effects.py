"""What incidents do to events: pure functions of event time, exact at both edges."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from revtui.adapters.sources.simulator.profiles import GATEWAYS
from revtui.adapters.sources.simulator.rhythm import FloatArray, IntArray
from revtui.adapters.sources.simulator.scenarios import ANY_GATEWAY, Incident

BoolArray = npt.NDArray[np.bool_]
_FAIL_CEILING: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The incidents that touch a span of time."""

    incidents: Sequence[Incident] = ()

    def within(self, start: int, end: int) -> "Effects":
        """Those that overlap [start, end)."""
        return Effects(incidents=tuple(each for each in self.incidents if each.overlaps(start, end)))

    def fail_rates(self, base: FloatArray, times: IntArray, gateways: npt.NDArray[np.int8]) -> FloatArray:
        """The probability that an attempt fails."""
        rates = base
        for each in self.incidents:
            scenario = each.scenario
            struck = _struck(each, times, gateways)
            if scenario.fail is not None:
                rates = np.where(struck, scenario.fail, rates)
            elif scenario.fail_added:
                rates = rates + np.where(struck, scenario.fail_added * _strength(each, times), 0.0)
        return np.minimum(rates, _FAIL_CEILING) if self.incidents else rates

    def latency(self, times: IntArray, gateways: npt.NDArray[np.int8]) -> FloatArray:
        """The factor on latencies."""
        factor = np.ones(times.size)
        for each in self.incidents:
            if each.scenario.latency != 1.0:
                factor = np.where(_struck(each, times, gateways), factor * each.scenario.latency, factor)
        return factor

    def amounts(self, times: IntArray) -> FloatArray:
        """The factor on amounts."""
        factor = np.ones(times.size)
        for each in self.incidents:
            if each.scenario.amounts != 1.0:
                factor = np.where(_during(each, times), factor * each.scenario.amounts, factor)
        return factor

    def presence(self, times: IntArray, login: BoolArray) -> FloatArray:
        """How many events there are for one on an ordinary day; above 1 in a promotion."""
        factor = np.ones(times.size)
        for each in self.incidents:
            scenario = each.scenario
            if scenario.logins == scenario.attempts == 1.0 and not scenario.silent:
                continue
            full = np.where(login, scenario.logins, scenario.attempts) * (not scenario.silent)
            now = 1 + (full - 1) * _strength(each, times)
            factor = np.where(_during(each, times), factor * now, factor)
        return factor

    def silent(self, arrivals: IntArray) -> BoolArray:
        """Whether the stream was stalled when an event should have arrived."""
        silent = np.zeros(arrivals.size, dtype=np.bool_)
        for each in self.incidents:
            if each.scenario.silent:
                silent |= _during(each, arrivals)
        return silent

    @property
    def most(self) -> float:
        """The largest factor on the number of events anywhere."""
        most = 1.0
        for each in self.incidents:
            most *= max(each.scenario.logins, each.scenario.attempts, 1.0)
        return most


def _during(incident: Incident, times: IntArray) -> BoolArray:
    return np.asarray((times >= incident.began_at) & (times < incident.ended_at))


def _struck(incident: Incident, times: IntArray, gateways: npt.NDArray[np.int8]) -> BoolArray:
    during = _during(incident, times)
    if incident.gateway_name == ANY_GATEWAY:
        return during
    struck: BoolArray = during & (gateways == GATEWAYS.index(incident.gateway_name))
    return struck


def _strength(incident: Incident, times: IntArray) -> FloatArray | float:
    """0 to 1: how much of a growing incident has come yet."""
    if not incident.scenario.ramp:
        return 1.0
    share = (times - incident.began_at) / (incident.ended_at - incident.began_at)
    return np.asarray(np.clip(share, 0.0, 1.0))
