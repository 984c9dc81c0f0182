"""The lines of `revtui watch`, in the order of event time."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import polars as pl

from revtui.adapters.clocks import SystemClock
from revtui.cli.build import Plan
from revtui.cli.narration import say_what_lacks
from revtui.cli.taking import known_to, raise_failure, running
from revtui.core.alerts import Transition
from revtui.core.events import Accounting
from revtui.core.kpis import ALL_GATEWAYS
from revtui.engine.batchrun import steps
from revtui.engine.monitor import Monitor
from revtui.engine.runtime import Pipeline
from revtui.views.records import public_rows, transition_record
from revtui.views.watch import WatchView, transition_line, window_line

_POLL_SECONDS: Final = 0.1

Write = Callable[[Sequence[str]], None]
"""Takes lines that belong together, perhaps none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a window or a transition is put into a line."""

    currency: str
    jsonl: bool
    simulated: bool
    """Every line then says so."""

    def lines(
        self, windows: pl.DataFrame, transitions: Sequence[Transition], *, estimated: bool
    ) -> list[str]:
        """Windows (ROW_SCHEMA, of `*`) and transitions by time, a window before what follows from it.

        `estimated`: whether active users are an estimate.
        """
        told = [(end, 0, line) for end, line in self._windows(windows, estimated=estimated)]
        told += [(one.at, 1, self._transition(one, estimated=estimated)) for one in transitions]
        return [line for _, _, line in sorted(told, key=lambda item: item[:2])]

    def _windows(self, windows: pl.DataFrame, *, estimated: bool) -> Iterator[tuple[int, str]]:
        ends = windows["window_end"].to_list()
        if self.jsonl:
            mark = {"users_estimated": True} if estimated else {}
            records = public_rows(windows, self.currency)
            return zip(ends, (self._json("window", record | mark) for record in records), strict=True)
        said = (window_line(row, self.currency, estimated=estimated) for row in windows.iter_rows(named=True))
        return zip(ends, map(self._marked, said), strict=True)

    def _transition(self, transition: Transition, *, estimated: bool) -> str:
        if self.jsonl:
            return self._json("transition", transition_record(transition, self.currency))
        return self._marked(transition_line(transition, estimated=estimated))

    def _json(self, kind: str, record: dict[str, Any]) -> str:
        simulated = {"simulated": True} if self.simulated else {}
        return json.dumps({"type": kind} | simulated | record, ensure_ascii=False, allow_nan=False)

    def _marked(self, line: str) -> str:
        return f"SIMULATED {line}" if self.simulated else line


def write_finite(plan: Plan, wording: Wording, write: Write) -> Accounting:
    """Write lines until the sources end; where their rows went.

    Raises:
        SourceError: when a source cannot be read.
    """
    monitor = Monitor(plan.sources, plan.settings, now=SystemClock().now())
    try:
        for results in steps(monitor):
            rows = pl.concat([results.closed, results.revised])
            overall = rows.filter(pl.col("gateway_name") == ALL_GATEWAYS)
            estimated = monitor.engine.tally.users_estimated
            write(wording.lines(overall, results.transitions, estimated=estimated))
    finally:
        for source in plan.sources:
            source.close()
    say_what_lacks(monitor.intakes)
    return monitor.accounting


def write_live(plan: Plan, wording: Wording, write: Write) -> NoReturn:
    """Write lines as windows close and alerts change, for ever.

    Raises:
        RevtuiError: when the run fails.
    """
    view, cursor = WatchView(), 0
    with running(Pipeline(plan.sources, plan.settings, SystemClock())) as pipeline:
        while True:
            raise_failure(pipeline)
            snapshot = pipeline.mailbox.peek()
            if snapshot is not None:
                transitions = known_to(snapshot, pipeline.transitions.since(cursor))
                cursor = max(cursor, snapshot.last_seq)
                news, estimated = view.news(snapshot), snapshot.users_estimated
                write(wording.lines(news, transitions, estimated=estimated))
            time.sleep(_POLL_SECONDS)
