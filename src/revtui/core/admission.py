"""Admission: a raw batch to events, rejected rows and a count of filtered ones (steps 1 to 3).

The verdict on a row depends on that row and the policy alone:

    1  not a record                  the source said so; its rejections are passed on
    2  event_type missing            rejected
       event_type not of the four    filtered; nothing else of it is looked at
    3  a field outside the table     rejected, by the first of: event_ts, currency, amount,
                                     latency_ms, retry_attempt, then the text columns

Event types and currencies are matched as spelled in the tables, blanks around them aside: `Purchase`
is another type and shows up as filtered. Text is stripped of blanks and sanitised here, once; blank
means absent. An id or a user that sanitising changes keeps a mark of its original,
so that two different ones never become one.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from revtui.core.arrays import Int64Array
from revtui.core.event_times import check_policy, read_event_ts
from revtui.core.events import (
    CODE,
    DIGITS,
    EVENT_SCHEMA,
    EVENT_TYPES,
    SCALE,
    AdmissionPolicy,
    Admitted,
    EventType,
    RawBatch,
    Rejected,
)
from revtui.core.fields import (
    NUMBER_SUFFIX,
    Reading,
    as_text,
    fault_where,
    first_fault,
    is_scalar,
    raw_field,
    read_amount,
    read_category,
    read_latency,
    read_retry_attempt,
    read_text,
    tidied,
)
from revtui.core.money import EXPONENTS, exponent
from revtui.core.text import escape_raw, sanitise, shortened

_BLOCK: Final = 65_536  # rows: their columns stay in the processor's cache
_KINDS: Final = pl.Enum(list(EVENT_TYPES))
_CURRENCIES: Final = pl.Enum(list(EXPONENTS))
_SHOWN: Final = 60
_WITH_MONEY: Final = (EventType.PURCHASE, EventType.REFUND)


def admit(batch: RawBatch, policy: AdmissionPolicy) -> Admitted:
    """Judge every row of a batch; the law is `batch.read == result.read`.

    Whatever the types of the columns and the values in them, bad data is a `Rejected`, never an error.

    Raises:
        UsageError: when the policy names an unknown time zone, epoch unit or currency.
    """
    check_policy(policy)
    exponent(policy.currency)
    events: list[pl.DataFrame] = []
    rejected = list(batch.rejected)
    filtered = 0
    for start in range(0, batch.frame.height, _BLOCK):
        block = _admit_block(batch, start, policy)
        events.append(block.events)
        rejected += block.rejected
        filtered += block.filtered
    return Admitted(
        source=batch.source,
        events=pl.concat(events) if events else EVENT_SCHEMA.to_frame(),
        rejected=tuple(rejected),
        filtered=filtered,
        end_offset=batch.end_offset,
    )


def _admit_block(batch: RawBatch, start: int, policy: AdmissionPolicy) -> Admitted:
    """The same for the rows from `start`, without those of step 1."""
    frame = batch.frame.slice(start, _BLOCK)
    kind = _read_kind(frame)
    known = kind.values.is_not_null()
    frame = frame if known.all() else frame.filter(known)
    columns, faults = _read_fields(frame, kind.values.drop_nulls(), batch, policy)
    events = pl.DataFrame(columns, schema=EVENT_SCHEMA)
    verdicts = [] if kind.faults is None else _found(kind.faults, np.arange(known.len()))
    if faults is not None:
        events = events.filter(faults.is_null())
        verdicts += _found(faults, np.flatnonzero(known.to_numpy()))
    typeless = 0 if kind.faults is None else kind.faults.count()
    return Admitted(
        source=batch.source,
        events=events,
        rejected=_rejections(batch, [(start + row, fault) for row, fault in sorted(verdicts)]),
        filtered=known.len() - int(known.sum()) - typeless,
    )


def _read_kind(frame: pl.DataFrame) -> Reading:
    """The EventType of each row; null without a fault where the row is to be filtered."""
    known = frame.get_column(f"event_type{CODE}") if f"event_type{CODE}" in frame.columns else None
    if known is not None and not known.null_count():
        return Reading(values=known)
    field = raw_field(frame, "event_type")
    codes = read_category(field, _KINDS).cast(pl.UInt8)
    if not codes.null_count():
        return Reading(values=codes)
    if known is not None:  # pieces of which some were read by the source
        codes = pl.select(pl.coalesce(known, codes)).to_series()
    absent = tidied(field.text).is_null() & codes.is_null()
    if field.numbers is not None:
        absent &= field.numbers.is_null()
    if field.nested is not None:
        absent &= ~field.nested
    nested = None if field.nested is None else fault_where(field.nested, "bad_event_type: not a single value")
    missing = fault_where(absent, "missing_event_type: absent or blank")
    return Reading(values=codes, faults=first_fault(missing, nested))


def _read_fields(
    frame: pl.DataFrame, kind: pl.Series, batch: RawBatch, policy: AdmissionPolicy
) -> tuple[dict[str, pl.Series], pl.Series | None]:
    """The columns of EVENT_SCHEMA, and the first fault of each row."""
    offset = frame.get_column("offset").cast(pl.Int64)
    event_ts = read_event_ts(frame, policy)
    plain = batch.plain
    currency, faulty_currency = _read_currency(frame, policy.currency)
    amount = _read_money(frame, kind, currency)
    latency = read_latency(raw_field(frame, "latency_ms"))
    attempt = read_retry_attempt(raw_field(frame, "retry_attempt"))
    event_id = read_text(raw_field(frame, "event_id"), identity=True, plain=plain)
    user_id = read_text(raw_field(frame, "user_id"), identity=True, plain=plain)
    status = read_text(raw_field(frame, "status"), plain=plain)
    response_code = read_text(raw_field(frame, "response_code"), plain=plain)
    gateway_name = read_text(raw_field(frame, policy.breakdown), plain=plain)
    columns = {
        "event_ts": event_ts.values,
        "event_id": _named(event_id.values, offset, f"{sanitise(batch.source)}:{batch.generation}:"),
        "user_id": user_id.values,
        "kind": kind,
        "amount_minor": amount.values,
        "currency": currency.names,
        "status": status.values,
        "response_code": response_code.values,
        "gateway_name": gateway_name.values,
        "latency_ms": latency.values,
        "retry_attempt": attempt.values,
        "offset": offset,
    }
    rest = (amount, latency, attempt, event_id, user_id, status, response_code, gateway_name)
    return columns, first_fault(event_ts.faults, faulty_currency, *(reading.faults for reading in rest))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Currencies:
    """The currency of each row."""

    names: pl.Series
    exponents: Int64Array | int
    """Of each row, or of all."""


def _read_currency(frame: pl.DataFrame, default: str) -> tuple[_Currencies, pl.Series | None]:
    """The currencies, the default one where there is none or no known one, and the faults."""
    field = raw_field(frame, "currency")
    text = field.text
    first = text[0] if text.len() and text.null_count() == 0 else None
    if first in EXPONENTS and (text == first).all():
        return _Currencies(names=text, exponents=EXPONENTS[first]), None
    codes, faults = read_category(field, _CURRENCIES), None
    if codes.null_count():
        told = read_text(field)
        unknown = codes.is_null() & told.values.is_not_null()
        faults = first_fault(told.faults, fault_where(unknown, "unknown_currency: no ISO 4217 code"))
        codes = codes.fill_null(list(EXPONENTS).index(default))
    exponents = np.array(list(EXPONENTS.values()), np.int64)[codes.to_numpy()]
    return _Currencies(names=_CURRENCIES.categories.gather(codes), exponents=exponents), faults


def _read_money(frame: pl.DataFrame, kind: pl.Series, currency: _Currencies) -> Reading:
    """Minor units, present and signed as the kind of event asks for."""
    amount = read_amount(raw_field(frame, "amount"), currency.exponents)
    values = amount.values
    negative = (values < 0).fill_null(value=False) & (kind != EventType.REFUND)
    missing = values.is_null() & kind.is_in(_WITH_MONEY)
    faults = first_fault(
        amount.faults,
        fault_where(negative, "negative_amount: only a refund may be negative"),
        fault_where(missing, "missing_amount: a purchase or a refund needs one"),
    )
    return Reading(values=values, faults=faults)


def _named(event_id: pl.Series, offset: pl.Series, prefix: str) -> pl.Series:
    """Ids, made from the position where there are none."""
    if not event_id.null_count():
        return event_id
    return pl.select(pl.coalesce(event_id, pl.lit(prefix) + offset.cast(pl.String))).to_series()


def _found(faults: pl.Series, rows: np.typing.NDArray[np.intp]) -> list[tuple[int, str]]:
    """(row, fault) where there is one."""
    present = faults.is_not_null()
    return list(zip(rows[present.to_numpy()].tolist(), faults.filter(present).to_list(), strict=True))


def _rejections(batch: RawBatch, verdicts: list[tuple[int, str]]) -> tuple[Rejected, ...]:
    """Rows of the batch with their faults, as they go to quarantine."""
    if not verdicts:
        return ()
    frame = batch.frame[[row for row, _ in verdicts]]
    offsets = frame.get_column("offset").to_list()
    shown: dict[str, list[str]] = {}
    rejected = []
    for place, (row, fault) in enumerate(verdicts):
        reason, _, explanation = fault.partition(": ")
        column = _column_of(reason)
        if column not in shown:
            shown[column] = _shown(frame, column)
        rejected.append(
            Rejected(
                reason=reason,
                detail=f"{column}{shown[column][place]}: {explanation}",
                source=batch.source,
                offset=offsets[place],
                raw=escape_raw(batch.raw(row)),
            )
        )
    return tuple(rejected)


def _column_of(reason: str) -> str:
    """The column that a reason speaks of."""
    if reason in {"nonexistent_time", "timestamp_out_of_range"}:
        return "event_ts"
    if reason == "bad_latency":
        return "latency_ms"
    return reason.partition("_")[2]


def _shown(frame: pl.DataFrame, column: str) -> list[str]:
    """The values of a column, in quotes behind a blank, safe and short; nothing where there is none."""
    texts: list[list[str | None]] = []
    for name in (column, f"{column}{NUMBER_SUFFIX}"):
        if name in frame.columns:
            values = frame.get_column(name)
            texts.append(
                as_text(values).to_list() if is_scalar(values.dtype) else ["(nested)"] * frame.height
            )
    if f"{column}{DIGITS}" in frame.columns:
        digits, scale = (frame.get_column(f"{column}{suffix}").to_list() for suffix in (DIGITS, SCALE))
        texts.append(
            [
                None if each is None else str(Decimal(each).scaleb(-decimals))
                for each, decimals in zip(digits, scale, strict=True)
            ]
        )
    rows = zip(*texts, strict=True) if texts else [()] * frame.height
    firsts = (next((text for text in row if text is not None), None) for row in rows)
    return ["" if text is None else f' "{sanitise(shortened(text, _SHOWN))}"' for text in firsts]
