"""A batch of admitted events as numbers: one polars pass, then numpy arrays."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import polars as pl

from revtui.core.arrays import BoolArray, Int64Array, UInt32Array, UInt64Array

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedBatch:
    """The columns of a batch that the engine reckons with, all of the same length."""

    event_ts: Int64Array
    """Microseconds."""
    ids: UInt64Array
    """Hashes of event_id."""
    payloads: UInt32Array
    """Hashes of everything else an event says."""
    users: UInt64Array
    """Hashes of user_id; only those where `has_user` mean anything."""
    has_user: BoolArray
    kind: Int64Array
    amount: Int64Array
    """Absolute amount in minor units; 0 where there is none."""
    latency: Int64Array
    """Milliseconds; -1 where there is none."""
    gateways: UInt64Array
    """Hashes of gateway_name; only those where `has_gateway` mean anything."""
    has_gateway: BoolArray
    home: BoolArray
    """Whether the event is in the configured currency."""
    gateway_name: pl.Series
    currency: pl.Series

    def __len__(self) -> int:
        return self.event_ts.size

    def __getitem__(self, rows: slice) -> "EncodedBatch":
        """Some of the rows, without a copy."""
        columns: dict[str, Any] = {column.name: getattr(self, column.name)[rows] for column in fields(self)}
        return EncodedBatch(**columns)


def encode(events: pl.DataFrame, *, currency: str) -> EncodedBatch:
    """Encode a batch of EVENT_SCHEMA; `currency` is the configured one."""
    columns = events.select(
        "event_ts",
        "gateway_name",
        "currency",
        ids=pl.col("event_id").hash(seed=0),
        users=pl.col("user_id").hash(seed=0),
        has_user=pl.col("user_id").is_not_null(),
        gateways=pl.col("gateway_name").hash(seed=0),
        has_gateway=pl.col("gateway_name").is_not_null(),
        kind=pl.col("kind").cast(pl.Int64),
        amount=pl.col("amount_minor").abs().fill_null(0),
        latency=pl.col("latency_ms").fill_null(-1),
        home=pl.col("currency") == currency,
        # What else a redelivery may say: an amount of 0 is none of -1, and a refund has a sign.
        signed=pl.col("amount_minor").fill_null(-1),
        status_hash=pl.col("status").hash(seed=0),
        response_hash=pl.col("response_code").hash(seed=0),
        currency_hash=pl.col("currency").hash(seed=0),
        retry_attempt=pl.col("retry_attempt"),
    )
    array = {series.name: series.to_numpy() for series in columns.iter_columns() if series.dtype != pl.String}
    payload = array["users"]
    for name in (
        "gateways", "status_hash", "response_hash", "currency_hash",
        "event_ts", "kind", "signed", "latency", "retry_attempt",
    ):  # fmt: skip
        payload = (payload ^ array[name].view(np.uint64)) * _MIX
    return EncodedBatch(
        payloads=(payload >> np.uint64(32)).astype(np.uint32),
        gateway_name=columns["gateway_name"],
        currency=columns["currency"],
        **{
            name: array[name]
            for name in (
                "event_ts", "ids", "users", "has_user", "kind", "amount", "latency",
                "gateways", "has_gateway", "home",
            )
        },
    )  # fmt: skip
