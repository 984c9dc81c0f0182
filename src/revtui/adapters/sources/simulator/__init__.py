"""The simulator: deterministic payment events with incidents injected, and the truth about them.

specification ── scenarios placed in time ──> population (blocks) ──> arrivals ──> frames
                                                                         │           ├── SimulatorSource
                                                                         │           └── generate, simulate
                                                                       order, late, twice
"""

from revtui.adapters.sources.simulator.generation import generate, incidents_within, simulate
from revtui.adapters.sources.simulator.scenarios import SCENARIOS, Incident, Scenario, truth
from revtui.adapters.sources.simulator.source import SimulatorSource
from revtui.adapters.sources.simulator.spec import SimulatorSpec, parse_rate
from revtui.adapters.sources.simulator.syntax import (
    ScenarioSpec,
    parse_scenario,
    parse_scenarios,
    place_scenarios,
)
from revtui.adapters.sources.simulator.writing import EVENT_FORMATS, write_events

__all__ = [
    "EVENT_FORMATS",
    "SCENARIOS",
    "Incident",
    "Scenario",
    "ScenarioSpec",
    "SimulatorSource",
    "SimulatorSpec",
    "generate",
    "incidents_within",
    "parse_rate",
    "parse_scenario",
    "parse_scenarios",
    "place_scenarios",
    "simulate",
    "truth",
    "write_events",
]
