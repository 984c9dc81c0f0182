"""Who computes the KPIs from memory: revtui, the limit, and its peers, each as its users would write it."""

import importlib.util
import os
import resource
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.engine.stream import SECOND

MINUTE = 60 * SECOND
LENGTH = 5 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One way to the KPIs."""

    title: str
    exact: str
    """What it computes beyond sums: D, L, P, U; see the table's note."""
    work: Callable[[pl.DataFrame], None]
    needs: Sequence[str] = ()
    """Packages, and programs with a `!` before them."""
    events: int | None = None
    """It gets no more than so many."""
    stream: str = "events"
    """Of an hour; `day`: of a day."""
    rounds: int = 1
    """The best counts: what is done once, such as loading code, is not what is measured."""

    def missing(self) -> list[str]:
        """What it needs and is not here."""
        return [
            need
            for need in self.needs
            if (shutil.which(need[1:]) if need.startswith("!") else importlib.util.find_spec(need)) is None
        ]

    def run(self, folder: Path) -> tuple[float, int]:
        """CPU seconds of the best round, children included, and how many events that was for."""
        events = pl.read_parquet(folder / f"{self.stream}.parquet")[: self.events]
        spent = []
        for _ in range(self.rounds):
            before = _cpu()
            self.work(events)
            spent.append(_cpu() - before)
        return min(spent), events.height


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


# --- revtui and the limit ---


def revtui(hop_seconds: int, batch: int) -> Callable[[pl.DataFrame], None]:
    from benchmarks.engine.measures import engine
    from revtui.engine.encoding import encode
    from revtui.engine.rows import Published

    def work(events: pl.DataFrame) -> None:
        ours, results = engine(hop_seconds), []
        for start in range(0, events.height, batch):
            ours.push(encode(events[start : start + batch], currency="USD"))
            results.append(ours.drain())
        ours.end_source(0)
        results.append(ours.drain())
        for rows in ("at_close", "anew", "at_last"):
            assert Published.together([getattr(result, rows) for result in results]).frame.height

    return work


def limit(events: pl.DataFrame) -> None:
    kind = pl.col("kind")
    events.group_by((pl.col("event_ts") // MINUTE).alias("minute"), "gateway_name").agg(
        pl.len(),
        pl.col("amount_minor").sum(),
        pl.col("latency_ms").sum(),
        (kind == 1).sum().alias("purchases"),
        (kind == 2).sum().alias("failed"),
        pl.col("event_ts").max(),
    )


# --- peers ---


def masks_in_pandas(events: pl.DataFrame) -> None:
    """The way of the classic monitors: for each window a mask over all events."""
    import pandas as pd

    wanted = ("event_ts", "user_id", "kind", "amount_minor", "gateway_name", "latency_ms")
    frame = pd.DataFrame({name: events[name].to_numpy() for name in wanted})
    first = int(frame.event_ts.min()) // MINUTE * MINUTE + MINUTE
    for end in range(first, int(frame.event_ts.max()) + MINUTE, MINUTE):
        held = frame[(frame.event_ts >= end - LENGTH) & (frame.event_ts < end)]
        users = frame[(frame.event_ts >= end - 30 * MINUTE) & (frame.event_ts < end)].user_id
        for part in [held, *(part for _, part in held.groupby("gateway_name"))]:
            failed, bought = (part.kind == 2).sum(), part.kind == 1
            _ = part.amount_minor[bought].sum(), failed / max(failed + bought.sum(), 1)
            _ = part.latency_ms.mean(), part.latency_ms.quantile(0.95)
        _ = users.nunique()


def group_by_dynamic(events: pl.DataFrame) -> None:
    """Batch: everything is known before anything is asked."""
    kind = pl.col("kind")
    wanted = [
        pl.len(),
        pl.col("amount_minor").filter(kind == 1).sum().alias("revenue"),
        pl.col("amount_minor").filter(kind == 3).sum().alias("refunds"),
        (kind == 1).sum().alias("purchases"),
        (kind == 2).sum().alias("failed"),
        pl.col("latency_ms").mean().alias("average"),
        pl.col("latency_ms").quantile(0.95, "linear").alias("p95"),
    ]
    ordered = events.lazy().unique("event_id", keep="first", maintain_order=True).sort("event_ts")
    for groups in (None, "gateway_name"):
        ordered.group_by_dynamic("event_ts", every=f"{MINUTE}i", period=f"{LENGTH}i", group_by=groups).agg(
            wanted
        ).collect()


DUCKDB = """
    WITH first AS (SELECT * FROM events QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY "offset") = 1),
    placed AS (
        SELECT *, unnest(generate_series(event_ts // {minute} + 1, event_ts // {minute} + 5)) AS window_end FROM first
    )
    SELECT window_end, gateway_name, count(*), sum(amount_minor) FILTER (kind = 1), sum(amount_minor) FILTER (kind = 3),
        count(*) FILTER (kind = 1), count(*) FILTER (kind = 2), avg(latency_ms), quantile_cont(latency_ms, 0.95)
    FROM placed GROUP BY GROUPING SETS ((window_end, gateway_name), (window_end))
"""


def duckdb(events: pl.DataFrame) -> None:
    """Batch: everything is known before anything is asked."""
    import duckdb

    table = events.select(
        "event_ts", "event_id", "kind", "amount_minor", "gateway_name", "latency_ms", "offset"
    )
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"revtui-bench-{os.getpid()}.parquet"
    table.write_parquet(path)
    try:
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{path}')")
            connection.execute(DUCKDB.format(minute=MINUTE)).fetchall()
    finally:
        path.unlink()


def bytewax(events: pl.DataFrame) -> None:
    """Streaming: sliding event-time windows, folded."""
    from datetime import UTC, datetime, timedelta

    import bytewax.operators as op
    from bytewax.dataflow import Dataflow
    from bytewax.operators.windowing import EventClock, SlidingWindower, fold_window
    from bytewax.testing import TestingSink, TestingSource, run_main

    rows = list(events.select("event_ts", "kind", "amount_minor", "gateway_name", "latency_ms").iter_rows())
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def fold(sums: list[float], row: tuple) -> list[float]:
        sums[0] += 1
        sums[1] += (row[2] or 0) if row[1] == 1 else 0
        sums[2] += row[1] == 1
        sums[3] += row[1] == 2
        sums[4] += row[4] or 0
        return sums

    clock = EventClock(
        ts_getter=lambda row: epoch + timedelta(microseconds=row[0]),
        wait_for_system_duration=timedelta(minutes=1),
    )
    windower = SlidingWindower(length=timedelta(minutes=5), offset=timedelta(minutes=1), align_to=epoch)
    flow = Dataflow("bench")
    keyed = op.key_on(
        "key", op.input("in", flow, TestingSource(rows, batch_size=1000)), lambda row: row[3] or "*"
    )
    windows = fold_window(
        "fold",
        keyed,
        clock,
        windower,
        lambda: [0.0] * 5,
        fold,
        lambda some, other: [left + right for left, right in zip(some, other, strict=True)],
    )
    out: list = []
    op.output("out", windows.down, TestingSink(out))
    run_main(flow)


def spark(events: pl.DataFrame) -> None:
    """Structured Streaming, local[1]: watermark, duplicates, sliding windows; percentiles over what it keeps."""
    import tempfile

    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    with tempfile.TemporaryDirectory(prefix="revtui-bench-") as folder:
        source = Path(folder) / "in"
        source.mkdir()
        step = max(events.height // 10, 1)
        for number, start in enumerate(range(0, events.height, step)):
            part = events[start : start + step].with_columns(
                pl.col("event_ts").cast(pl.Datetime("us", "UTC"))
            )
            part.write_parquet(source / f"{number:03}.parquet")
        session = (
            SparkSession.builder.master("local[1]")
            .config("spark.sql.shuffle.partitions", 1)
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "ERROR")
            .getOrCreate()
        )
        read = session.readStream.schema(session.read.parquet(str(source)).schema).option(
            "maxFilesPerTrigger", 1
        )
        kind = f.col("kind")
        windows = (
            read.parquet(str(source))
            .withWatermark("event_ts", "16 minutes")
            .dropDuplicatesWithinWatermark(["event_id"])
            .groupBy(f.window("event_ts", "5 minutes", "1 minute"), "gateway_name")
            .agg(
                f.count("*"),
                f.sum(f.when(kind == 1, f.col("amount_minor"))),
                f.sum(f.when(kind == 2, 1)),
                f.avg("latency_ms"),
                f.percentile("latency_ms", 0.95),
            )
        )
        query = (
            windows.writeStream.format("noop")
            .outputMode("append")
            .option("checkpointLocation", str(Path(folder) / "checkpoint"))
            .trigger(availableNow=True)
            .start()
        )
        query.awaitTermination()
        java = session.sparkContext._gateway.proc  # noqa: SLF001 - there is no other way to it
        session.stop()
        java.stdin.close()  # which ends it; only then is its CPU time known
        java.wait()


def _contestants() -> dict[str, Contestant]:
    ours = {
        f"revtui {hop} {batch}": Contestant(
            title=f"revtui, hop {hop} s, {batch:,} rows a batch",
            exact="D L P U",
            work=lambda events, hop=hop, batch=batch: revtui(hop, batch)(events),
            rounds=3,
        )
        for hop, batch in ((60, 1_000), (60, 10_000), (60, 100_000), (10, 10_000), (5, 10_000))
    }
    return {
        "limit": Contestant(
            title="one polars group_by(minute, gateway), no windows", exact="", work=limit, rounds=3
        ),
        **ours,
        "revtui day": Contestant(
            title="revtui, over a day, 10,000 rows a batch",
            exact="D L P U",
            work=lambda events: revtui(60, 10_000)(events),  # noqa: PLW0108 - loads the engine when it is run
            stream="day",
            rounds=3,
        ),
        "dynamic": Contestant(
            title="polars group_by_dynamic, batch", exact="D P", work=group_by_dynamic, rounds=3
        ),
        "duckdb": Contestant(title="DuckDB, batch", exact="D P", work=duckdb, needs=("duckdb",)),
        "pandas": Contestant(
            title="over a day: a mask for each window, pandas",
            exact="P U",
            work=masks_in_pandas,
            stream="day",
        ),
        "bytewax": Contestant(
            title="bytewax, streaming", exact="", work=bytewax, needs=("bytewax",), events=100_000
        ),
        "spark": Contestant(
            title="Spark Structured Streaming, local[1]",
            exact="D P",
            work=spark,
            needs=("pyspark", "!java"),
            events=200_000,
        ),
    }


CONTESTANTS = _contestants()
"""In the order of the table."""
