"""Events as the columns a source hands over: text, exact decimals and UTC times."""

from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np
import polars as pl

from revtui.adapters.sources.simulator.population import Rows
from revtui.adapters.sources.simulator.profiles import CODES, GATEWAYS
from revtui.adapters.sources.simulator.spec import SimulatorSpec
from revtui.core.events import RAW_COLUMNS, EventType
from revtui.core.money import exponent

_TYPES: Final = tuple(kind.name.lower() for kind in EventType)


class Rendering:
    """Turns rows into frames; holds the tables of names."""

    def __init__(self, spec: SimulatorSpec) -> None:
        self._prefix = f"{spec.seed}-"
        self._currency = spec.currency
        self._decimals = exponent(spec.currency)
        self._types = pl.Series(_TYPES)
        self._status = pl.Series(
            ["fail" if kind is EventType.PAYMENT_FAILED else "success" for kind in EventType]
        )
        self._codes = pl.Series([*CODES, None])
        self._gateways = pl.Series([*GATEWAYS, None])
        self.schema = pl.Schema(
            {name: pl.String() for name in RAW_COLUMNS}
            | {
                "event_ts": pl.Datetime("us", "UTC"),
                "amount": pl.Decimal(38, self._decimals),
                "latency_ms": pl.Int64(),
                "retry_attempt": pl.Int64(),
            }
        )

    def frame(self, rows: Rows) -> pl.DataFrame:
        """RAW_COLUMNS in their order, with times and amounts natively typed."""
        kind = rows["kind"].astype(np.uint32)
        numbers = pl.DataFrame(
            {
                "id": np.ascontiguousarray(rows["id"]),
                "ts": np.ascontiguousarray(rows["ts"]),
                "user": np.ascontiguousarray(rows["user"]),
                "minor": np.ascontiguousarray(rows["minor"]),
                "latency": np.ascontiguousarray(rows["latency"]),
                "retry": rows["retry"].astype(np.int64),
                "type": self._types.gather(kind),
                "status": self._status.gather(kind),
                "code": self._codes.gather(_places(rows["code"], len(CODES))),
                "gateway": self._gateways.gather(_places(rows["gateway"], len(GATEWAYS))),
            }
        )
        amount = pl.when(pl.col("minor") >= 0).then(pl.col("minor")).cast(pl.Decimal(38, 0))
        if self._decimals:
            amount = amount * pl.lit(Decimal(1).scaleb(-self._decimals))
        return numbers.select(
            event_id=pl.format(self._prefix + "{}", "id"),
            event_ts=pl.col("ts").cast(pl.Datetime("us", "UTC")),
            user_id=pl.format("u{}", "user"),
            event_type="type",
            amount=amount,
            currency=pl.lit(self._currency),
            status="status",
            response_code="code",
            gateway_name="gateway",
            latency_ms=pl.when(pl.col("latency") >= 0).then(pl.col("latency")),
            retry_attempt="retry",
        )


def _places(
    indexes: "np.ndarray[tuple[int], np.dtype[np.int8]]", none: int
) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    """Places in a table of names whose last entry is null."""
    return np.where(indexes < 0, none, indexes).astype(np.uint32)


def text_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """RAW_COLUMNS of a frame as text, nulls kept; amounts with all their decimals."""
    return frame.select(
        time_text(frame[name]) if name == "event_ts" else pl.col(name).cast(pl.String) for name in RAW_COLUMNS
    )


def time_text(times: pl.Series) -> pl.Series:
    """`2026-03-05T09:05:07.123Z` of whole milliseconds, from tables: several times as fast as formatting."""
    minutes, milliseconds = np.divmod(times.to_physical().to_numpy() // 1000, 60_000)
    distinct, places = np.unique(minutes, return_inverse=True)
    starts = pl.Series(np.datetime_as_string(distinct.astype("datetime64[m]")).tolist(), dtype=pl.String)
    text = starts.gather(places) + _seconds().gather(milliseconds)
    return text.alias(times.name)


@cache
def _seconds() -> pl.Series:
    """`:07.123Z` for each millisecond of a minute."""
    return pl.Series([f":{each // 1000:02}.{each % 1000:03}Z" for each in range(60_000)])
