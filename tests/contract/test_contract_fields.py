"""What makes a row an event, and what sends it elsewhere: one file with every case in each format."""

import json
from pathlib import Path
from random import Random

import pytest
from event_files import HEADER, Row, Written, as_csv
from judging import check
from oracle import Options
from oracle_fields import Event, Record, verdict

GOOD: Row = {
    "event_ts": "2026-03-05T09:00:10Z",
    "event_type": "purchase",
    "amount": "12.50",
    "gateway_name": "g",
    "user_id": "u",
    "latency_ms": "80",
}
MOMENTS = (
    "2026-03-05T09:00:10Z",
    "2026-03-05 09:00:10Z",
    "2026-03-05T09:00:10",
    "2026-03-05T09:00:10.5",
    "2026-03-05T09:00:10.123456789Z",
    "2026-03-05T10:00:10+01:00",
    "2026-03-05T10:00:10+01",
    "2026-03-05T05:30:10-0330",
    "2026-03-05 14:30:10.25+05:30",
    "2026-03-05T09:00Z",
    "2026-03-04T23:59:60Z",
    "2026-03-05T25:00:00Z",
    "2026-02-29T09:00:00Z",
    "2026-03-05T09:00:10+25:00",
    "05.03.2026 09:00",
    "1772701210",
    "now",
    "1999-12-31T23:59:59Z",
    "2100-01-02T00:00:00Z",
)
AMOUNTS = (
    *(
        "0",
        "0.00",
        "12",
        "12.5",
        "12.500",
        "12.505",
        "-0.00",
        "-12.50",
        "12,50",
        "1,234.50",
        "$12.50",
        "12.50 USD",
    ),
    *("NaN", "inf", "-Infinity", "1e309", "", "twelve", "99999999999.99", "92233720368547758.08", "0x10"),
)
LATENCIES = ("0", "0.5", "1.5", "1200", "1200.49", "1200.5", "4200000", "4200001", "-1", "soon", "NaN", "")
CASES: list[Row] = [
    *(GOOD | {"amount": one} for one in AMOUNTS),
    *(GOOD | {"event_type": "refund", "amount": one} for one in AMOUNTS),
    *(GOOD | {"event_type": "payment_failed", "amount": one} for one in AMOUNTS),
    *(GOOD | {"event_type": "login", "amount": one} for one in ("", "-5.00", "5.00", "x")),
    *(GOOD | {"latency_ms": one} for one in LATENCIES),
    *(GOOD | {"retry_attempt": one} for one in ("0", "3", "", "x", "1.5")),
    *(
        GOOD | {"currency": c, "amount": a}
        for c in ("JPY", "KWD", "EUR", "ZZZ")
        for a in ("5", "5.5", "5.123")
    ),
    *(GOOD | {"event_type": one} for one in ("", "cart", "PURCHASE", "purchases")),
    *(
        {"event_type": "cart", **broken}
        for broken in ({}, {"amount": "x"}, {"event_ts": "x", "currency": "?"})
    ),
    *(GOOD | {"gateway_name": one} for one in ("", "a,b", 'say "hi"', "Übergang", "x y")),
    {},
    *(GOOD | {"event_ts": one} for one in MOMENTS),
]
SINGLE: dict[str, list[object]] = {
    "amount": [
        *(12, 12.5, 12.505, 6 * 2.55, 0.1 + 0.2, -0.0, -3, 1e2, 1e-7, 9.1e13, 1e300),
        *(2**53, 2**53 + 1, 10**18, 10**40, True, None, "", [1], {"a": 1}),
    ],
    "latency_ms": [12, 12.5, 1e-5, 1e3, 4_200_000, 4_200_001, -1, True, [1], "12.5"],
    "retry_attempt": [0, 2, 1.0, 1.5, True, "2"],
    "event_ts": [1772701210, None, True, ["2026-03-05T09:00:10Z"]],
    "event_type": [None],
    "note": [[1, {"deep": [2]}]],
}
OTHERS: list[dict[str, object]] = [
    {"event_type": "cart", "amount": [1], "event_ts": {"a": 1}},
    {"event_type": "Purchase", "amount": [1]},
]
"""Nested values in columns that are looked at make the row bad; elsewhere they are nobody's business."""


def numbered(rows: list[Row]) -> list[Row | None]:
    return [{"event_id": f"e{place}", **row} for place, row in enumerate(rows)]


@pytest.mark.parametrize(("currency", "timezone"), [("USD", "UTC"), ("KWD", "Europe/Berlin"), ("JPY", "UTC")])
@pytest.mark.fault("F37", "F40", "F43", "F48", "F49", "F50", "F51", "F56", "F57", "F58", "F61")
def test_every_field_that_is_outside_its_column_s_table_sends_the_row_to_quarantine(
    currency: str, timezone: str, tmp_path: Path
) -> None:
    rows = numbered(CASES)
    for place in range(0, len(rows), 10):
        rows.insert(place, None)
    data, records = as_csv(rows, Random(currency))
    options = Options(currency=currency, timezone=timezone)
    expected, _ = check([Written(name="cases.csv", data=data, records=records)], options, tmp_path)
    assert expected.summary["filtered"] == 6
    assert min(expected.summary["quarantined"], expected.summary["counted"]) > 20


@pytest.mark.fault("F46", "F48")
def test_numbers_of_json_are_taken_by_the_tolerance_and_text_to_the_digit(tmp_path: Path) -> None:
    cases: list[dict[str, object]] = [{name: one} for name, found in SINGLE.items() for one in found]
    objects = [
        {"event_id": f"e{place}"} | GOOD | case
        for place, case in enumerate([*cases, *OTHERS, *(dict[str, object](one) for one in CASES)])
    ]
    data = b"\n".join(json.dumps(one).encode() for one in objects)
    records: list[Record | None] = list(objects)
    expected, _ = check([Written(name="cases.jsonl", data=data, records=records)], Options(), tmp_path)
    assert min(expected.summary["quarantined"], expected.summary["counted"]) > 40


@pytest.mark.fault("F59")
def test_local_times_that_do_not_exist_are_quarantined_and_repeated_ones_are_the_earlier(
    tmp_path: Path,
) -> None:
    walls = [
        f"2026-{day}T0{hour}:{minute}"
        for day in ("03-29", "10-25")
        for hour in range(1, 5)
        for minute in ("00:00", "30:00", "59:59.999999")
    ]
    rows = numbered([GOOD | {"event_ts": one} for one in walls])
    options = Options(timezone="Europe/Berlin", max_jump=366 * 86_400_000_000, hop=300_000_000)
    files = [
        Written(name="spring.csv", data=as_csv(rows[:12], Random(1))[0], records=list(rows[:12])),
        Written(name="autumn.csv", data=as_csv(rows[12:], Random(2))[0], records=list(rows[12:])),
    ]
    for one, gone in zip(files, (3, 0), strict=True):
        expected, _ = check([one], options, tmp_path)
        assert expected.summary["quarantined"] == gone
        assert expected.summary["counted"] == 12 - gone


def test_the_oracle_tells_good_rows_from_bad_ones() -> None:
    found = [verdict(row, currency="USD", timezone="UTC") for row in CASES]
    assert isinstance(found[0], Event)
    assert found.count("filtered") == 6
    assert set(HEADER) >= {name for row in CASES for name in row}
