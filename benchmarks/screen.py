"""What the screen costs: CPU and bytes at rest and at work, how late its event loop comes, how fast it filters."""

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks import processes
from benchmarks.processes import monitor
from benchmarks.tables import Table
from revtui.adapters.clocks import SystemClock
from revtui.adapters.sources.simulator import SimulatorSource, SimulatorSpec
from revtui.cli import build
from revtui.cli.options import Evaluation
from revtui.core.alerts import Phase, Transition
from revtui.core.filters import matching, parse
from revtui.core.severity import Severity
from revtui.engine.batchrun import steps
from revtui.engine.monitor import Monitor
from revtui.engine.runtime import Pipeline
from revtui.engine.snapshot import Snapshot
from revtui.tui.app import MonitorApp, Settings
from revtui.tui.feed import StillFeed
from revtui.tui.state import ViewState
from revtui.views.ledger import fold

SIZES = ((80, 24), (120, 40), (160, 48))
FIRST_FIGURE = rb"\$[0-9][0-9,]*\."
SETTLE_SECONDS = 4
SECONDS = 20
BEAT_SECONDS = 0.005
QUERY = "sev>=crit gw:stripe since:2h"


def tables() -> Iterator[Table]:
    yield Table(
        title="The screen at rest and at work",
        columns=("what", "size", "CPU, % of a core", "bytes/s written"),
        rows=[
            *(_at_rest(size) for size in SIZES),
            *(_live(rate, size) for rate in (20, 5000) for size in SIZES),
        ],
        note=f"Over {SECONDS} s, in a pseudo-terminal that is read; a followed file grows by so many events per second.",
    )
    yield Table(
        title="Lag of the screen's event loop",
        columns=("events/s", "median, ms", "99th percentile, ms", "worst, ms"),
        rows=[_lag(rate) for rate in (20, 5000)],
        note=f"A heartbeat every {BEAT_SECONDS * 1000:.0f} ms on the loop of a headless screen of 120x40, over {SECONDS} s.",
    )
    yield Table(
        title="Filtering 10,000 alerts",
        columns=("what", "best, ms", "median, ms"),
        rows=asyncio.run(_filtering()),
        note=f"`{QUERY}`; CPU time, on the Alerts tab at 120x40.",
    )


# --- at rest and at work ----------------------------------------------------------------------------


class Feeder:
    """Appends events of the present moment to a file, ten times a second."""

    def __init__(self, path: Path, rate: int) -> None:
        """`rate` in events per second."""
        self._path, self._rate, self._stop = path, rate, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        history = SimulatorSource(
            SimulatorSpec.parse(f"sim:?profile=original&rate={min(self._rate, 200)}&backfill=1h"),
            SystemClock(),
        )
        frames = []
        while (batch := history.read()) is not None and batch.frame.height:
            frames.append(batch.frame.drop("offset"))
        frame = pl.concat(frames)
        frame.write_csv(self._path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
        self._lines = frame.drop("event_id", "event_ts").write_csv(include_header=False).splitlines()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        started, number = time.monotonic(), 0
        with self._path.open("a", encoding="ascii") as file:
            while not self._stop.wait(0.1):
                due = int((time.monotonic() - started) * self._rate)
                now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                file.writelines(
                    f"live-{each},{now},{self._lines[each % len(self._lines)]}\n"
                    for each in range(number, due)
                )
                file.flush()
                number = due


def _at_rest(size: tuple[int, int]) -> tuple[str, ...]:
    with monitor("sim:?duration=30m", size=size) as process:
        return ("a finite source at its end", *_measured(process, size))


def _live(rate: int, size: tuple[int, int]) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        with Feeder(path, rate), monitor("--follow", str(path), size=size) as process:
            return (f"{rate:,} events/s", *_measured(process, size))


def _measured(process: processes.Monitor, size: tuple[int, int]) -> tuple[str, str, str]:
    process.wait_for(FIRST_FIGURE)
    time.sleep(SETTLE_SECONDS)
    cpu, written, started = process.cpu_seconds, len(process.written), time.monotonic()
    time.sleep(SECONDS)
    wall = time.monotonic() - started
    return (
        f"{size[0]}x{size[1]}",
        f"{100 * (process.cpu_seconds - cpu) / wall:.1f}",
        f"{(len(process.written) - written) / wall:,.0f}",
    )


# --- lag --------------------------------------------------------------------------------------------


def _lag(rate: int) -> tuple[str, ...]:
    late = sorted(asyncio.run(_heartbeat(rate)))
    return (
        f"{rate:,}",
        f"{1000 * statistics.median(late):.1f}",
        f"{1000 * late[len(late) * 99 // 100]:.1f}",
        f"{1000 * late[-1]:.1f}",
    )


async def _heartbeat(rate: int) -> list[float]:
    """How late each beat came, in seconds, once the backlog has been read."""
    settings = build.plan(
        ["sim:"], Evaluation(), build.load_configuration(Evaluation()), screen=True
    ).settings
    spec = SimulatorSpec.parse(f"sim:?profile=original&rate={rate}&backfill=5m")
    pipeline = Pipeline([SimulatorSource(spec, SystemClock())], settings, SystemClock(), refresh=1.0)
    app = MonitorApp(pipeline, Settings())
    late: list[float] = []
    async with app.run_test(size=(120, 40)):
        end = time.monotonic() + SETTLE_SECONDS + SECONDS
        begin = time.monotonic() + SETTLE_SECONDS
        while (now := time.monotonic()) < end:
            await asyncio.sleep(BEAT_SECONDS)
            if now >= begin:
                late.append(time.monotonic() - now - BEAT_SECONDS)
        newest = pipeline.mailbox.peek()
        if newest is None or newest.accounting.read < rate * SECONDS:
            raise RuntimeError(f"the pipeline did not keep up with {rate} events/s")
    return late


# --- filtering --------------------------------------------------------------------------------------


async def _filtering() -> list[tuple[str, ...]]:
    outcome = _end_of_an_hour()
    transitions = _transitions(10_000, outcome.taken_at)
    rows = fold(transitions, now=outcome.taken_at, source="sim:42", rules=outcome.rules)
    select = [_cpu_ms(lambda: matching(parse(QUERY), rows, outcome.taken_at)) for _ in range(20)]
    app = MonitorApp(StillFeed(outcome, transitions), Settings(view=ViewState(tab="alerts")))
    repaint = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        for turn in range(20):
            before = time.process_time()
            app.look(replace(app.view, query="" if turn % 2 else QUERY))
            await pilot.pause()
            repaint.append(1000 * (time.process_time() - before))
    return [
        (name, f"{min(each):.1f}", f"{statistics.median(each):.1f}")
        for name, each in (("select the rows", select), ("select, and paint the screen", repaint))
    ]


def _end_of_an_hour() -> Snapshot:
    """An hour of the simulator, at its end."""
    plan = build.plan(["sim:?duration=1h"], Evaluation(), build.load_configuration(Evaluation()))
    run = Monitor(plan.sources, plan.settings, now=0)
    for _ in steps(run):
        pass
    return run.snapshot(now=0, events_per_second=0.0)


def _transitions(alerts: int, now: int) -> list[Transition]:
    """So many alerts over two days, each fired and resolved."""
    found: list[Transition] = []
    for number in range(alerts):
        began = now - (alerts - number) * 17_000_000
        fired = Transition(
            seq=2 * number + 1,
            at=began,
            rule=("fail_rate", "p95_latency")[number % 2],
            kind="contract",
            gateway_name=("stripe", "adyen", "paypal", "braintree")[number % 4],
            from_=Phase.PENDING,
            to=Phase.FIRING,
            severity=(Severity.WARN, Severity.CRIT)[number // 2 % 2],
            value=0.31,
            expected=0.30,
            n=120,
            z=None,
            money_at_risk=None,
            began_at=began,
            incident_id=f"incident-{number // 10}",
            muted_by=None,
            clock=False,
            reason="fail rate 31 % above 30 %",
        )
        found += [
            fired,
            replace(
                fired, seq=fired.seq + 1, at=began + 60_000_000, from_=Phase.RECOVERING, to=Phase.RESOLVED
            ),
        ]
    return found


def _cpu_ms(task: Callable[[], object]) -> float:
    before = time.process_time()
    task()
    return 1000 * (time.process_time() - before)
