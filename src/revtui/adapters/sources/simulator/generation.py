"""Finite simulated streams: frames, and files of them."""

from collections.abc import Iterator
from typing import BinaryIO, Final

import polars as pl

from revtui.adapters.sources.simulator.arrivals import Arrivals
from revtui.adapters.sources.simulator.effects import Effects
from revtui.adapters.sources.simulator.population import Population
from revtui.adapters.sources.simulator.rendering import Rendering
from revtui.adapters.sources.simulator.scenarios import Incident
from revtui.adapters.sources.simulator.spec import SimulatorSpec
from revtui.adapters.sources.simulator.syntax import place_scenarios
from revtui.adapters.sources.simulator.writing import write_events
from revtui.core.durations import format_duration
from revtui.core.errors import UsageError
from revtui.core.times import format_instant

FRAME_ROWS: Final = 100_000


def generate(
    spec: SimulatorSpec, *, start: int, duration: int, frame_rows: int = FRAME_ROWS
) -> Iterator[pl.DataFrame]:
    """The events that happen from `start` and arrive before `start + duration` (microseconds), in frames.

    Laws: `frame_rows` changes the cut, never a row; a shorter duration gives a prefix; a later start
    gives the rows of an earlier one that happened since, provided the scenarios are written in
    absolute times. Columns are RAW_COLUMNS in their order, amounts Decimal, times UTC.
    """
    end = start + duration
    rendering = Rendering(spec)
    effects = Effects(incidents=place_scenarios(spec.scenarios, start=start, present=end))
    arrivals = Arrivals(Population(spec, effects), start)
    while not arrivals.exhausted(end):
        rows = arrivals.take(end, frame_rows)
        if rows.size:
            yield rendering.frame(rows)


def incidents_within(spec: SimulatorSpec, *, start: int, duration: int) -> tuple[Incident, ...]:
    """The incidents that touch a stream, by the time they begin.

    Raises:
        UsageError: a scenario (the demonstration aside) falls outside of the stream.
    """
    end = start + duration
    for scenario in spec.scenarios:
        if scenario.name != "demo" and not any(
            each.overlaps(start, end) for each in scenario.place(start, end)
        ):
            raise UsageError(
                f"scenario {scenario.name}@{scenario.when} lies outside of the simulation",
                hint=f"it runs from {format_instant(start)} for {format_duration(duration)}",
            )
    placed = place_scenarios(spec.scenarios, start=start, present=end)
    return tuple(each for each in placed if each.overlaps(start, end))


def simulate(spec: SimulatorSpec, *, start: int, duration: int, format_: str, out: BinaryIO) -> int:
    """Write a finite stream (`csv`, `jsonl` or `parquet`), spoilt rows included; the number of rows.

    Raises:
        UsageError: an unknown format, spoilt rows in Parquet.
    """
    frames = generate(spec, start=start, duration=duration)
    return write_events(
        frames, format_, out, schema=Rendering(spec).schema, malformed=spec.malformed, seed=spec.seed
    )
