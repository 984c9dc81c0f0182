"""Events: their schema, what a source hands over, and the accounting of every row read.

The way of a row, with its one verdict:

    source reads a line ── no record ──────────────> quarantined   (step 1, by the source's parser)
      │ RawBatch
    admit ── event_type missing, a bad field ──────> quarantined   (steps 2 and 3, `core.admission`)
      │   └─ event_type not one of the four ───────> filtered
      │ events (EVENT_SCHEMA)
    guard ── future, jump ─────────────────────────> quarantined   (step 4, `core.guards`)
      │
    engine ── id remembered ── duplicate │ all its windows frozen ── late │ else ── counted

The verdict on a row never depends on its neighbours in the batch.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import polars as pl


class EventType(IntEnum):
    """The four kinds of event that count; the value is the code in the column `kind`."""

    LOGIN = 0
    PURCHASE = 1
    PAYMENT_FAILED = 2
    REFUND = 3


EVENT_TYPES: Final = {kind.name.lower(): kind for kind in EventType}
"""The spelling in data -> the kind."""

RAW_COLUMNS: Final = (
    "event_id",
    "event_ts",
    "user_id",
    "event_type",
    "amount",
    "currency",
    "status",
    "response_code",
    "gateway_name",
    "latency_ms",
    "retry_attempt",
)
"""The columns a source may hand over (after its mapping); any may be absent."""

EVENT_SCHEMA: Final = pl.Schema(
    {
        "event_ts": pl.Int64,  # microseconds since the epoch, UTC
        "event_id": pl.String,  # never null: synthesised when the data has none
        "user_id": pl.String,
        "kind": pl.UInt8,  # an EventType
        "amount_minor": pl.Int64,  # minor units of `currency`; never negative except for a refund
        "currency": pl.String,  # ISO 4217 code, never null
        "status": pl.String,
        "response_code": pl.String,
        "gateway_name": pl.String,  # or the configured breakdown column; null when empty
        "latency_ms": pl.Int64,
        "retry_attempt": pl.Int64,
        "offset": pl.Int64,  # position of the row in its source
    }
)
"""Admitted events, in the order they were read. All text is sanitised."""

INSTANT: Final = "\0instant"
"""`event_ts` + this: microseconds since the epoch, UTC, Int64."""
CODE: Final = "\0code"
"""`event_type` + this: an EventType, UInt8."""
DIGITS: Final = "\0digits"
SCALE: Final = "\0scale"
"""`amount` + these, or another number: `digits * 10**-scale`, Int64 and Int8; digits null where absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that goes to quarantine."""

    reason: str
    """A stable word, such as `bad_amount`, `not_a_record`, `future`."""
    detail: str = ""
    """What was wrong, with the offending value, sanitised."""
    source: str
    offset: int
    raw: str
    """The row's bytes, at most `core.text.RAW_BYTES_KEPT` of them, escaped as \\xNN where not printable ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBatch:
    """What a source read in one go: rows as columns, not yet judged."""

    source: str
    """Name of the source: it stands in quarantine and in synthesised ids."""
    generation: int = 0
    """Rises when the source starts anew (a file was replaced): offsets are unique within a generation."""
    frame: pl.DataFrame
    """Some of RAW_COLUMNS (and any others), String or natively typed, plus `offset` (Int64, required).

    A column whose rows mix text and numbers (JSON) comes as two: `amount` (String) and
    `amount:number` (Float64), at most one of them set in a row. What a source could read from the bytes
    itself comes under a name with one of the suffixes below, in place of the text or beside it.
    """
    rejected: tuple[Rejected, ...] = ()
    """Lines that are no records (step 1)."""
    plain: bool = False
    """Whether all text in `frame` is known to be visible ASCII, without a blank: nothing to strip or sanitise."""
    raw: Callable[[int], bytes] = field(default=lambda _row: b"")
    """The bytes of row `i` of `frame`, asked for only when it is quarantined."""
    end_offset: int = 0
    """Where the next batch starts."""

    @property
    def read(self) -> int:
        """Rows read: records and non-records."""
        return self.frame.height + len(self.rejected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A batch after steps 1 to 3: events that may count, and those that may not."""

    source: str
    events: pl.DataFrame
    """EVENT_SCHEMA."""
    rejected: tuple[Rejected, ...] = ()
    filtered: int = 0
    end_offset: int = 0

    @property
    def read(self) -> int:
        """Rows read: `read = events + rejected + filtered`."""
        return self.events.height + len(self.rejected) + self.filtered


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """Where every row read has gone.

    The law: `read == counted + duplicate + late + quarantined + filtered`, always.
    """

    read: int = 0
    counted: int = 0
    duplicate: int = 0
    late: int = 0
    quarantined: int = 0
    filtered: int = 0
    conflicts: int = 0
    """Duplicates that came with another payload (part of `duplicate`)."""

    def __add__(self, other: "Accounting") -> "Accounting":
        return Accounting(
            read=self.read + other.read,
            counted=self.counted + other.counted,
            duplicate=self.duplicate + other.duplicate,
            late=self.late + other.late,
            quarantined=self.quarantined + other.quarantined,
            filtered=self.filtered + other.filtered,
            conflicts=self.conflicts + other.conflicts,
        )

    @property
    def balanced(self) -> bool:
        """Whether the law holds."""
        return self.read == self.counted + self.duplicate + self.late + self.quarantined + self.filtered


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """How a source's fields are to be read."""

    timezone: str = "UTC"
    """IANA zone of timestamps that carry none."""
    epoch_unit: str | None = None
    """`s`, `ms`, `us` or `ns` when timestamps are numbers; None: numbers are rejected."""
    currency: str = "USD"
    """For rows that name none."""
    breakdown: str = "gateway_name"
    """The column that becomes `gateway_name`."""
