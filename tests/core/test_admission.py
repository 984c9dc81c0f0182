"""Admission: one verdict per row, whatever stands in it and whatever stands beside it."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revtui.core.admission import admit
from revtui.core.errors import UsageError
from revtui.core.events import (
    EVENT_SCHEMA,
    EVENT_TYPES,
    RAW_COLUMNS,
    AdmissionPolicy,
    Admitted,
    RawBatch,
    Rejected,
)
from revtui.core.times import EARLIEST, LATEST, format_instant

POLICY = AdmissionPolicy()
GOOD = {
    "event_id": "e1",
    "event_ts": "2026-03-05T09:05:00Z",
    "user_id": "u1",
    "event_type": "purchase",
    "amount": "12.50",
    "currency": "USD",
    "status": "success",
    "response_code": "00",
    "gateway_name": "stripe",
    "latency_ms": "120",
    "retry_attempt": "1",
}


def batch_of(frame: pl.DataFrame) -> RawBatch:
    rows = pl.Series("offset", range(100, 100 + frame.height), dtype=pl.Int64)
    frame = frame.with_columns(rows) if frame.width else rows.to_frame()
    return RawBatch(
        source="f.csv", generation=2, frame=frame, raw=lambda row: b"row %d\n" % row, end_offset=999
    )


def admit_frame(frame: pl.DataFrame, policy: AdmissionPolicy = POLICY) -> Admitted:
    batch = batch_of(frame)
    result = admit(batch, policy)
    assert result.read == batch.read
    assert result.events.schema == EVENT_SCHEMA
    return result


def admit_row(policy: AdmissionPolicy = POLICY, **fields: Any) -> Admitted:
    row = {**GOOD, **fields}
    return admit_frame(pl.DataFrame({name: [value] for name, value in row.items()}), policy)


def outcome(name: str, column: str, value: Any, policy: AdmissionPolicy = POLICY, **others: Any) -> Any:
    """The admitted value of `name`, or the reason why there is none."""
    result = admit_row(policy, **{column: value}, **others)
    return result.rejected[0].reason if result.rejected else result.events[name][0]


def test_a_good_row_becomes_an_event() -> None:
    result = admit_row()
    assert result.events.row(0, named=True) == {
        "event_ts": 1_772_701_500_000_000,
        "event_id": "e1",
        "user_id": "u1",
        "kind": EVENT_TYPES["purchase"],
        "amount_minor": 1250,
        "currency": "USD",
        "status": "success",
        "response_code": "00",
        "gateway_name": "stripe",
        "latency_ms": 120,
        "retry_attempt": 1,
        "offset": 100,
    }
    assert (result.source, result.end_offset, result.rejected, result.filtered) == ("f.csv", 999, (), 0)


def test_non_records_are_passed_on_in_front() -> None:
    torn = Rejected(reason="not_a_record", source="f.csv", offset=7, raw="{")
    batch = replace(batch_of(pl.DataFrame({"event_type": [""]})), rejected=(torn,))
    result = admit(batch, POLICY)
    assert result.read == batch.read == 2
    assert result.rejected[0] is torn
    assert result.rejected[1].reason == "missing_event_type"


def test_a_rejected_row_keeps_its_reason_value_offset_and_bytes() -> None:
    assert admit_row(amount="12,50\x1b").rejected == (
        Rejected(
            reason="bad_amount",
            detail='amount "12,50␛": not a plain decimal number',
            source="f.csv",
            offset=100,
            raw=r"row 0\x0a",
        ),
    )
    (long,) = admit_row(amount="9" * 500).rejected
    assert len(long.detail) < 90


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *EVENT_TYPES.items(),
        (" purchase\t", EVENT_TYPES["purchase"]),
        ("", "missing_event_type"),
        ("  ", "missing_event_type"),
        (None, "missing_event_type"),
        (["purchase"], "bad_event_type"),
    ],
)
def test_the_event_type_decides(value: Any, kind: Any) -> None:
    assert outcome("kind", "event_type", value) == kind


@pytest.mark.fault("F56")
@pytest.mark.parametrize(
    "value", ["chargeback", "purchases", "Purchase", "PAYMENT_FAILED", "payment failed", 7, 7.5, True, "\x1b"]
)
def test_of_another_type_nothing_else_is_examined(value: Any) -> None:
    result = admit_row(event_type=value, event_ts="never", amount="much", latency_ms=[1], currency="???")
    assert (result.filtered, result.rejected, result.events.height) == (1, (), 0)


@pytest.mark.fault("F48")
@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e309",
        "1e3",
        math.nan,
        math.inf,
        -math.inf,
        1e300,
        1.8e308,
        "0x1f",
        True,
    ],
)
def test_what_is_no_finite_plain_amount_is_rejected(value: Any) -> None:
    assert outcome("amount_minor", "amount", value, event_type="refund") == "bad_amount"


@pytest.mark.fault("F48", "F50")
@pytest.mark.parametrize(
    ("value", "minor"),
    [
        ("12.50", 1250),
        ("12.5", 1250),
        ("12", 1200),
        ("+12", 1200),
        (" 12.50 ", 1250),
        ("12.5000", 1250),
        ("12.", 1200),
        (".5", 50),
        ("-0", 0),
        ("-0.00", 0),
        ("92233720368547758.07", 2**63 - 1),
        ("92233720368547758.08", "bad_amount"),
        ("1" * 40, "bad_amount"),
        ("12.505", "bad_amount"),
        ("1,234.50", "bad_amount"),
        ("12,50", "bad_amount"),
        ("$12.50", "bad_amount"),
        ("12 50", "bad_amount"),
        (".", "bad_amount"),
        ("-", "bad_amount"),
        ("١٢", "bad_amount"),
        ("", "missing_amount"),
        ("  ", "missing_amount"),
        (None, "missing_amount"),
        (12, 1200),
        (0, 0),
        (10**16, 10**18),
        (10**18, "bad_amount"),
        (12.5, 1250),
        (-0.0, 0),
        (6 * 2.55, 1530),
        (0.1 + 0.2, 30),
        (12.505, "bad_amount"),
        (12.5001, "bad_amount"),
        (2.0**53 / 100, "bad_amount"),
        (2.0**52 / 100, 2**52),
        (Decimal("12.50"), 1250),
        (Decimal("12.500"), 1250),
        (Decimal("12.505"), "bad_amount"),
        ([12.5], "bad_amount"),
        ({"value": 12}, "bad_amount"),
        (date(2026, 3, 5), "bad_amount"),
    ],
)
def test_amounts_are_exact_or_rejected(value: Any, minor: Any) -> None:
    assert outcome("amount_minor", "amount", value) == minor


def test_amounts_too_large_say_so() -> None:
    for value in ("1" * 40, 10**18, 1e300):
        assert admit_row(amount=value).rejected[0].detail.endswith(": too large")


def test_single_precision_amounts_mean_their_shortest_text() -> None:
    frame = pl.DataFrame(
        {**{name: [value] for name, value in GOOD.items()}, "amount": pl.Series([12.3], dtype=pl.Float32)}
    )
    assert admit_frame(frame).events["amount_minor"].to_list() == [1230]


@pytest.mark.fault("F49")
@pytest.mark.parametrize(
    ("kind", "value", "minor"),
    [
        ("refund", "-12.50", -1250),
        ("refund", "12.50", 1250),
        ("refund", -12.5, -1250),
        ("refund", "", "missing_amount"),
        ("purchase", "-12.50", "negative_amount"),
        ("purchase", -12.5, "negative_amount"),
        ("purchase", -12, "negative_amount"),
        ("payment_failed", "-1", "negative_amount"),
        ("payment_failed", "", None),
        ("login", None, None),
        ("login", "-0.00", 0),
        ("login", "junk", "bad_amount"),
    ],
)
def test_only_a_refund_may_be_negative_and_only_money_needs_an_amount(
    kind: str, value: Any, minor: Any
) -> None:
    assert outcome("amount_minor", "amount", value, event_type=kind) == minor


@pytest.mark.fault("F50", "F51")
@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [
        ("JPY", "1250", ("JPY", 1250)),
        ("JPY", "1250.00", ("JPY", 1250)),
        ("JPY", "12.50", "bad_amount"),
        ("JPY", 12.5, "bad_amount"),
        ("KWD", "1.234", ("KWD", 1234)),
        ("CLF", 1.2345, ("CLF", 12345)),
        (" EUR ", "12.50", ("EUR", 1250)),
        ("", "12.50", ("CHF", 1250)),
        (None, "12.50", ("CHF", 1250)),
        ("BTC", "12.50", "unknown_currency"),
        ("US$", "12.50", "unknown_currency"),
        ("XAU", "12.50", "unknown_currency"),
        (840, "12.50", "unknown_currency"),
        (840.0, "12.50", "unknown_currency"),
        (["USD"], "12.50", "bad_currency"),
        ("???", "junk", "unknown_currency"),
    ],
)
def test_each_amount_is_read_in_its_own_currency(currency: Any, amount: Any, expected: Any) -> None:
    result = admit_row(AdmissionPolicy(currency="CHF"), currency=currency, amount=amount)
    row = (
        result.rejected[0].reason
        if result.rejected
        else result.events.select("currency", "amount_minor").row(0)
    )
    assert row == expected


@pytest.mark.fault("F57")
@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2026-03-05T09:05:00Z", "2026-03-05T09:05:00Z"),
        ("2026-03-05T09:05:00+01:00", "2026-03-05T08:05:00Z"),
        ("2026-03-05T09:05:00", "2026-03-05T08:05:00Z"),
        ("2026-07-05 09:05", "2026-07-05T07:05:00Z"),
        ("2026-03-05", "2026-03-04T23:00:00Z"),
        (" 2026-03-05T09:05:00,5 ", "2026-03-05T08:05:00.5Z"),
        (datetime(2026, 3, 5, 9, 5, tzinfo=UTC), "2026-03-05T09:05:00Z"),
        (datetime(2026, 3, 5, 9, 5, tzinfo=UTC).replace(tzinfo=None), "2026-03-05T08:05:00Z"),
        (date(2026, 3, 5), "2026-03-04T23:00:00Z"),
        ("", "missing_event_ts"),
        (None, "missing_event_ts"),
        ("yesterday", "bad_event_ts"),
        ("2026-02-30T00:00:00Z", "bad_event_ts"),
        ("1772701500", "bad_event_ts"),
        (1_772_701_500, "bad_event_ts"),
        (1_772_701_500.5, "bad_event_ts"),
        (True, "bad_event_ts"),
        (time(9, 5), "bad_event_ts"),
        (timedelta(days=20_000), "bad_event_ts"),
        (["2026-03-05"], "bad_event_ts"),
    ],
)
def test_times_without_a_zone_are_read_in_the_policy_s(value: Any, utc: str) -> None:
    found = outcome("event_ts", "event_ts", value, AdmissionPolicy(timezone="Europe/Berlin"))
    assert (found if isinstance(found, str) else format_instant(found)) == utc


@pytest.mark.fault("F59")
@pytest.mark.parametrize("native", [False, True])
def test_a_repeated_hour_is_the_earlier_and_a_skipped_one_does_not_exist(native: bool) -> None:
    column = pl.Series(["2026-10-25T02:30:00", "2026-03-29T02:30:00", "2026-03-29T03:30:00"])
    stamps = column.str.to_datetime(time_unit="ms") if native else column
    frame = pl.DataFrame({name: [value] * 3 for name, value in GOOD.items()}).with_columns(event_ts=stamps)
    result = admit_frame(frame, AdmissionPolicy(timezone="Europe/Berlin"))
    assert [format_instant(us) for us in result.events["event_ts"]] == [
        "2026-10-25T00:30:00Z",
        "2026-03-29T01:30:00Z",
    ]
    assert [(row.reason, row.offset) for row in result.rejected] == [("nonexistent_time", 101)]


@pytest.mark.fault("F61")
def test_a_leap_second_is_admitted() -> None:
    assert outcome("event_ts", "event_ts", "2016-12-31T23:59:60Z") == 1_483_228_799_999_000


@pytest.mark.fault("F58")
@pytest.mark.parametrize(
    ("unit", "value", "us"),
    [
        ("s", "1772701500", 1_772_701_500_000_000),
        ("s", 1_772_701_500, 1_772_701_500_000_000),
        ("s", "1772701500.1234567", 1_772_701_500_123_456),
        ("s", 1_772_701_500.123, 1_772_701_500_123_000),
        ("ms", "1772701500123", 1_772_701_500_123_000),
        ("ms", 1_772_701_500_123.0, 1_772_701_500_123_000),
        ("us", 1_772_701_500_123_456, 1_772_701_500_123_456),
        ("ns", "1772701500123456789", 1_772_701_500_123_456),
        ("s", "2026-03-05T09:05:00Z", 1_772_701_500_000_000),
        ("s", "1772701500123", "timestamp_out_of_range"),
        ("ms", 1_772_701_500, "timestamp_out_of_range"),
        ("s", "-5", "timestamp_out_of_range"),
        ("s", "9" * 30, "timestamp_out_of_range"),
        ("s", 2**62, "timestamp_out_of_range"),
        ("s", math.inf, "timestamp_out_of_range"),
        ("s", math.nan, "bad_event_ts"),
        ("s", "1e9", "bad_event_ts"),
        ("s", "soon", "bad_event_ts"),
    ],
)
def test_numbers_are_times_only_in_a_declared_unit(unit: str, value: Any, us: Any) -> None:
    assert outcome("event_ts", "event_ts", value, AdmissionPolicy(epoch_unit=unit)) == us


@pytest.mark.fault("F58")
def test_event_time_ends_with_the_century() -> None:
    for text, us in [
        ("2000-01-01T00:00:00Z", EARLIEST),
        ("1999-12-31T23:59:59.999999Z", "timestamp_out_of_range"),
        ("2099-12-31T23:59:59.999999Z", LATEST - 1),
        ("2100-01-01T00:00:00Z", "timestamp_out_of_range"),
        ("2000-01-01T00:30:00+01:00", "timestamp_out_of_range"),
        ("0001-01-01T00:00:00+14:00", "timestamp_out_of_range"),
        ("9999-12-31T23:59:59-14:00", "timestamp_out_of_range"),
    ]:
        assert outcome("event_ts", "event_ts", text) == us


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_native_times_of_any_size_never_wrap(unit: Any, zone: str | None) -> None:
    per_second = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    numbers = [
        EARLIEST // 10**6 * per_second,
        2**63 - 1,
        -(2**63) + 1,
        0,
        None,
        LATEST // 10**6 * per_second - 1,
    ]
    stamps = pl.Series(numbers, dtype=pl.Int64).cast(pl.Datetime(unit, zone))
    frame = pl.DataFrame({name: [value] * 6 for name, value in GOOD.items()}).with_columns(event_ts=stamps)
    result = admit_frame(frame)
    assert result.events["event_ts"].to_list() == [EARLIEST, LATEST - 10**6 // min(per_second, 10**6)]
    assert [row.reason for row in result.rejected] == [*["timestamp_out_of_range"] * 3, "missing_event_ts"]


def test_dates_beyond_the_calendar_are_out_of_range() -> None:
    days = pl.Series([2**31 - 1, -(2**31), 20_000], dtype=pl.Int32).cast(pl.Date)
    frame = pl.DataFrame({name: [value] * 3 for name, value in GOOD.items()}).with_columns(
        event_ts=days, user_id=days
    )
    result = admit_frame(frame)
    assert [row.reason for row in result.rejected] == ["timestamp_out_of_range"] * 2
    assert result.events["user_id"].to_list() == ["2024-10-04"]


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("120", 120),
        ("12.5", 13),
        ("12.49999999999999999999999", 12),
        ("0", 0),
        ("-0", 0),
        ("", None),
        (None, None),
        ("4200000", 4_200_000),
        ("4200000.1", "bad_latency"),
        ("4200001", "bad_latency"),
        ("-1", "bad_latency"),
        ("-0.4", "bad_latency"),
        ("9" * 40, "bad_latency"),
        ("1e3", "bad_latency"),
        ("120ms", "bad_latency"),
        (120, 120),
        (12.5, 13),
        (0.49999999999999994, 0),
        (4_200_000.0, 4_200_000),
        (4_200_000.1, "bad_latency"),
        (-0.5, "bad_latency"),
        (math.nan, "bad_latency"),
        (math.inf, "bad_latency"),
        (True, "bad_latency"),
        ([1], "bad_latency"),
        (Decimal("12.5"), 13),
    ],
)
def test_latencies_are_whole_milliseconds(value: Any, ms: Any) -> None:
    assert outcome("latency_ms", "latency_ms", value) == ms


@pytest.mark.parametrize(
    ("value", "attempt"),
    [
        ("2", 2),
        ("2.0", 2),
        ("", 0),
        (None, 0),
        (3, 3),
        (3.0, 3),
        ("-1", "bad_retry_attempt"),
        ("1.5", "bad_retry_attempt"),
        (1.5, "bad_retry_attempt"),
        (-1, "bad_retry_attempt"),
        (math.nan, "bad_retry_attempt"),
        (math.inf, "bad_retry_attempt"),
        ("9" * 40, "bad_retry_attempt"),
        ("twice", "bad_retry_attempt"),
    ],
)
def test_retries_are_counted_from_zero(value: Any, attempt: Any) -> None:
    assert outcome("retry_attempt", "retry_attempt", value) == attempt


@pytest.mark.fault("F54")
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_missing_id_is_made_from_the_position(value: Any) -> None:
    assert outcome("event_id", "event_id", value) == "f.csv:2:100"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" u1 ", "u1"),
        ("", None),
        ("  ", None),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (True, "true"),
        (b"u1", "u1"),
        (date(2026, 3, 5), "2026-03-05"),
        (["u1"], "bad_user_id"),
        ({"id": 1}, "bad_user_id"),
        ("支付", "支付"),
    ],
)
def test_text_is_stripped_and_scalars_become_text(value: Any, text: Any) -> None:
    assert outcome("user_id", "user_id", value) == text


@pytest.mark.fault("F55")
def test_the_breakdown_column_becomes_the_gateway() -> None:
    policy = AdmissionPolicy(breakdown="region")
    assert outcome("gateway_name", "region", "eu-west", policy) == "eu-west"
    assert outcome("gateway_name", "region", " ", policy) is None
    assert outcome("gateway_name", "region", ["eu"], policy) == "bad_region"
    assert outcome("gateway_name", "gateway_name", "stripe", policy) is None
    assert outcome("gateway_name", "gateway_name", "stripe", AdmissionPolicy(breakdown="status")) == "success"


@pytest.mark.fault("S01")
def test_no_control_character_gets_past_admission() -> None:
    evil = "a\x1b]0;owned\x07\u202e\x9b\nb"
    result = admit_row(event_id=evil, user_id=evil, status=evil, response_code=evil, gateway_name=evil)
    row = result.events.row(0, named=True)
    assert row["gateway_name"] == row["status"] == row["response_code"] == "a␛]0;owned␇\ufffd\ufffd␊b"
    assert row["event_id"].startswith("a␛]0;owned␇\ufffd\ufffd␊b~")
    (rejected,) = admit_row(amount=evil).rejected
    assert rejected.detail.isprintable() or "\ufffd" in rejected.detail
    assert "\x1b" not in rejected.detail


def test_ids_that_differ_only_in_control_characters_stay_different() -> None:
    ids = ["e", "e\x01", "e\u200b", "e\u200c"]
    frame = pl.DataFrame({name: [value] * 4 for name, value in GOOD.items()}).with_columns(
        event_id=pl.Series(ids)
    )
    assert admit_frame(frame).events["event_id"].n_unique() == 4


def test_a_column_of_text_and_numbers_comes_as_two() -> None:
    frame = pl.DataFrame({name: [value] * 4 for name, value in GOOD.items()}).with_columns(
        pl.Series("amount", ["12.50", None, None, "x"]),
        pl.Series("amount:number", [None, 12.5, 12.505, None]),
        pl.Series("user_id", [None, "u1", None, None], dtype=pl.String),
        pl.Series("user_id:number", [7.0, None, None, 1.0]),
    )
    result = admit_frame(frame)
    assert result.events["amount_minor"].to_list() == [1250, 1250]
    assert result.events["user_id"].to_list() == ["7", "u1"]
    assert [(row.reason, row.detail.split(":")[0]) for row in result.rejected] == [
        ("bad_amount", 'amount "12.505"'),
        ("bad_amount", 'amount "x"'),
    ]


def test_missing_and_empty_columns_are_no_data() -> None:
    assert [row.reason for row in admit_frame(pl.DataFrame()).rejected] == []
    assert [row.reason for row in admit_frame(pl.DataFrame({"amount": ["1"]})).rejected] == [
        "missing_event_type"
    ]
    frame = pl.DataFrame({"event_type": ["login"], "event_ts": [GOOD["event_ts"]]})
    empty = frame.with_columns(pl.lit(None).alias(name) for name in RAW_COLUMNS if name not in frame.columns)
    for given_frame in (frame, empty):
        (row,) = admit_frame(given_frame).events.rows(named=True)
        assert (row["event_id"], row["currency"], row["retry_attempt"]) == ("f.csv:2:100", "USD", 0)
        assert row["user_id"] is row["amount_minor"] is row["gateway_name"] is row["latency_ms"] is None


@pytest.mark.parametrize(
    "policy",
    [
        AdmissionPolicy(timezone="Mars/Base"),
        AdmissionPolicy(epoch_unit="min"),
        AdmissionPolicy(currency="XXX"),
    ],
)
def test_an_impossible_policy_is_refused(policy: AdmissionPolicy) -> None:
    with pytest.raises(UsageError):
        admit(batch_of(pl.DataFrame()), policy)


def test_blocks_of_a_large_batch_join_without_a_seam() -> None:
    size = 150_000
    frame = pl.DataFrame({name: [value] for name, value in GOOD.items()}).sample(size, with_replacement=True)
    types = pl.Series(["purchase", "other", ""] * (size // 3))
    result = admit_frame(frame.with_columns(event_type=types, event_id=pl.lit(None, pl.String)))
    assert result.events["offset"].to_list() == list(range(100, 100 + size, 3))
    assert result.filtered == size // 3
    assert [row.offset for row in result.rejected] == list(range(102, 100 + size, 3))
    assert result.rejected[-1].raw == rf"row {size - 1}\x0a"


NUMERALS = st.sampled_from(
    ["12.50", "-3", " 7 ", "", "1e3", "12.505", "0.1", "4200001", "nan", ".5", "9" * 25, "+1."]
)
TIMES = st.sampled_from(
    [
        "2026-03-05T09:05:00Z",
        " 2026-03-05T09:05:00Z",
        "2026-03-05T09:05:00.123456+0100",
        "2026-03-29 02:30:00",
        "2026-03-05",
        "1772701500",
        "2016-12-31T23:59:60Z",
        "2150-01-01",
        "x",
        "",
    ]
)
WORDS = st.one_of(st.sampled_from(["stripe", " a ", "", "\x1b[2J", "\u202e", "é"]), st.text(max_size=4))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "event_id": st.none() | WORDS,
    "event_ts": st.none() | TIMES,
    "user_id": st.none() | WORDS,
    "event_type": st.none() | st.sampled_from([*EVENT_TYPES, *EVENT_TYPES, "Purchase ", "other", ""]),
    "amount": st.none() | NUMERALS,
    "amount:number": st.none() | st.floats() | st.integers(-2000, 2000).map(lambda cents: cents / 100),
    "currency": st.none() | st.sampled_from(["USD", "jpy", "KWD ", "", "???"]),
    "latency_ms": st.none() | NUMERALS,
    "gateway_name": st.none() | WORDS,
    "retry_attempt": st.none() | NUMERALS,
}
SCHEMA = {name: pl.Float64 if ":" in name else pl.String for name in FIELDS}


def _same(raw: bytes, _row: int) -> bytes:
    return raw


@settings(max_examples=60)
@given(
    st.lists(st.fixed_dictionaries(FIELDS), min_size=1, max_size=8),
    st.sampled_from(["UTC", "Europe/Berlin"]),
    st.sampled_from([None, "s"]),
)
def test_the_verdict_on_a_row_never_depends_on_its_neighbours(
    rows: list[dict[str, Any]], timezone: str, epoch_unit: str | None
) -> None:
    policy = AdmissionPolicy(timezone=timezone, epoch_unit=epoch_unit)
    batch = batch_of(pl.DataFrame(rows, schema=SCHEMA))
    whole = admit(batch, policy)
    alone = []
    for row in range(len(rows)):
        raw = b"row %d\n" % row
        alone.append(admit(replace(batch, frame=batch.frame[row : row + 1], raw=partial(_same, raw)), policy))
    assert pl.concat([one.events for one in alone]).equals(whole.events)
    assert tuple(rejected for one in alone for rejected in one.rejected) == whole.rejected
    assert sum(one.filtered for one in alone) == whole.filtered


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0), st.sampled_from(["JPY", "USD", "KWD"]))
def test_binary_floats_follow_the_rule_of_the_event_table(number: float, currency: str) -> None:
    exponent = {"JPY": 0, "USD": 2, "KWD": 3}[currency]
    minor = number * 10.0**exponent
    expected: Any = "bad_amount"
    if minor < 2**53 and abs(Fraction(minor) - round(minor)) <= Fraction(10**-6) + Fraction(minor) / 2**50:
        expected = round(minor)
    assert outcome("amount_minor", "amount", number, currency=currency) == expected


@given(st.integers(-(2**51), 2**51), st.sampled_from([("JPY", 0), ("USD", 2), ("KWD", 3)]))
def test_every_amount_up_to_twenty_trillion_survives_being_a_binary_float(
    minor: int, money: tuple[str, int]
) -> None:
    currency, exponent = money
    number = float(Decimal(minor).scaleb(-exponent))
    assert outcome("amount_minor", "amount", number, currency=currency, event_type="refund") == minor


ODD_SERIES = st.sampled_from(
    [
        pl.Series([None] * 3),
        pl.Series([True, False, None]),
        pl.Series([[1], [], None]),
        pl.Series([[["x"]], None, [[]]]),
        pl.Series([{"a": 1}, {"a": None}, None]),
        pl.Series([1, -(2**63), 2**63 - 1]),
        pl.Series([1, 2**64 - 1, None], dtype=pl.UInt64),
        pl.Series([2**100, -(2**100), None], dtype=pl.Int128),
        pl.Series([math.nan, math.inf, -1e308]),
        pl.Series([0.5, None, math.nan], dtype=pl.Float32),
        pl.Series([Decimal("1.005"), Decimal(-7), None]),
        pl.Series([b"\xff\xfe", b"purchase", None]),
        pl.Series(["a", "b", None], dtype=pl.Categorical),
        pl.Series(["refund", "USD", None], dtype=pl.Enum(["refund", "USD"])),
        pl.Series([date(2026, 3, 5), date.max, None]),
        pl.Series([2**63 - 1, -(2**63), None], dtype=pl.Int64).cast(pl.Datetime("ns")),
        pl.Series([2**63 - 1, -(2**63), None], dtype=pl.Int64).cast(pl.Datetime("ms", "Europe/Berlin")),
        pl.Series([2**31 - 1, -(2**31), None], dtype=pl.Int32).cast(pl.Date),
        pl.Series([timedelta(1), None, timedelta(-1)]),
        pl.Series([time(1), None, time(23)]),
        pl.Series([[1, 2], [3, 4], None], dtype=pl.Array(pl.Int64, 2)),
        pl.Series([object(), None, object()], dtype=pl.Object),
    ]
)
FUZZ = st.lists(st.none() | st.text(), min_size=3, max_size=3).map(
    lambda texts: pl.Series(texts, dtype=pl.String)
)
COLUMNS = st.sampled_from([*RAW_COLUMNS, *(f"{name}:number" for name in RAW_COLUMNS)])


@settings(max_examples=150)
@given(
    st.dictionaries(COLUMNS, ODD_SERIES | FUZZ, max_size=6),
    st.sampled_from([None, "s", "ns"]),
    st.sampled_from(["UTC", "America/Sao_Paulo"]),
)
def test_no_input_whatever_raises(
    columns: dict[str, pl.Series], epoch_unit: str | None, timezone: str
) -> None:
    good = {name: pl.Series([value] * 3) for name, value in GOOD.items()}
    policy = AdmissionPolicy(epoch_unit=epoch_unit, timezone=timezone)
    admit_frame(pl.DataFrame({**good, **columns}), policy)


@pytest.mark.parametrize("column", RAW_COLUMNS)
@settings(max_examples=25)
@given(odd=ODD_SERIES | FUZZ)
def test_no_odd_column_raises(column: str, odd: pl.Series) -> None:
    good = {name: pl.Series([value] * 3) for name, value in GOOD.items()}
    admit_frame(pl.DataFrame({**good, column: odd}), AdmissionPolicy(epoch_unit="s"))
