"""The simulator as a source: live on a clock, or finite and as fast as possible."""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from revtui.adapters.sources.simulator.arrivals import Arrivals
from revtui.adapters.sources.simulator.effects import Effects
from revtui.adapters.sources.simulator.flaws import spoil, torn
from revtui.adapters.sources.simulator.population import Population
from revtui.adapters.sources.simulator.rendering import Rendering
from revtui.adapters.sources.simulator.spec import SimulatorSpec
from revtui.adapters.sources.simulator.syntax import place_scenarios
from revtui.adapters.sources.simulator.writing import csv_line
from revtui.core.durations import HOUR, MINUTE
from revtui.core.events import AdmissionPolicy, RawBatch, Rejected
from revtui.core.text import RAW_BYTES_KEPT
from revtui.engine.ports import Clock

BATCH_ROWS: Final = 50_000
_BACKFILL: Final = 2 * HOUR


class SimulatorSource:
    """A `revtui.engine.ports.Source` of made-up events.

    Live (neither `until` nor `duration`): `read` returns what has arrived by the clock and was not
    handed over yet. Finite: it runs to its end without looking at the clock again. Offsets are
    running row numbers.

    Without `spec.start` the stream begins at a whole minute: `spec.backfill` before its end when that
    is a time, else before the clock's time at construction.
    """

    def __init__(
        self,
        spec: SimulatorSpec,
        clock: Clock,
        *,
        breakdown: str = "gateway_name",
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        """`breakdown` is the column that events are broken down by."""
        self._spec = spec
        self._clock = clock
        self._breakdown = breakdown
        self._batch_rows = batch_rows
        self.start = _start(spec, clock)
        """Event time of the earliest event, microseconds."""
        self._until = replace(spec, start=self.start).end
        present = clock.now() if self._until is None else self._until
        self.incidents = place_scenarios(spec.scenarios, start=self.start, present=present)
        """The ground truth."""
        self._arrivals = Arrivals(Population(spec, Effects(incidents=self.incidents)), self.start)
        self._rendering = Rendering(spec)
        self._offset = 0
        self._closed = False

    @property
    def name(self) -> str:
        """`sim:` and the seed."""
        return f"sim:{self._spec.seed}"

    @property
    def live(self) -> bool:
        """Whether it follows the clock."""
        return self._until is None

    @property
    def simulated(self) -> bool:
        """Always."""
        return True

    @property
    def policy(self) -> AdmissionPolicy:
        """UTC, and the currency of the specification."""
        return AdmissionPolicy(currency=self._spec.currency, breakdown=self._breakdown)

    @property
    def note(self) -> str:
        """The profile, when it is not the usual one."""
        name = self._spec.profile.name
        return "" if name == "realistic" else f"profile {name}"

    def read(self) -> RawBatch | None:
        """The next rows; empty when nothing is due, None at the end."""
        if self._closed:
            return (
                self._batch(self._rendering.frame(self._arrivals.take(self.start, 0))) if self.live else None
            )
        # "by now" includes the present microsecond
        before = self._clock.now() + 1 if self._until is None else self._until
        rows = self._arrivals.take(before, self._batch_rows)
        if not rows.size and self._until is not None:
            return None
        return self._batch(self._rendering.frame(rows))

    def close(self) -> None:
        """Hand over nothing any more."""
        self._closed = True

    def _batch(self, frame: pl.DataFrame) -> RawBatch:
        first, rejected = self._offset, []
        self._offset += frame.height
        frame = frame.with_columns(pl.int_range(first, self._offset, dtype=pl.Int64).alias("offset"))
        if self._spec.malformed and frame.height:
            spoilt = spoil(frame, first_row=first, share=self._spec.malformed, seed=self._spec.seed)
            rejected = [self._torn(spoilt.frame, row, first + row) for row in spoilt.torn.tolist()]
            intact = np.ones(frame.height, dtype=np.bool_)
            intact[spoilt.torn] = False
            frame = spoilt.frame.with_columns(frame["offset"]).filter(pl.Series(intact))
        return RawBatch(
            source=self.name,
            frame=frame,
            rejected=tuple(rejected),
            raw=lambda row: csv_line(frame.drop("offset"), row),
            end_offset=self._offset,
        )

    def _torn(self, frame: pl.DataFrame, row: int, offset: int) -> Rejected:
        raw = torn(csv_line(frame, row))[:RAW_BYTES_KEPT].decode("ascii")
        return Rejected(
            reason="not_a_record", detail="the line breaks off", source=self.name, offset=offset, raw=raw
        )


def _start(spec: SimulatorSpec, clock: Clock) -> int:
    if spec.start is not None:
        return spec.start
    past = spec.backfill if spec.backfill is not None else spec.duration or _BACKFILL
    early = (clock.now() if spec.until is None else spec.until) - past
    return early - early % MINUTE
