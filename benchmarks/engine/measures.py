"""What is measured of the engine alone: files, ticks, memory, growth, and how long it takes to start again."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.engine.stream import BEGIN, SECOND, stream
from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.files import file_source
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.shape import RowShape
from revtui.core.contracts import contracts
from revtui.core.events import AdmissionPolicy
from revtui.core.windows import WindowPolicy
from revtui.engine.batchrun import run_finite
from revtui.engine.checkpoint import dump, dump_ids, load
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings
from revtui.engine.intake import Delivery
from revtui.engine.monitor import Monitor, MonitorSettings

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def settings(hop_seconds: int = 60, **policy: int) -> EngineSettings:
    return EngineSettings(
        policy=WindowPolicy(hop=hop_seconds * SECOND, **policy),
        currency="USD",
        currency_exponent=2,
        latency_sla_ms=1200,
        max_gateways=64,
        rules=contracts(),
        live=False,
    )


def engine(hop_seconds: int = 60, **policy: int) -> Engine:
    made = Engine(settings(hop_seconds, **policy))
    made.add_source("bench")
    return made


def monitor_settings(of: EngineSettings) -> MonitorSettings:
    return MonitorSettings(
        engine=of,
        max_jump=24 * HOUR,
        max_future_skew=5 * MINUTE,
        idle_timeout=MINUTE,
        retention=24 * HOUR,
    )


Row = tuple[str, str, str]
"""What was measured, the figure, and what it must be."""


def file_run(name: str, folder: Path) -> tuple[float, int]:
    """`file csv`: the way of `revtui windows`; `read csv`: polars alone. CPU seconds, and events."""
    what, suffix = name.split()
    path = folder / f"raw.{suffix}"
    if what == "read":
        read = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}[suffix]
        start = time.process_time()
        height = read(path).height
        return time.process_time() - start, height
    shape = RowShape(source=path.name, defaults=AdmissionPolicy())
    syntax = {"csv": Syntax.CSV, "jsonl": Syntax.JSON_LINES}.get(suffix)
    source = ParquetSource(path, shape) if syntax is None else file_source(path, shape, syntax=syntax)
    start = time.process_time()
    outcome = run_finite([source], monitor_settings(settings()))
    assert outcome.rows.height
    return time.process_time() - start, outcome.accounting.read


class _Nowhere:
    """A source for a monitor that is handed its events."""

    name, live, simulated, note, policy = "bench", True, False, "", AdmissionPolicy()

    def read(self) -> None:
        raise AssertionError

    def close(self) -> None:
        pass


def ticks(_folder: Path) -> dict[str, Any]:
    """A live monitor that gets 10,000 rows every 100 ms, and makes four pictures a second."""
    rows, warm_up = 10_000, 100
    monitor = Monitor([_Nowhere()], monitor_settings(settings()), now=BEGIN)
    costs = []
    for tick in range(700):
        events = _shifted(stream(rows, seconds=0.1, seed=tick, first_id=tick * rows), tick * SECOND // 10)
        now = BEGIN + (tick + 1) * SECOND // 10
        start = time.process_time()
        monitor.take(Delivery(events=events, sources=0), now=now)
        monitor.settle(now=now)
        if tick % 5 in {0, 2}:
            assert monitor.snapshot(now=now).rows.width
        costs.append((time.process_time() - start) * 1000)
    p50, p99 = np.percentile(costs[warm_up:], [50, 99])
    return {
        "rows": [
            ("median tick, CPU ms", f"{p50:.1f}", ""),
            ("99th percentile, CPU ms", f"{p99:.1f}", "≤ 12"),
            ("longest after 10 s of warm-up, CPU ms", f"{max(costs[warm_up:]):.1f}", "≤ 100"),
            ("longest of all, CPU ms", f"{max(costs):.1f}", ""),
        ],
        "note": "Admitted events of 200,000 users to the live monitor: engine, rules, history of rows, and four "
        "pictures a second; a tick is everything that is done for its rows.",
    }


def steady(_folder: Path) -> dict[str, Any]:
    """Growth over a day, memory at 10,000 events/s, and the way back from a checkpoint."""
    return {
        "rows": [*_growth(), *_full_load(), *_restart(), *_gap()],
        "note": "Growth: 24 h of 2,000 events a minute, the engine alone, ticks of a minute; in the first two hours "
        "the two generations of remembered ids fill. Memory: after 23 h at "
        "10 events/s and 40 min at 10,000 events/s with a duplicates horizon of 10 min, 200,000 users, 24 h of rows; "
        "resident set of the whole process. Start: 5,000,000 ids from their log, with the state, in CPU time.",
    }


def _growth() -> list[Row]:
    made, hours = engine(), {3: [], 24: []}
    resident = {}
    for minute in range(24 * 60):
        hour = minute // 60 + 1
        batch = encode(_minute(minute, 2_000), currency="USD")
        start = time.process_time()
        made.push(batch)
        made.drain()
        if hour in hours:
            hours[hour].append((time.process_time() - start) * 1000)
        resident[hour] = _resident_mib()
    ticks = {hour: float(np.median(costs)) for hour, costs in hours.items()}
    return [
        (
            "tick, hour 3 -> hour 24, CPU ms",
            f"{ticks[3]:.2f} -> {ticks[24]:.2f} ({ticks[24] / ticks[3] - 1:+.0%})",
            "≤ +5 %",
        ),
        (
            "resident, hour 3 -> hour 24, MiB",
            f"{resident[3]:.0f} -> {resident[24]:.0f} ({resident[24] / resident[3] - 1:+.0%})",
            "≤ +5 %",
        ),
    ]


def _full_load() -> list[Row]:
    policy = settings(lateness=4 * MINUTE, horizon=10 * MINUTE)
    monitor = Monitor([_Nowhere()], monitor_settings(policy), now=BEGIN)
    for minute in range(23 * 60):
        monitor.take(Delivery(events=_minute(minute, 600), sources=0), now=BEGIN)
        monitor.settle(now=BEGIN)
    base = 23 * HOUR
    for second in range(40 * 60):
        events = stream(10_000, seconds=1, seed=second, first_id=1_000_000 + second * 10_000)
        now = BEGIN + base + (second + 1) * SECOND
        monitor.take(Delivery(events=_shifted(events, base + second * SECOND), sources=0), now=now)
        monitor.settle(now=now)
    assert monitor.snapshot(now=now).rows.height > 7_000
    ids = len(monitor.engine.duplicates)
    what = f"resident at 10,000 events/s, {ids / 1e6:.1f} M ids remembered, MiB"
    return [(what, f"{_resident_mib():.0f}", "≤ 350")]


def _gap() -> list[Row]:
    """A file that goes on after a year of silence."""
    made = engine()
    batches = [encode(_minute(minute, 2_000), currency="USD") for minute in (0, 365 * 24 * 60)]
    start = time.process_time()
    for batch in batches:
        made.push(batch)
    made.end_source(0)
    height = made.drain().final.height
    return [(f"a gap of a year, {height:,} rows, CPU s", f"{time.process_time() - start:.2f}", "")]


def _restart() -> list[Row]:
    made, logs, mark = engine(horizon=24 * HOUR), [], None
    for piece in range(50):
        events = stream(101_000, seconds=60, seed=piece, first_id=piece * 200_000)
        made.push(encode(_shifted(events, piece * MINUTE), currency="USD"))
        made.drain()
        log, mark = dump_ids(made, since=mark)
        logs.append(log)
    state = dump(made)
    start = time.process_time()
    loaded = load(made.settings, state, logs)
    assert loaded.provisional() is not None
    spent = time.process_time() - start
    size = sum(map(len, logs)) / 2**20
    return [
        (
            f"restore of {len(loaded.duplicates) / 1e6:.1f} M ids and the first row, CPU s",
            f"{spent:.2f}",
            "≤ 1",
        ),
        ("size of state, and of the log of ids, MiB", f"{len(state) / 2**20:.1f}, {size:.0f}", ""),
    ]


def _minute(minute: int, events: int) -> pl.DataFrame:
    return _shifted(stream(events, seconds=60, seed=minute, first_id=minute * events), minute * MINUTE)


def _shifted(events: pl.DataFrame, by: int) -> pl.DataFrame:
    return events.with_columns(pl.col("event_ts") + by)


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


MEASURES: dict[str, Callable[[Path], dict[str, Any]]] = {"ticks": ticks, "steady": steady}
