"""The stream that everybody gets: an hour of a million events, as admitted and as files."""

from pathlib import Path

import numpy as np
import polars as pl

from revtui.core.events import EVENT_SCHEMA, EVENT_TYPES
from revtui.core.times import format_instants

EVENTS = 1_000_000
USERS = 200_000
SECOND = 1_000_000
BEGIN = 1_772_612_400 * SECOND  # 2026-03-04T08:20:00Z
GATEWAYS = ("stripe", "adyen", "paypal", "braintree")


def stream(events: int = EVENTS, *, seconds: float = 3600, seed: int = 1, first_id: int = 0) -> pl.DataFrame:
    """EVENT_SCHEMA, in order of arrival."""
    chance = np.random.default_rng(seed)
    happened = np.sort(chance.integers(0, int(seconds * SECOND), events))
    luck = chance.random(events)
    delay = np.where(luck < 0.1, chance.integers(0, 60 * SECOND, events), 0)
    delay = np.where(luck < 0.002, chance.integers(90 * SECOND, 600 * SECOND, events), delay)
    numbers = np.arange(events)
    again = np.maximum(0, numbers - chance.integers(1, 20_000, events))
    numbers = np.where(chance.random(events) < 0.005, again, numbers) + first_id
    kind = chance.choice(4, events, p=[0.594, 0.36, 0.04, 0.006])
    paid = pl.col("kind") > 0
    columns = pl.DataFrame(
        {
            "event_ts": BEGIN + happened - delay,
            "event_id": numbers,
            "user_id": chance.integers(0, USERS, events),
            "kind": kind,
            "amount_minor": np.exp(chance.normal(8, 0.75, events)).astype(np.int64),
            "gateway": chance.choice(len(GATEWAYS), events, p=[0.4, 0.25, 0.2, 0.15]),
            "latency_ms": np.exp(chance.normal(5.9, 0.45, events)).astype(np.int64),
            "offset": np.arange(events),
        }
    ).with_columns(
        event_id=pl.format("{}-abcdef0123", "event_id"),
        user_id=pl.format("u{}", "user_id"),
        amount_minor=pl.when(paid).then("amount_minor"),
        latency_ms=pl.when(paid).then("latency_ms"),
        gateway_name=pl.when(paid).then(
            pl.col("gateway").replace_strict(range(len(GATEWAYS)), GATEWAYS, return_dtype=pl.String)
        ),
        currency=pl.lit("USD"),
        status=pl.when(pl.col("kind") == 2).then(pl.lit("fail")).otherwise(pl.lit("success")),
        response_code=pl.when(pl.col("kind") == 2).then(pl.lit("do_not_honor")),
        retry_attempt=pl.lit(0),
    )
    return columns.select(pl.col(name).cast(type_) for name, type_ in EVENT_SCHEMA.items())


def write(folder: Path) -> None:
    """Everything the contestants read."""
    events = stream()
    events.write_parquet(folder / "events.parquet")
    stream(seconds=86_400).write_parquet(folder / "day.parquet")
    raw = _as_written(events)
    raw.write_csv(folder / "raw.csv")
    raw.write_ndjson(folder / "raw.jsonl")
    raw.write_parquet(folder / "raw.parquet")


def write_ten_million(folder: Path) -> None:
    """Ten such hours, one after the other, as one file."""
    with (folder / "ten.csv").open("wb") as file:
        for hour in range(10):
            events = stream(seed=hour, first_id=hour * EVENTS).with_columns(
                pl.col("event_ts") + hour * 3600 * SECOND
            )
            _as_written(events).write_csv(file, include_header=not hour)


def _as_written(events: pl.DataFrame) -> pl.DataFrame:
    """The columns of a file, times and money as text."""
    return events.select(
        "event_id",
        event_ts=format_instants(pl.col("event_ts") // 1000 * 1000),
        user_id="user_id",
        event_type=pl.col("kind").replace_strict(
            list(EVENT_TYPES.values()), list(EVENT_TYPES), return_dtype=pl.String
        ),
        amount=pl.format(
            "{}.{}",
            pl.col("amount_minor") // 100,
            (pl.col("amount_minor") % 100).cast(pl.String).str.zfill(2),
        ),
        currency="currency",
        status="status",
        response_code="response_code",
        gateway_name="gateway_name",
        latency_ms="latency_ms",
        retry_attempt="retry_attempt",
    )
