"""How scenarios are written, and where in time they fall.

    outage:stripe@+1h+30m        NAME[:GATEWAY]@WHEN[+DURATION]

WHEN is `+1h` (after the stream's start), `-20m` (before its present: now for a live stream, the end
of a finite one), `14:00` (the first such time of day in the stream, UTC) or `2026-03-04T14:00Z`.
Everything is resolved to absolute event time once, before the first event is made.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from revtui.adapters.sources.simulator.profiles import GATEWAYS
from revtui.adapters.sources.simulator.scenarios import ANY_GATEWAY, SCENARIOS, Incident, Scenario
from revtui.core.durations import DAY, HOUR, format_duration, parse_duration
from revtui.core.errors import UsageError
from revtui.core.spelling import suggestion
from revtui.core.times import parse_instant

SCENARIO_FORM: Final = "NAME[:GATEWAY]@WHEN[+DURATION], such as outage:stripe@14:00+45m or stall@-20m+10m"

_DEMO: Final = (
    "latency_gateway:adyen@+20m+10m",
    "partial:braintree@+55m+14m",
    "checkout_bug@+85m+12m",
    "outage:stripe@+118m+12m",
    "price_bug@+140m+12m",
    "stall@+158m+13m",
    "all_down@+180m+8m",
    "traffic_drop@+195m+15m",
    "promotion@+220m+15m",
)
_DEMO_CYCLE: Final = 4 * HOUR
_DEMO_CYCLES: Final = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioSpec:
    """A scenario as a person wrote it, checked but not yet placed in time."""

    name: str
    gateway_name: str = ANY_GATEWAY
    when: str = ""
    duration: int | None = None
    """Microseconds; None: the scenario's own."""

    def place(self, start: int, present: int) -> tuple[Incident, ...]:
        """The incidents it stands for in a stream with this start and present (microseconds)."""
        if self.name == "demo":
            return _demo(start, present)
        began = _moment(self.when, start, present)
        scenario = SCENARIOS[self.name]
        ended = began + (self.duration or scenario.duration)
        return (Incident(scenario=scenario, gateway_name=self.gateway_name, began_at=began, ended_at=ended),)


def _demo(start: int, present: int) -> tuple[Incident, ...]:
    """A programme of four hours, over and over for a week."""
    specs = [parse_scenario(text) for text in _DEMO]
    return tuple(
        incident
        for cycle in range(_DEMO_CYCLES)
        for spec in specs
        for incident in spec.place(start + cycle * _DEMO_CYCLE, present)
    )


def _moment(when: str, start: int, present: int) -> int:
    if when.startswith("+"):
        return start + parse_duration(when[1:])
    if when.startswith("-"):
        return present + parse_duration(when)
    if "-" in when:
        return parse_instant(when, now=present)
    clock = parse_instant(f"1970-01-01T{when.zfill(5 if when.count(':') == 1 else 8)}", now=present)
    moment = start - start % DAY + clock
    return moment if moment >= start else moment + DAY


_SPEC: Final = re.compile(
    r"(?P<name>[A-Za-z_]+)(?::(?P<gateway>[^@]+))?"
    r"(?:@(?P<when>[+-][0-9a-z.]+|\d{1,2}:\d\d(?::\d\d)?|\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?)?Z?)"
    r"(?:\+(?P<duration>[0-9a-z.]+))?)?"
)


def parse_scenario(text: str) -> ScenarioSpec:
    """One scenario, `demo` included.

    Raises:
        UsageError: unknown name or gateway (with the nearest one), or not of the form.
    """
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"not a scenario: {text!r}", hint=f"write {SCENARIO_FORM}")
    name, gateway, when, duration = match.group("name", "gateway", "when", "duration")
    name = name.lower()
    if name == "demo":
        if gateway or when:
            raise UsageError(f"the scenario demo takes neither gateway nor time: {text!r}", hint="write demo")
        return ScenarioSpec(name=name)
    if name not in SCENARIOS:
        raise UsageError(
            f"unknown scenario {name!r}{suggestion(name, SCENARIOS)}",
            hint=f"one of {', '.join(SCENARIOS)} or demo, as {SCENARIO_FORM}",
        )
    if when is None:
        raise UsageError(f"scenario {text!r} does not say when", hint=f"write {SCENARIO_FORM}")
    spec = ScenarioSpec(
        name=name,
        gateway_name=_gateway(SCENARIOS[name], gateway, text),
        when=when,
        duration=_duration(duration, text),
    )
    _moment(when, 0, 0)  # refuse impossible times now, not when the stream begins
    return spec


def _gateway(scenario: Scenario, gateway: str | None, text: str) -> str:
    if not scenario.per_gateway:
        if gateway:
            raise UsageError(
                f"{scenario.name} strikes all gateways, not one: {text!r}",
                hint="scenarios of one gateway: "
                + ", ".join(s.name for s in SCENARIOS.values() if s.per_gateway),
            )
        return ANY_GATEWAY
    name = (gateway or GATEWAYS[0]).lower()
    if name not in GATEWAYS:
        raise UsageError(
            f"unknown gateway {gateway!r}{suggestion(name, GATEWAYS)}", hint=f"one of {', '.join(GATEWAYS)}"
        )
    return name


def _duration(text: str | None, spec: str) -> int | None:
    if text is None:
        return None
    duration = parse_duration(text)
    if duration <= 0:
        raise UsageError(
            f"scenario {spec!r} lasts {format_duration(duration)}", hint="give it a positive duration"
        )
    return duration


def parse_scenarios(texts: Iterable[str]) -> tuple[ScenarioSpec, ...]:
    """Several scenarios; each text may hold some, separated by commas.

    Raises:
        UsageError: see `parse_scenario`.
    """
    return tuple(parse_scenario(part) for text in texts for part in text.split(",") if part.strip())


def place_scenarios(specs: Sequence[ScenarioSpec], *, start: int, present: int) -> tuple[Incident, ...]:
    """All incidents of a stream, by the time they begin."""
    incidents = [incident for spec in specs for incident in spec.place(start, present)]
    return tuple(sorted(incidents, key=lambda incident: (incident.began_at, incident.scenario.name)))
