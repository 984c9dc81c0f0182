"""Who computes the KPIs from memory: revtui, the limit, and its peers in `peers`."""

import importlib.util
import os
import resource
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from benchmarks.engine import peers
from benchmarks.engine.figures import MINUTE, Lacking

LIMIT: Final = "limit"
HOPS: Final = (60, 10, 5)
BATCHES: Final = (1_000, 10_000, 100_000)


class Way(Protocol):
    """One way to the KPIs, made ready for some events: only `work` is measured."""

    def work(self) -> Any:
        """Compute; called several times."""

    def figures(self, result: Any) -> pl.DataFrame:
        """What came of it, as columns of FIGURES."""

    def processes(self) -> list[int]:
        """Those that work for it beside this one."""

    def close(self) -> None:
        """Stop them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A way to the KPIs, and what to know of it."""

    title: str
    make: Callable[[pl.DataFrame, Path], Way]
    lacks: tuple[Lacking, ...] = ()
    """What revtui computes and it does not."""
    needs: Sequence[str] = ()
    """Packages, and programs with a `!` before them."""
    stream: str = "events"
    """Of an hour; `day`: of a day."""
    rounds: int = 3
    """In one process: the best counts, since what is done once, such as loading code, is not what is measured."""
    repeats: bool = False
    """Whether it is measured in several processes, in turns with others."""

    def missing(self) -> list[str]:
        """What it needs and is not here."""
        return [need.removeprefix("!") for need in self.needs if not _is_here(need)]

    def run(self, folder: Path) -> dict[str, float]:
        """CPU seconds of the best round, helpers included, peak memory, and for how many events."""
        events = pl.read_parquet(folder / f"{self.stream}.parquet")
        way, spent = self.make(events, folder), []
        try:
            for _ in range(self.rounds):
                before = _cpu(way.processes())
                way.work()
                spent.append(_cpu(way.processes()) - before)
            peak = _peak_mib(way.processes())
        finally:
            way.close()
        return {"cpu": min(spent), "events": events.height, "peak_mib": peak}


def _is_here(need: str) -> bool:
    if need.startswith("!"):
        home = os.environ.get("JAVA_HOME", "")
        return shutil.which(need[1:]) is not None or Path(home, "bin", need[1:]).is_file()
    return importlib.util.find_spec(need) is not None


def _cpu(processes: Sequence[int]) -> float:
    """CPU seconds of this process, of the children that have ended, and of these that run."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() + ended.ru_utime + ended.ru_stime
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def _peak_mib(processes: Sequence[int]) -> float:
    """Of this process and of these, at most at once."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for process in processes:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        peak += int(status.partition("VmHWM:")[2].split()[0])
    return peak / 1024


# --- revtui and the limit ---


class Revtui(peers.Alone):
    """The engine over admitted events, its results drained after every batch, as frames."""

    def __init__(self, events: pl.DataFrame, hop_seconds: int, batch: int) -> None:
        self._events, self._hop_seconds, self._batch = events, hop_seconds, batch

    def work(self) -> list[pl.DataFrame]:
        from benchmarks.engine.settings import engine
        from revtui.engine.encoding import encode
        from revtui.engine.rows import Published

        ours, results = engine(self._hop_seconds), []
        for start in range(0, self._events.height, self._batch):
            ours.push(encode(self._events[start : start + self._batch], currency="USD"))
            results.append(ours.drain())
        ours.end_source(0)
        results.append(ours.drain())
        outcome = [
            Published.together([getattr(result, rows) for result in results]).frame
            for rows in ("at_close", "anew", "at_last")
        ]
        assert outcome[-1].height
        return outcome

    def figures(self, result: list[pl.DataFrame]) -> pl.DataFrame:
        return result[-1]


class Limit(peers.Alone):
    """What any of them has to do at least: six sums by minute and gateway."""

    def __init__(self, events: pl.DataFrame, _folder: Path) -> None:
        self._events = events

    def work(self) -> pl.DataFrame:
        kind = pl.col("kind")
        return self._events.group_by((pl.col("event_ts") // MINUTE).alias("minute"), "gateway_name").agg(
            pl.len(),
            pl.col("amount_minor").sum(),
            pl.col("latency_ms").sum(),
            (kind == 1).sum().alias("purchases"),
            (kind == 2).sum().alias("failed"),
            pl.col("event_ts").max(),
        )

    def figures(self, result: pl.DataFrame) -> pl.DataFrame:
        """None: these are no windows."""
        return result.clear()


PEERS: Final = ("dynamic", "duckdb", "pandas", "bytewax", "spark", "pandas day")
"""Those that are compared with revtui."""


def _contestants() -> dict[str, Contestant]:
    ours = {
        f"revtui {hop} {batch}": Contestant(
            title=f"revtui, hop {hop} s, {batch:,} rows a batch",
            make=lambda events, _folder, hop=hop, batch=batch: Revtui(events, hop, batch),
            repeats=True,
        )
        for hop in HOPS
        for batch in BATCHES
    }
    by_day = Contestant(
        title="over a day: revtui, 10,000 rows a batch",
        make=lambda events, _folder: Revtui(events, 60, 10_000),
        stream="day",
        repeats=True,
    )
    every, no_users = tuple(Lacking), (Lacking.USERS, Lacking.REVISIONS)
    return {
        LIMIT: Contestant(
            title="one polars group_by(minute, gateway): no windows", make=Limit, lacks=every, repeats=True
        ),
        **ours,
        "dynamic": Contestant(
            title="polars group_by_dynamic, batch", make=peers.GroupByDynamic, lacks=no_users
        ),
        "duckdb": Contestant(title="DuckDB, batch", make=peers.DuckDb, lacks=no_users, needs=("duckdb",)),
        "pandas": Contestant(
            title="the classic loop: a pandas mask for each window",
            make=peers.ClassicLoop,
            lacks=(Lacking.DUPLICATES, Lacking.REVISIONS),
            rounds=1,
        ),
        "bytewax": Contestant(
            title="bytewax, streaming",
            make=peers.Bytewax,
            lacks=every,
            needs=("bytewax",),
            rounds=1,
        ),
        "spark": Contestant(
            title="Spark Structured Streaming, local[1]",
            make=peers.Spark,
            lacks=no_users,
            needs=("pyspark", "!java"),
        ),
        "revtui day": by_day,
        "pandas day": Contestant(
            title="over a day: the classic loop",
            make=peers.ClassicLoop,
            lacks=(Lacking.DUPLICATES, Lacking.REVISIONS),
            stream="day",
            rounds=1,
        ),
    }


CONTESTANTS: Final = _contestants()
"""In the order of the table."""
