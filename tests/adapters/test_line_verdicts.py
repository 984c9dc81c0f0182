"""A line means the same alone, among clean lines, and beside a broken one: same verdict, same values.

Clean chunks take fast ways (columns read from bytes, polars on everything at once); what they give must
be what the one line gives by itself.
"""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import shape

from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.lines import LineReader
from revtui.core.admission import admit
from revtui.core.events import AdmissionPolicy

HEADER = b"event_id,event_ts,event_type,amount,currency,gateway_name,latency_ms,retry_attempt\n"
FIELDS = HEADER.decode().strip().split(",")

digits = st.text("0123456789", min_size=1, max_size=9)
numbers = st.one_of(
    st.sampled_from(
        ["", "0", "5", "12.50", "-3.25", "100000.00", "1234567890123.45", "0.1", "7.125", "12.505"]
    ),
    st.sampled_from(
        [".5", "5.", "-", "+1.00", "1e3", "nan", " 4.20", "4.20 ", "-0", "--1", "1.2.3", "٣", "1_0"]
    ),
    st.builds("{}.{}".format, digits, digits),
    st.builds("-{}.{}".format, digits, st.text("0123456789", min_size=2, max_size=2)),
    st.text("0123456789.-", max_size=18),
)
times = st.one_of(
    st.builds(
        "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
        st.sampled_from([2026, 2024, 1999, 2000, 2099, 2100, 0]),
        st.integers(0, 13),
        st.integers(0, 32),
        st.sampled_from("TTT t"),
        st.integers(0, 24),
        st.integers(0, 60),
        st.integers(0, 61),
        st.sampled_from(["", "", ".5", ".250", ".123456", ".123456789", ",250", ".25a"]),
        st.sampled_from(["Z", "Z", "Z", "", "z", "+00:00", "+05:30", " Z"]),
    ),
    st.sampled_from(["2026-03-05T09:00:00Z", "2024-02-29T23:59:59.999Z", "2023-02-29T00:00:00Z", "", "noon"]),
)
kinds = st.sampled_from(["purchase", "purchase", "login", "payment_failed", "refund", "Purchase", "", "page"])
texts = st.sampled_from(["", "stripe", "adyen", "a b", "café", "\x1b[2J", " x", "x\t", "payment_", "é" * 9])
counts = st.sampled_from(
    ["", "0", "1", "9", "12", "1200", "4200000", "4200001", "-1", "3.5", "x", "007", "/", ":"]
)
ids = st.sampled_from(["", "a", "b-1", "e\x07", "0123456789abcdef"])
currencies = st.sampled_from(["USD", "USD", "USD", "", "JPY", "KWD", "usd", "ZZZ"])
lines = st.tuples(ids, times, kinds, numbers, currencies, texts, counts, counts)

Line = tuple[str, ...]


def judged(chunk: list[bytes], syntax: Syntax, policy: AdmissionPolicy) -> list[tuple[Any, ...]]:
    """What becomes of each line of one chunk: (place in the chunk, verdict or values)."""
    head = HEADER if syntax is Syntax.CSV else b""
    reader = LineReader("f", shape().format_of(syntax))
    batch = reader.feed(head + b"".join(chunk), final=True)
    admitted = admit(batch, policy)
    starts, place = {}, len(head)
    for number, line in enumerate(chunk):
        starts[place] = number
        place += len(line)
    events = admitted.events.with_columns(  # ids made from the place in the file differ by it
        event_id=pl.when(pl.col("event_id").str.starts_with("f:0:")).then(None).otherwise("event_id")
    )
    found: list[tuple[Any, ...]] = [
        (starts[row["offset"]], {**row, "offset": 0}) for row in events.to_dicts()
    ]
    found += [(starts[row.offset], row.reason, row.detail, row.raw) for row in admitted.rejected]
    return sorted(found, key=repr)


def as_csv(line: Line) -> bytes:
    return ",".join(line).encode() + b"\n"


def check(raw: list[bytes], broken: bytes, syntax: Syntax, policy: AdmissionPolicy) -> None:
    alone = [
        (place, *verdict[1:]) for place, line in enumerate(raw) for verdict in judged([line], syntax, policy)
    ]
    together = judged(raw, syntax, policy)
    beside = [verdict for verdict in judged([*raw, broken], syntax, policy) if verdict[0] < len(raw)]
    assert together == sorted(alone, key=repr)
    assert beside == together


@settings(max_examples=150)
@given(st.lists(lines, min_size=1, max_size=6), st.sampled_from(["UTC", "Europe/Berlin"]))
@example([("a", "2026-03-05T09:00:00Z", "purchase", "12.50", "USD", "stripe", "5", "0")] * 3, "UTC")
@example(
    [
        ("a", "2026-03-05T09:00:00.250Z", "purchase", "123456.78", "JPY", "", "", "0"),
        ("b", "2026-03-06T09:00:00.250Z", "login", "", "JPY", "", "12", "1"),
        ("c", "2026-03-06T09:00:00.250Z", "refund", "-7.00", "JPY", "", "3", "12"),
    ],
    "UTC",
)
def test_a_csv_line_means_the_same_whatever_its_neighbours(some: list[Line], zone: str) -> None:
    check([as_csv(line) for line in some], b"one,two\n", Syntax.CSV, AdmissionPolicy(timezone=zone))


bare = st.sampled_from(
    ["null", "0", "12", "-3", "12.5", "12.505", "0.10", "1e3", "1E-2", "123456789012345678", "true", "false",
     "[]", "[1,2]", "{}", '{"a":1}', "01", "-", "nul", "NaN", "1.", "9007199254740993", "4200000.4"]
)  # fmt: skip


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


values = st.one_of(bare, bare, st.builds(quoted, st.one_of(numbers, times, texts, kinds, ids, currencies)))
tidy = st.tuples(
    st.builds(quoted, ids),
    st.builds(quoted, times),
    st.builds(quoted, kinds),
    st.sampled_from(["12.5", "3", "null", "0.07", '"1.20"']),
    st.builds(quoted, currencies),
    st.sampled_from(['"stripe"', "null", '"adyen"', '""', "7"]),
    st.sampled_from(["5", "null", "120", "3.5", '"9"']),
    st.sampled_from(["0", "1", "null"]),
)
json_rows = st.one_of(tidy, tidy, st.tuples(*[values] * len(FIELDS)))
styles = st.sampled_from([(",", ":"), (", ", ": "), (",", ": "), (" ,", " :"), (",\t", ":")])
left_out = st.sets(st.sampled_from(FIELDS), max_size=3)
extra = st.sampled_from(
    ["", '"more":1', '"more":null', '"more":true', '"more":[1', '"amount":"9"', '"a b":"x"', "x"]
)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(json_rows, styles, left_out, extra), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from([b"", b"\r"]),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
@example(
    [(('"a"', '"2026-03-05T09:00:00Z"', '"login"', "12.5", '"USD"', '"x"', "5", "0"), (",", ":"), set(), "")],
    True,
    b"",
    "UTC",
)
def test_a_json_line_means_the_same_whatever_its_neighbours(
    some: list[tuple[Line, tuple[str, str], set[str], str]], alike: bool, end: bytes, zone: str
) -> None:
    if alike:  # as one writer would
        some = [(row, *some[0][1:]) for row, *_ in some]
    lines = []
    for row, (comma, colon), out, more in some:
        pairs = [
            f'"{name}"{colon}{value}' for name, value in zip(FIELDS, row, strict=True) if name not in out
        ]
        text = "{" + comma.join([*pairs, *([more] if more else [])]) + "}"
        lines.append(text.encode() + end + b"\n")
    check(lines, b'{"event_id":"x"\n', Syntax.JSON_LINES, AdmissionPolicy(timezone=zone))


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("without", [[], ["amount", "gateway_name"]])
def test_json_of_one_shape_is_cut_into_fields_by_its_quotes(blank: str, without: list[str]) -> None:
    def line(number: int) -> bytes:
        whole = {
            "event_id": f"e{number}",
            "event_ts": "2026-03-05T09:00:00.125Z",
            "event_type": "purchase",
            "amount": number + 0.25,
            "currency": "USD",
            "gateway_name": None if number % 2 else "stripe",
            "latency_ms": 5,
        }
        kept = {name: value for name, value in whole.items() if number % 3 or name not in without}
        return json.dumps(kept, separators=(f",{blank}", f":{blank}")).encode() + b"\n"

    reader = LineReader("f", shape().format_of(Syntax.JSON_LINES))
    batch = reader.feed(b"".join(map(line, range(1, 8))), final=True)
    read = {name.partition("\0")[0] for name in batch.frame.columns if "\0" in name}
    assert read == {"event_ts", "event_type", "amount", "latency_ms"}
    gateways = [None if number % 2 or (without and number % 3 == 0) else "stripe" for number in range(1, 8)]
    assert batch.frame["gateway_name"].to_list() == gateways
    amounts = [None if without and number % 3 == 0 else 100 * number + 25 for number in range(1, 8)]
    assert batch.frame["amount\0digits"].to_list() == amounts
    assert batch.plain is (not blank)


@pytest.mark.parametrize("count", [1, 2, 700])
def test_plain_columns_are_read_from_their_bytes(count: int) -> None:
    line = b"id,2026-03-05T09:00:00.125Z,purchase,-1234.5,USD,stripe,%d,0\n"
    reader = LineReader("f", shape().format_of(Syntax.CSV))
    batch = reader.feed(HEADER + b"".join(line % (7 * number) for number in range(count)), final=True)
    read = {name.partition("\0")[0] for name in batch.frame.columns if "\0" in name}
    assert read == {"event_ts", "event_type", "amount", "latency_ms", "retry_attempt"}
    assert batch.frame["amount\0digits"].to_list() == [-12345] * count
    assert batch.frame["latency_ms\0digits"].to_list() == [7 * number for number in range(count)]
    assert batch.plain


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("event_ts", "2026-03-05 09:00"),
        ("event_ts", "2026-02-30T09:00:00Z"),
        ("event_type", "page_view"),
        ("amount", "1e3"),
        ("amount", "12345678901234567"),
        ("latency_ms", "12ms"),
        ("retry_attempt", "/"),
    ],
)
def test_a_column_with_any_other_shape_is_taken_as_text(column: str, value: str) -> None:
    good = ["id", "2026-03-05T09:00:00Z", "purchase", "1.00", "USD", "stripe", "5", "0"]
    other = [value if name == column else text for name, text in zip(FIELDS, good, strict=True)]
    reader = LineReader("f", shape().format_of(Syntax.CSV))
    batch = reader.feed(HEADER + as_csv(tuple(good)) + as_csv(tuple(other)), final=True)
    assert batch.frame[column].to_list() == [good[FIELDS.index(column)], value]
