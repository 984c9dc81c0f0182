"""Finite sources to their end, as fast as possible, on the event-time clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from revtui.core.events import Accounting
from revtui.engine.engine import Results
from revtui.engine.intake import merged
from revtui.engine.monitor import Monitor, MonitorSettings
from revtui.engine.ports import Source
from revtui.engine.rows import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a finite run came to."""

    rows: pl.DataFrame
    """ROW_SCHEMA, ordered: the final row of every window and gateway."""
    accounting: Accounting
    monitor: Monitor
    """Where it stands, for a snapshot or the transitions."""


def steps(monitor: Monitor, *, batch_rows: int | None = None) -> Iterator[Results]:
    """The results batch by batch, and those of the end; the time is that of the newest event.

    `batch_rows` cuts what is read into batches of that size, which changes nothing in the final rows.
    """

    def now() -> int:
        return monitor.engine.newest_event or 0

    for delivery in merged(monitor.intakes, lambda place: monitor.end(place, now=now())):
        monitor.take(delivery, now=now(), batch_rows=batch_rows)
        yield monitor.settle(now=now())
    yield monitor.settle(now=now())


def run_finite(
    sources: Sequence[Source], settings: MonitorSettings, *, batch_rows: int | None = None
) -> Outcome:
    """Read the sources to their end.

    Raises:
        SourceError: when one of them cannot be read.
    """
    monitor = Monitor(sources, settings, now=0)
    try:
        final = [results.at_last for results in steps(monitor, batch_rows=batch_rows)]
    finally:
        for source in sources:
            source.close()
    return Outcome(rows=Published.together(final).frame, accounting=monitor.accounting, monitor=monitor)
