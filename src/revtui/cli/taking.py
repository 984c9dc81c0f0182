"""Taking one snapshot without a screen.

finite   read to the end, or up to `--at`
live     read until the first window has closed, or for `--wait`
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from revtui.adapters.clocks import SystemClock
from revtui.cli.build import Plan
from revtui.core.alerts import Transition
from revtui.core.errors import RevtuiError, SourceError, UsageError
from revtui.engine.batchrun import steps
from revtui.engine.intake import Delivery, merged
from revtui.engine.monitor import Monitor
from revtui.engine.runtime import Pipeline
from revtui.engine.snapshot import Snapshot, SourceState, Status

_POLL_SECONDS: Final = 0.05
_START_SECONDS: Final = 60.0
"""For the first snapshot, which follows at once but on a machine that has no time for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A snapshot with the alerts before it."""

    snapshot: Snapshot
    transitions: tuple[Transition, ...]


def take(plan: Plan, *, at: int | None, wait_seconds: float) -> Taken:
    """One snapshot of the sources of a plan.

    Args:
        plan: What to read.
        at: Event time in microseconds to stop at; None: the end, or now.
        wait_seconds: For a live source's first window, at most.

    Raises:
        SourceError: when a source cannot be read.
        UsageError: for a past moment of a live source.
    """
    if not plan.live:
        return _finite(plan, at)
    if at is not None:
        raise UsageError("--at is for finite sources: a live one is read from now on")
    with running(Pipeline(plan.sources, plan.settings, SystemClock())) as pipeline:
        return _live(pipeline, wait_seconds)


@contextmanager
def running(pipeline: Pipeline) -> Iterator[Pipeline]:
    """Run a pipeline in a thread for as long as the block lasts; why it failed is in its `failure`."""
    with ThreadPoolExecutor(1, thread_name_prefix="revtui-pipeline") as threads:
        threads.submit(lambda: asyncio.run(pipeline.run()))
        try:
            yield pipeline
        finally:
            pipeline.stop()


def _finite(plan: Plan, at: int | None) -> Taken:
    now = SystemClock().now()
    monitor = Monitor(plan.sources, plan.settings, now=now)
    try:
        stopped = False
        if at is None:
            for _ in steps(monitor):
                pass
        else:
            stopped = _read_up_to(monitor, at)
        snapshot = monitor.snapshot(now=now)
    finally:
        for source in plan.sources:
            source.close()
    if stopped and at is not None:
        snapshot = replace(snapshot, status=Status.REPLAY, taken_at=at)
    return Taken(snapshot=snapshot, transitions=monitor.transitions.since(0))


def _read_up_to(monitor: Monitor, at: int) -> bool:
    """Take every event before the first that happened after `at`; whether there was such a one."""
    for delivery in merged(monitor.intakes, lambda place: monitor.end(place, now=0)):
        after = np.flatnonzero(delivery.events["event_ts"].to_numpy() > at)
        count = int(after[0]) if after.size else delivery.events.height
        sources = delivery.sources
        part = Delivery(
            events=delivery.events[:count],
            sources=sources if isinstance(sources, int) else sources[:count],
        )
        monitor.take(part, now=0)
        monitor.settle(now=0)
        if after.size:
            return True
    monitor.settle(now=0)
    return False


def _live(pipeline: Pipeline, wait_seconds: float) -> Taken:
    def closed() -> bool:
        newest = pipeline.mailbox.peek()
        return newest is not None and newest.rows.height > 0

    _wait(lambda: pipeline.mailbox.peek() is not None or pipeline.failure is not None, _START_SECONDS)
    _wait(lambda: closed() or pipeline.failure is not None, wait_seconds)
    raise_failure(pipeline)
    snapshot = pipeline.mailbox.peek()
    if snapshot is None:
        raise RevtuiError("no snapshot was made in time", hint="the machine may be too busy; try again")
    lost = [source for source in snapshot.sources if source.state is SourceState.ERROR]
    if snapshot.status is Status.DISCONNECTED and lost and not snapshot.accounting.counted:
        raise SourceError(f"{lost[0].name}: {lost[0].detail}")
    return Taken(snapshot=snapshot, transitions=known_to(snapshot, pipeline.transitions.since(0)))


def known_to(snapshot: Snapshot, transitions: Iterable[Transition]) -> tuple[Transition, ...]:
    """The transitions a picture knows of: the newest may be logged before the window that caused it is shown."""
    return tuple(transition for transition in transitions if transition.seq <= snapshot.last_seq)


def raise_failure(pipeline: Pipeline) -> None:
    """Raise what ended a pipeline early, if anything did."""
    if pipeline.failure is not None:
        raise pipeline.failure


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
