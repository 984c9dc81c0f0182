"""The peers, each as its users would write it, overall and per gateway as revtui does it."""

import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from benchmarks.engine.figures import BOUND, LENGTH, MINUTE

LATENESS = 15 * MINUTE
USERS = 30 * MINUTE


class Alone:
    """A way that needs no other process."""

    def processes(self) -> list[int]:
        return []

    def close(self) -> None:
        pass


class ClassicLoop(Alone):
    """The way of the classic monitors: for each window a mask over all events."""

    def __init__(self, events: pl.DataFrame, _folder: Path) -> None:
        import pandas as pd

        wanted = ("event_ts", "user_id", "kind", "amount_minor", "gateway_name", "latency_ms")
        self._frame = pd.DataFrame({name: events[name].to_numpy() for name in wanted})

    def work(self) -> list[dict[str, Any]]:
        frame, rows = self._frame, []
        first = int(frame.event_ts.min()) // MINUTE * MINUTE + MINUTE
        for end in range(first, int(frame.event_ts.max()) // MINUTE * MINUTE + MINUTE + 1, MINUTE):
            held = frame[(frame.event_ts >= end - LENGTH) & (frame.event_ts < end)]
            seen = frame[(frame.event_ts >= end - USERS) & (frame.event_ts < end)]
            users = {"*": seen.user_id.nunique(), **seen.groupby("gateway_name").user_id.nunique()}
            for name, part in [("*", held), *held.groupby("gateway_name")]:
                bought, failed = part.kind == 1, part.kind == 2
                rows.append(
                    {
                        "window_end": end,
                        "gateway_name": name,
                        "events_count": len(part),
                        "purchases_count": bought.sum(),
                        "payment_failed_count": failed.sum(),
                        "revenue_minor": part.amount_minor[bought].sum(),
                        "refunds_minor": part.amount_minor[part.kind == 3].sum(),
                        "avg_latency_ms": part.latency_ms.mean(),
                        "p95_latency_ms": part.latency_ms.quantile(0.95),
                        "active_users_30m": users[name],
                    }
                )
        return rows

    def figures(self, result: list[dict[str, Any]]) -> pl.DataFrame:
        names = list(result[0])
        numbers = {name: [row[name] for row in result] for name in names}
        return pl.DataFrame(numbers, strict=False).with_columns(
            pl.col("avg_latency_ms", "p95_latency_ms").fill_nan(None)
        )


class GroupByDynamic(Alone):
    """Batch: everything is known before anything is asked."""

    def __init__(self, events: pl.DataFrame, _folder: Path) -> None:
        self._events = events

    def work(self) -> pl.DataFrame:
        kind = pl.col("kind")
        wanted = [
            pl.len().alias("events_count"),
            (kind == 1).sum().alias("purchases_count"),
            (kind == 2).sum().alias("payment_failed_count"),
            pl.col("amount_minor").filter(kind == 1).sum().alias("revenue_minor"),
            pl.col("amount_minor").filter(kind == 3).sum().alias("refunds_minor"),
            pl.col("latency_ms").mean().alias("avg_latency_ms"),
            pl.col("latency_ms").quantile(0.95, "linear").alias("p95_latency_ms"),
        ]
        ordered = self._events.lazy().unique("event_id", keep="first", maintain_order=True).sort("event_ts")
        parts = []
        for groups in (None, "gateway_name"):
            windows = ordered.group_by_dynamic(
                "event_ts", every=f"{MINUTE}i", period=f"{LENGTH}i", group_by=groups
            )
            part = windows.agg(wanted)
            parts.append(part.with_columns(gateway_name=pl.lit("*")) if groups is None else part)
        return pl.concat(parts, how="diagonal").collect()

    def figures(self, result: pl.DataFrame) -> pl.DataFrame:
        return result.with_columns(window_end=pl.col("event_ts") + LENGTH)


class DuckDb(Alone):
    """Batch, from a Parquet file: everything is known before anything is asked."""

    QUERY = """
        WITH first AS (
            SELECT * FROM read_parquet('{path}')
            QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY "offset") = 1
        ),
        placed AS (
            SELECT *, unnest(generate_series(event_ts // {minute} + 1, event_ts // {minute} + 5)) AS window_end
            FROM first
        )
        SELECT window_end * {minute} AS window_end,
            CASE WHEN grouping(gateway_name) = 1 THEN '*' ELSE gateway_name END AS gateway_name,
            count(*) AS events_count,
            count(*) FILTER (kind = 1) AS purchases_count,
            count(*) FILTER (kind = 2) AS payment_failed_count,
            coalesce(sum(amount_minor) FILTER (kind = 1), 0) AS revenue_minor,
            coalesce(sum(amount_minor) FILTER (kind = 3), 0) AS refunds_minor,
            avg(latency_ms) AS avg_latency_ms,
            quantile_cont(latency_ms, 0.95) AS p95_latency_ms
        FROM placed GROUP BY GROUPING SETS ((window_end, gateway_name), (window_end))
    """

    def __init__(self, events: pl.DataFrame, folder: Path) -> None:
        import duckdb

        self._path = folder / f"duckdb-{os.getpid()}.parquet"
        wanted = ("event_ts", "event_id", "kind", "amount_minor", "gateway_name", "latency_ms", "offset")
        events.select(wanted).write_parquet(self._path)
        self._connection = duckdb.connect(config={"threads": 1})

    def work(self) -> tuple[list[str], list[tuple[Any, ...]]]:
        done = self._connection.execute(self.QUERY.format(path=self._path, minute=MINUTE))
        return [column[0] for column in done.description], done.fetchall()

    def figures(self, result: tuple[list[str], list[tuple[Any, ...]]]) -> pl.DataFrame:
        names, rows = result
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)

    def close(self) -> None:
        self._connection.close()
        self._path.unlink()


class Bytewax(Alone):
    """Streaming: sliding event-time windows, folded."""

    def __init__(self, events: pl.DataFrame, _folder: Path) -> None:
        wanted = ("event_ts", "kind", "amount_minor", "gateway_name", "latency_ms")
        self._rows = events.select(wanted).rows()

    def work(self) -> list[tuple[str, tuple[int, list[int]]]]:
        import bytewax.operators as op
        from bytewax.dataflow import Dataflow
        from bytewax.operators.windowing import EventClock, SlidingWindower, fold_window
        from bytewax.testing import TestingSink, TestingSource, run_main

        epoch = datetime(1970, 1, 1, tzinfo=UTC)

        def placed(row: tuple) -> list[tuple[str, tuple]]:
            return [("*", row)] if row[3] is None else [("*", row), (row[3], row)]

        def fold(sums: list[int], row: tuple) -> list[int]:
            _, kind, amount, _, latency = row
            sums[0] += 1
            if kind == 1:
                sums[1] += 1
                sums[3] += amount
            elif kind == 2:
                sums[2] += 1
            elif kind == 3:
                sums[4] += amount
            if latency is not None:
                sums[5] += 1
                sums[6] += latency
            return sums

        clock = EventClock(
            ts_getter=lambda row: epoch + timedelta(microseconds=row[0]),
            wait_for_system_duration=timedelta(microseconds=BOUND),
            now_getter=lambda: epoch,  # event time alone
            to_system_utc=lambda _: None,
        )
        windower = SlidingWindower(
            length=timedelta(microseconds=LENGTH), offset=timedelta(microseconds=MINUTE), align_to=epoch
        )
        flow = Dataflow("bench")
        keyed = op.flat_map("place", op.input("in", flow, TestingSource(self._rows, batch_size=1000)), placed)
        windows = fold_window(
            "fold",
            keyed,
            clock,
            windower,
            lambda: [0] * 7,
            fold,
            lambda some, other: [left + right for left, right in zip(some, other, strict=True)],
            ordered=False,
        )
        found: list[tuple[str, tuple[int, list[int]]]] = []
        op.output("out", windows.down, TestingSink(found))
        run_main(flow)
        return found

    def figures(self, result: list[tuple[str, tuple[int, list[int]]]]) -> pl.DataFrame:
        return pl.DataFrame(
            [
                {
                    "window_end": window * MINUTE + LENGTH,
                    "gateway_name": name,
                    "events_count": sums[0],
                    "purchases_count": sums[1],
                    "payment_failed_count": sums[2],
                    "revenue_minor": sums[3],
                    "refunds_minor": sums[4],
                    "avg_latency_ms": sums[6] / sums[5] if sums[5] else None,
                }
                for name, (window, sums) in result
            ]
        )


class Spark:
    """Structured Streaming: watermark, duplicates, sliding windows; percentiles over what it keeps.

    Ten files, one a micro-batch. It has started before it is measured, and the best of several runs counts,
    as Java's compiler needs one to warm up.
    """

    FILES = 10

    def __init__(self, events: pl.DataFrame, _folder: Path) -> None:
        from pyspark.sql import SparkSession

        self._stack = ExitStack()
        self._folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="revtui-bench-")))
        self._source = self._folder / "in"
        self._source.mkdir()
        step = -(-events.height // self.FILES)
        wanted = ("event_ts", "event_id", "kind", "amount_minor", "gateway_name", "latency_ms")
        for number in range(self.FILES):
            part = events.select(wanted)[number * step : (number + 1) * step]
            part.with_columns(pl.col("event_ts").cast(pl.Datetime("us", "UTC"))).write_parquet(
                self._source / f"{number:03}.parquet"
            )
        self._session = (
            SparkSession.builder.master("local[1]")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.memory", "2g")
            .config("spark.local.dir", str(self._folder / "local"))
            .config("spark.sql.warehouse.dir", str(self._folder / "warehouse"))
            .config("spark.sql.shuffle.partitions", 1)
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "ERROR")
            .getOrCreate()
        )
        self._java = self._session.sparkContext._gateway.proc  # noqa: SLF001 - there is no other way to it
        self._schema = self._session.read.parquet(str(self._source)).schema
        self._runs = 0

    def work(self) -> list[Any]:
        from pyspark.sql import functions as f

        kind, amount = f.col("kind"), f.col("amount_minor")
        self._runs += 1
        query = (
            self._session.readStream.schema(self._schema)
            .option("maxFilesPerTrigger", 1)
            .parquet(str(self._source))
            .withWatermark("event_ts", f"{(BOUND + LATENESS) // MINUTE} minutes")
            .dropDuplicatesWithinWatermark(["event_id"])
            .withColumn("gateway_name", f.explode(f.array_compact(f.array(f.lit("*"), "gateway_name"))))
            .groupBy(f.window("event_ts", "5 minutes", "1 minute"), "gateway_name")
            .agg(
                f.count("*").alias("events_count"),
                f.count_if(kind == 1).alias("purchases_count"),
                f.count_if(kind == 2).alias("payment_failed_count"),
                f.sum(f.when(kind == 1, amount).otherwise(0)).alias("revenue_minor"),
                f.sum(f.when(kind == 3, amount).otherwise(0)).alias("refunds_minor"),
                f.avg("latency_ms").alias("avg_latency_ms"),
                f.percentile("latency_ms", 0.95).alias("p95_latency_ms"),
            )
            .withColumn("window_end", f.unix_micros("window.end"))
            .drop("window")
            .writeStream.format("memory")
            .queryName(f"windows{self._runs}")
            .outputMode("append")
            .option("checkpointLocation", str(self._folder / f"checkpoint{self._runs}"))
            .trigger(availableNow=True)
            .start()
        )
        query.awaitTermination()
        return self._session.table(f"windows{self._runs}").collect()

    def figures(self, result: list[Any]) -> pl.DataFrame:
        return pl.DataFrame([row.asDict() for row in result], infer_schema_length=None)

    def processes(self) -> list[int]:
        return [self._java.pid]

    def close(self) -> None:
        """Java itself ends with this process."""
        self._session.stop()
        self._stack.close()
