"""What lasts: ticks at full speed, memory, growth over a day, a year of silence, and the start from a checkpoint.

Each measure runs in a process of its own and returns rows: what, the figure, what that is in proportion, and
what it must be with whether it is.
"""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from benchmarks.engine.contestants import Limit
from benchmarks.engine.settings import engine, monitor_settings, settings
from benchmarks.engine.stream import BEGIN, SECOND, stream
from benchmarks.tables import at_most
from revtui.core.durations import HOUR, MINUTE
from revtui.core.events import AdmissionPolicy
from revtui.engine.checkpoint import dump, dump_ids, load
from revtui.engine.encoding import encode
from revtui.engine.intake import Delivery
from revtui.engine.monitor import Monitor

Row = tuple[str, str, str, str]
_IDS: Final = 5_000_000
_MIB: Final = 2**20


class _Nowhere:
    """A source for a monitor that is handed its events."""

    name, live, simulated, note, policy = "bench", True, False, "", AdmissionPolicy()

    def read(self) -> None:
        raise AssertionError

    def close(self) -> None:
        pass


def ticks() -> list[Row]:
    """A live monitor that gets 10,000 rows every 100 ms, and makes four pictures a second."""
    rows, warm_up = 10_000, 100
    monitor = Monitor([_Nowhere()], monitor_settings(settings(live=True)), now=BEGIN)
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
    longest = max(costs[warm_up:])
    limit = _limit_ns()
    return [
        ("median tick, CPU ms", f"{p50:.1f}", _cost(p50 / 1000 / rows, "event", limit), ""),
        ("99th percentile, CPU ms", f"{p99:.1f}", _cost(p99 / 1000 / rows, "event", limit), at_most(p99, 12)),
        (
            "longest after 10 s of warm-up, CPU ms",
            f"{longest:.1f}",
            _times(longest / p50, "the median"),
            at_most(longest, 100),
        ),
        ("longest of all, CPU ms", f"{max(costs):.1f}", _times(max(costs) / p50, "the median"), ""),
    ]


def growth() -> list[Row]:
    """A day of event time, from its first hour and from when the two generations of remembered ids are full."""
    made = engine()
    costs: dict[int, list[float]] = {}
    resident = {}
    for minute in range(24 * 60):
        hour = minute // 60 + 1
        batch = encode(_minute(minute, 2_000), currency="USD")
        start = time.process_time()
        made.push(batch)
        made.drain()
        costs.setdefault(hour, []).append((time.process_time() - start) * 1000)
        resident[hour] = _resident_mib()
    tick = {hour: float(np.median(costs[hour])) for hour in costs}
    rows: list[Row] = []
    for what, of, digits in (("tick, CPU ms", tick, 2), ("resident, MiB", resident, 0)):
        for begin in (1, 3):
            grown = 100 * (of[24] / of[begin] - 1)
            rows.append(
                (
                    f"{what}: hour {begin}, hour 24",
                    f"{of[begin]:.{digits}f}, {of[24]:.{digits}f}",
                    f"{grown:+.1f} %",
                    at_most(grown, 5, "+{} %"),
                )
            )
    return rows


def memory() -> list[Row]:
    """The live monitor at 10,000 events/s, when it has the rows of 24 hours."""
    idle = _resident_mib()
    policy = settings(live=True, lateness=4 * MINUTE, horizon=10 * MINUTE)
    monitor = Monitor([_Nowhere()], monitor_settings(policy), now=BEGIN)
    for minute in range(23 * 60):
        monitor.take(Delivery(events=_minute(minute, 600), sources=0), now=BEGIN)
        monitor.settle(now=BEGIN)
    base, calm = 23 * HOUR, _resident_mib()
    most = calm
    for second in range(40 * 60):
        events = stream(10_000, seconds=1, seed=second, first_id=1_000_000 + second * 10_000)
        now = BEGIN + base + (second + 1) * SECOND
        monitor.take(Delivery(events=_shifted(events, base + second * SECOND), sources=0), now=now)
        monitor.settle(now=now)
        most = max(most, _resident_mib())
    assert monitor.snapshot(now=now).rows.height > 7_000
    ids = len(monitor.engine.duplicates)
    each = f"{(most - calm) * _MIB / ids:.0f} bytes more per id, of {ids / 1e6:.1f} M"
    return [
        ("resident before the first event, MiB", f"{idle:.0f}", "", ""),
        ("after 23 h at 10 events/s, MiB", f"{calm:.0f}", "", ""),
        ("at most, at 10,000 events/s, MiB", f"{most:.0f}", each, at_most(most, 350)),
    ]


def restart() -> list[Row]:
    """From the log of ids and the state to the first row of the window that is open."""
    made, logs, mark = engine(horizon=24 * HOUR), [], None
    for piece in range(50):
        events = stream(_IDS // 49, seconds=60, seed=piece, first_id=piece * 200_000)
        made.push(encode(_shifted(events, piece * MINUTE), currency="USD"))
        made.drain()
        log, mark = dump_ids(made, since=mark)
        logs.append(log)
    state, shown = dump(made), made.provisional()
    start = time.process_time()
    loaded = load(made.settings, state, logs)
    first = loaded.provisional()
    spent = time.process_time() - start
    assert first is not None
    assert shown is not None
    ids, size = len(loaded.duplicates), sum(map(len, logs)) / _MIB
    assert ids >= _IDS
    equal = "equal to the last before" if first.equals(shown) else "DIFFERENT from the last before"
    return [
        (
            f"restore of {ids / 1e6:.1f} M ids and the first frame, {equal}, CPU s",
            f"{spent:.2f}",
            _cost(spent / ids, "id", _limit_ns()),
            at_most(spent, 1),
        ),
        (
            "size of the state and of the log of ids, MiB",
            f"{len(state) / _MIB:.1f}, {size:.1f}",
            f"{size * _MIB / ids:.1f} bytes per id",
            "",
        ),
    ]


def silence(*, live: bool) -> list[Row]:
    """An event a year after the others."""
    batches = [encode(_minute(minute, 2_000), currency="USD") for minute in (0, 365 * 24 * 60)]
    made, limit, before = engine(live=live), _limit_ns(), _resident_mib()
    start = time.process_time()
    for batch in batches:
        made.push(batch)
    if live:
        made.tick(BEGIN + 366 * 24 * HOUR)
    else:
        made.end_source(0)
    results = made.drain()
    rows = (results.closed if live else results.final).height
    spent, grown = time.process_time() - start, _peak_mib() - before
    name = "live, rows at close" if live else "finite, final rows"
    return [
        (f"{name}: {rows:,}, CPU s", f"{spent:.2f}", _cost(spent / rows, "row", limit), ""),
        (f"{name}: memory at most, MiB", f"{grown:.0f}", f"{grown * _MIB / rows:,.0f} bytes per row", ""),
    ]


def _limit_ns() -> float:
    """What the limit costs per event in this process, best of five."""
    events = stream(200_000)
    way, spent = Limit(events, Path()), []
    for _ in range(5):
        start = time.process_time()
        way.work()
        spent.append(time.process_time() - start)
    return min(spent) / events.height * 1e9


def _cost(seconds: float, of: str, limit_ns: float) -> str:
    return f"{seconds * 1e9:,.0f} ns per {of}, {_times(seconds * 1e9 / limit_ns, 'the limit')}"


def _times(ratio: float, of: str) -> str:
    return f"{ratio:,.1f}× {of}"


def _minute(minute: int, events: int) -> pl.DataFrame:
    return _shifted(stream(events, seconds=60, seed=minute, first_id=minute * events), minute * MINUTE)


def _shifted(events: pl.DataFrame, by: int) -> pl.DataFrame:
    return events.with_columns(pl.col("event_ts") + by)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / _MIB


MEASURES: Final[dict[str, Callable[[], list[Row]]]] = {
    "ticks": ticks,
    "growth": growth,
    "memory": memory,
    "restart": restart,
    "silence live": lambda: silence(live=True),
    "silence finite": lambda: silence(live=False),
}
