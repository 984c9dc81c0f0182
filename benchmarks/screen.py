"""What the screen costs: CPU and bytes at rest and at work, how late its event loop comes."""

import asyncio
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.processes import Terminal, monitor
from benchmarks.tables import Table
from revtui.adapters.clocks import SystemClock
from revtui.adapters.sources.simulator import SimulatorSource, SimulatorSpec
from revtui.cli import build
from revtui.cli.options import Evaluation
from revtui.engine.runtime import Pipeline
from revtui.tui.app import MonitorApp, Settings

SIZES = ((80, 24), (120, 40), (160, 48))
FIRST_FIGURE = re.compile(rb"\$[0-9][0-9,]*\.")
SETTLE_SECONDS = 4
SECONDS = 20
BEAT_SECONDS = 0.005


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


def _measured(process: Terminal, size: tuple[int, int]) -> tuple[str, str, str]:
    process.until(lambda: FIRST_FIGURE.search(process.written))
    _read(process, SETTLE_SECONDS)
    cpu, written, started = process.cpu_seconds, len(process.written), time.monotonic()
    _read(process, SECONDS)
    wall = time.monotonic() - started
    return (
        f"{size[0]}x{size[1]}",
        f"{100 * (process.cpu_seconds - cpu) / wall:.1f}",
        f"{(len(process.written) - written) / wall:,.0f}",
    )


def _read(process: Terminal, seconds: float) -> None:
    end = time.monotonic() + seconds
    process.until(lambda: time.monotonic() > end)


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
