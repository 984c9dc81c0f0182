"""The windowing engine from memory, on one core, beside the limit: one polars group_by over the same events."""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # one core against one core; read when polars is imported

import time
from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.tables import Table
from revtui.core.contracts import contracts
from revtui.core.events import EVENT_SCHEMA
from revtui.core.windows import WindowPolicy
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings

EVENTS = 1_000_000
TIMES = 3
SECOND = 1_000_000
CASES = ((60, 1_000), (60, 10_000), (60, 100_000), (10, 10_000), (5, 10_000))
"""Hop in seconds, rows per batch."""


def tables() -> Iterator[Table]:
    events = stream()
    limit = min(_limit(events) for _ in range(TIMES))
    rows = [("one polars group_by(minute, gateway)", "", *_figures(limit, limit))]
    for hop, batch in CASES:
        cpu = min(_engine(events, hop, batch) for _ in range(TIMES))
        rows.append((f"revtui, hop {hop} s", f"{batch:,}", *_figures(cpu, limit)))
    yield Table(
        title="The engine from memory",
        columns=("what", "rows a batch", "million events per CPU s", "times the limit"),
        rows=rows,
        note=f"{EVENTS:,} events of one hour, 200,000 users, 4 gateways; 0.5 % redelivered, 10 % up to 60 s out of "
        "order, 0.2 % 90 to 600 s late. Duplicates, distinct users, exact percentiles, revisions, rules and alerts "
        f"included; results are drained after every batch. Best of {TIMES}, CPU time, one thread.",
    )


def stream(seed: int = 1) -> pl.DataFrame:
    """EVENT_SCHEMA."""
    chance = np.random.default_rng(seed)
    happened = np.sort(chance.integers(0, 3600 * SECOND, EVENTS))
    luck = chance.random(EVENTS)
    delay = np.where(luck < 0.1, chance.integers(0, 60 * SECOND, EVENTS), 0)
    delay = np.where(luck < 0.002, chance.integers(90 * SECOND, 600 * SECOND, EVENTS), delay)
    numbers = np.arange(EVENTS)
    again = np.maximum(0, numbers - chance.integers(1, 20_000, EVENTS))
    numbers = np.where(chance.random(EVENTS) < 0.005, again, numbers)
    kind = chance.choice(4, EVENTS, p=[0.594, 0.3, 0.1, 0.006])
    paid = pl.col("kind") > 0
    columns = pl.DataFrame(
        {
            "event_ts": 1_772_612_400 * SECOND + happened - delay,
            "event_id": numbers,
            "user_id": chance.integers(0, 200_000, EVENTS),
            "kind": kind,
            "amount_minor": np.exp(chance.normal(8, 0.75, EVENTS)).astype(np.int64),
            "gateway": chance.choice(4, EVENTS, p=[0.4, 0.25, 0.2, 0.15]),
            "latency_ms": np.exp(chance.normal(5.9, 0.45, EVENTS)).astype(np.int64),
            "offset": np.arange(EVENTS),
        }
    ).with_columns(
        event_id=pl.format("{}-abcdef0123", "event_id"),
        user_id=pl.format("u{}", "user_id"),
        amount_minor=pl.when(paid).then("amount_minor"),
        latency_ms=pl.when(paid).then("latency_ms"),
        gateway_name=pl.when(paid).then(
            pl.col("gateway").replace_strict(
                [0, 1, 2, 3], ["stripe", "adyen", "paypal", "braintree"], return_dtype=pl.String
            )
        ),
        currency=pl.lit("USD"),
        status=pl.when(pl.col("kind") == 2).then(pl.lit("fail")).otherwise(pl.lit("success")),
        response_code=pl.when(pl.col("kind") == 2).then(pl.lit("do_not_honor")),
        retry_attempt=pl.lit(0),
    )
    return columns.select(pl.col(name).cast(type_) for name, type_ in EVENT_SCHEMA.items())


def _engine(events: pl.DataFrame, hop: int, batch: int) -> float:
    engine = Engine(
        EngineSettings(
            policy=WindowPolicy(hop=hop * SECOND),
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=1200,
            max_gateways=64,
            rules=contracts(),
            live=False,
        )
    )
    engine.add_source("memory")
    start = time.process_time()
    for first in range(0, EVENTS, batch):
        engine.push(encode(events[first : first + batch], currency="USD"))
        engine.drain()
    engine.end_source(0)
    engine.drain()
    return time.process_time() - start


def _limit(events: pl.DataFrame) -> float:
    start = time.process_time()
    events.group_by((pl.col("event_ts") // (60 * SECOND)).alias("minute"), "gateway_name").agg(
        pl.len(),
        pl.col("amount_minor").sum(),
        pl.col("latency_ms").sum(),
        (pl.col("kind") == 1).sum().alias("purchases"),
        (pl.col("kind") == 2).sum().alias("failed"),
        pl.col("event_ts").max(),
    )
    return time.process_time() - start


def _figures(cpu: float, limit: float) -> tuple[str, str]:
    return f"{EVENTS / cpu / 1e6:.2f}", f"{cpu / limit:.1f}"
