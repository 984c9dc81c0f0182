"""A batch of admitted events as numbers: one polars pass, then numpy arrays."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import polars as pl

from revtui.core.hashindex import BoolArray, UInt32Array, UInt64Array
from revtui.core.watermarks import Int64Array

_TEXTS: Final = ("status", "response_code", "currency")
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
        pl.col("event_ts"),
        pl.col("event_id").hash(seed=0).alias("ids"),
        pl.col("user_id").hash(seed=0).alias("users"),
        pl.col("user_id").is_not_null().alias("has_user"),
        pl.col("gateway_name").hash(seed=0).alias("gateways"),
        pl.col("gateway_name").is_not_null().alias("has_gateway"),
        pl.col("kind").cast(pl.Int64),
        pl.col("amount_minor").fill_null(-1).alias("signed"),
        pl.col("latency_ms").fill_null(-1).alias("latency"),
        pl.col("retry_attempt"),
        (pl.col("currency") == currency).alias("home"),
        *(pl.col(name).hash(seed=0).alias(name) for name in _TEXTS),
    )
    array = {name: columns[name].to_numpy() for name in columns.columns}
    payload = array["users"]
    for name in ("gateways", *_TEXTS, "event_ts", "kind", "signed", "latency", "retry_attempt"):
        payload = (payload ^ array[name].view(np.uint64)) * _MIX
    return EncodedBatch(
        event_ts=array["event_ts"],
        ids=array["ids"],
        payloads=(payload >> np.uint64(32)).astype(np.uint32),
        users=array["users"],
        has_user=array["has_user"],
        kind=array["kind"],
        amount=np.where(events["amount_minor"].is_null(), 0, np.abs(array["signed"])),
        latency=array["latency"],
        gateways=array["gateways"],
        has_gateway=array["has_gateway"],
        home=array["home"],
        gateway_name=events["gateway_name"],
        currency=events["currency"],
    )
