"""JSON lines: one verdict per line, at once or one by one."""

import json
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import cut, feed_all, json_reader, rejected, rows, said

from revtui.adapters.sources import jsonlines
from revtui.adapters.sources.jsonlines import JsonFormat
from revtui.core.events import RawBatch

FIELDS = ("event_id", "event_type", "amount", "latency_ms")
SLOW = b'{"event_id" : "slow"}'
"""A blank before the colon takes a run of lines off the fast way."""

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
OBJECTS = st.dictionaries(st.sampled_from([*FIELDS, "extra", 'a":b']), SCALARS, max_size=5)
LINES = st.one_of(
    OBJECTS.map(lambda found: json.dumps(found).encode()),
    OBJECTS.map(lambda found: json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()),
    st.sampled_from(
        [
            b"",
            b" ",
            b"{}",
            b"[]",
            b"7",
            b"{",
            b'{"a":',
            b"3}",
            b'{"event_id":1}{"event_id":2}',
            b'{"amount":1e999}',
            b'{"event_id":"a","event_id":"b"}',
            b'{"event_id":"a" ,"event_id" :"b"}',
            b'{"amount":[1]}',
            b"\x00\x00{}",
            b'{"amount":NaN}',
            b'{"event_id":"\xff"}',
            b'{"event_id":"\\ud800"}',
            b'{"amount":-0}',
            b'{"a":"\\":"}',
        ]
    ),
    st.binary(max_size=8).map(lambda data: data.replace(b"\n", b"")),
)


def read(data: bytes, sizes: list[int] | None = None) -> list[RawBatch]:
    return feed_all(json_reader(FIELDS), cut(data, sizes or [1 << 20]))


def values(line: bytes) -> dict[str, Any]:
    (row,) = rows(read(line + b"\n")).rows(named=True)
    return row


@given(st.lists(LINES, max_size=8), st.lists(st.integers(1, 60), min_size=1, max_size=3))
@settings(max_examples=150)
def test_a_line_is_judged_alone_as_among_others_however_the_bytes_are_cut(
    lines: list[bytes], sizes: list[int]
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    expected = []
    place = 0
    for line in lines:
        expected += [(place + v[0], *v[1:]) for v in said(read(line + b"\n"))]
        place += len(line) + 1
    assert said(read(data, sizes)) == expected


@given(OBJECTS)
@settings(max_examples=100)
def test_the_fast_way_says_what_the_slow_way_says(found: dict[str, Any]) -> None:
    fast = json.dumps(found, separators=(",", ":")).encode()
    slow = json.dumps(found, separators=(" ,", " :")).encode()
    assert values(fast) == values(slow)


def test_fields_become_text_and_numbers_of_amount_stand_apart() -> None:
    row = values(b'{"event_id":7,"event_type":"login","amount":12.5,"latency_ms":812.25,"x":1}')
    assert row == {
        "event_id": "7",
        "event_type": "login",
        "amount": None,
        "amount:number": 12.5,
        "latency_ms": "812.25",
        "offset": 0,
    }
    assert values(b'{"event_id":true,"amount":"12.50"}')["amount"] == "12.50"
    assert values(b'{"event_id":true,"amount":"12.50"}')["event_id"] == "true"
    assert values(b'{"event_id":null,"amount":3}')["amount:number"] == 3.0


FRAGMENTS = [
    '"a"', '"a b"', '""', '"é"', '"12.50"', '"login"', '"null"', '"\\u0041"', '"a\\"b"', '"a":', '"a', 'a"', '"', '"a""b"', '"a","b"',
    "null", "nul", "nulls", "true", "false", "True", "login", "NaN", "Infinity", "",
    "0", "-0", "7", "-7", "12", "012", "12.5", "12.505", "1.", ".5", "+1", "1e5", "1e400", "123456789012345", "12345678901234567890",
    "1 ", " 1", "1,2", "[1]", "{}", '{"a":1}', "[]", "}", "{", ":", ",",
]  # fmt: skip
"""What may stand where a value should, and what must not."""
KEYS = [
    [],
    ["event_id"],
    [*FIELDS],
    ["event_type", "x", "amount", "event_id", "latency_ms"],
    ["event_id", "x", "event_id"],
]


@st.composite
def shaped_lines(draw: st.DrawFn) -> list[bytes]:
    """Lines of one or two shapes, as one program writes them."""
    colon, comma = draw(st.sampled_from([(":", ","), (": ", ", "), (": ", ",")]))
    lines = []
    for keys in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2)):
        usual = draw(
            st.lists(st.sampled_from([*FRAGMENTS[:6], "null", "7"]), min_size=len(keys), max_size=len(keys))
        )
        for _ in range(draw(st.integers(1, 4))):
            found = [
                draw(st.sampled_from(FRAGMENTS)) if draw(st.integers(0, 40)) == 0 else value
                for value in usual
            ]
            body = comma.join(f'"{key}"{colon}{value}' for key, value in zip(keys, found, strict=True))
            lines.append(f"{{{body}}}".encode())
    return lines


@given(shaped_lines())
@settings(max_examples=300)
def test_lines_of_one_shape_are_read_at_once_as_they_are_one_by_one(lines: list[bytes]) -> None:
    slowly = [
        (offset - len(SLOW) - 1 + place, *rest)
        for line, place in zip(lines, accumulate((len(line) + 1 for line in lines), initial=0), strict=False)
        for offset, *rest in said(read(SLOW + b"\n" + line + b"\n"))[1:]
    ]
    assert said(read(b"".join(line + b"\n" for line in lines))) == slowly


def test_many_lines_are_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f'{{"event_id":"{number}","amount":"{number}.50"}}' for number in range(500)]
    lines[200] = "no record"
    data = "\n".join(lines).encode() + b"\n"
    whole = said(read(data))
    monkeypatch.setattr(jsonlines, "SPANS_BYTES", 2000)
    monkeypatch.setattr(jsonlines, "BLOCK_BYTES", 300)
    assert said(read(data)) == whole
    assert len(whole) == 500


@pytest.mark.parametrize("digits", [b"9007199254740993", b"1234567890123456789", b"9" * 300])
def test_an_integer_in_amount_is_a_number_however_long(digits: bytes) -> None:
    for line in (b'{"amount":' + digits + b"}", b'{"amount" :' + digits + b', "amount" :1}'):
        row = values(line)
        assert (row["amount"], row["amount:number"]) == (None, float(digits))


@pytest.mark.parametrize("digits", [b"9" * 400, b"9" * 5_000])
@pytest.mark.fault("F46")
def test_an_integer_beyond_the_range_of_floats_stays_text(digits: bytes) -> None:
    row = values(b'{"amount":' + digits + b"}")
    assert (row["amount"], row["amount:number"]) == (digits.decode(), None)


def test_an_integer_that_a_float_cannot_hold_keeps_its_digits_in_other_columns() -> None:
    for digits in (b"9007199254740993", b"123456789012345678901234567890"):
        assert values(b'{"event_id":' + digits + b"}")["event_id"] == digits.decode()
        assert values(b'{"event_id" :' + digits + b"}")["event_id"] == digits.decode()


def test_a_small_number_is_written_without_an_exponent() -> None:
    assert values(b'{"latency_ms":1e-5}')["latency_ms"] == "0.00001"
    assert values(b'{"latency_ms":1.5e3}')["latency_ms"] == "1500.0"


def test_an_event_type_that_is_spelled_otherwise_leaves_the_rest_unexamined() -> None:
    for kind in (b"Purchase", b"cart"):
        batches = read(b'{"event_type":"' + kind + b'","amount":[1]}\n')
        assert rows(batches)["event_type"].to_list() == [kind.decode()]
    assert [line.reason for line in rejected(read(b'{"event_type":"purchase","amount":[1]}\n'))] == [
        "bad_amount"
    ]


@pytest.mark.fault("F48")
def test_a_number_beyond_the_range_of_floats_stays_text() -> None:
    assert values(b'{"amount":1e309}')["amount"] == "1e309"


@pytest.mark.parametrize(
    "line", [b'{"amount":1,"amount":2}', b'{"amount":1,"\\u0061mount":2}', b'{"amount" :1,"amount" :2}']
)
@pytest.mark.fault("F46")
def test_of_two_equal_keys_the_first_holds(line: bytes) -> None:
    assert values(line)["amount:number"] == 1.0
    assert rows(read(line + b'\n{"amount":5}\n' + line + b"\n"))["amount:number"].to_list() == [1.0, 5.0, 1.0]


@pytest.mark.fault("F45", "F37")
@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b'{"a":', "not JSON"),
        (b"[1,2]", "not a JSON object"),
        (b"nonsense", "not JSON"),
        (b'{"a":NaN}', "not JSON: NaN"),
        (b'{"a":"\xff"}', "not UTF-8"),
        (b'{"a":"\\udc00"}', "half of a surrogate pair"),
        (b'{"a":"x\0y"}', "NUL"),
        (b'{"a":1} {"a":2}', "not JSON"),
    ],
)
def test_one_bad_line_among_many_is_the_only_one_quarantined(line: bytes, detail: str) -> None:
    good = b"".join(b'{"event_id":"%d"}\n' % number for number in range(9_999))
    batches = read(good + line + b"\n")
    assert rows(batches).height == 9_999
    (refused,) = rejected(batches)
    assert refused.reason == "not_a_record"
    assert refused.detail.startswith(detail)
    assert refused.offset == len(good)


@pytest.mark.fault("F46")
@pytest.mark.parametrize("line", [b"[" * 200_000, b'{"amount":' + b"[" * 200_000, b'{"x":' * 100_000])
def test_deep_nesting_is_no_record_and_no_crash(line: bytes) -> None:
    batches = read(line + b'\n{"event_id":"1"}\n')
    assert [refused.reason for refused in rejected(batches)] == ["not_a_record"]
    assert rows(batches)["event_id"].to_list() == ["1"]


def test_a_wanted_field_with_a_list_refutes_the_row_and_an_unknown_one_does_not() -> None:
    batches = read(b'{"event_type":"purchase","amount":[1]}\n{"event_type":"login","extra":{"a":1}}\n')
    assert [(line.reason, line.detail) for line in rejected(batches)] == [
        ("bad_amount", "amount: not a single value")
    ]
    assert rows(batches)["event_type"].to_list() == ["login"]


def test_of_an_event_type_that_does_not_count_no_other_field_is_examined() -> None:
    batches = read(b'{"event_type":"heartbeat","amount":[1]}\n{"event_type":{},"amount":1}\n')
    assert rows(batches)["event_type"].to_list() == ["heartbeat"]
    assert [line.reason for line in rejected(batches)] == ["bad_event_type"]


@pytest.mark.fault("F38", "F39", "F40")
def test_holes_overlong_lines_blank_lines_and_crlf() -> None:
    reader = json_reader(FIELDS, line_limit=100)
    data = (
        b'{"event_id":"1"}\r\n\r\n'
        + bytes(300)
        + b'{"event_id":"2"}\n{"event'
        + bytes(20)
        + b'{"event_id":"3"}\n'
    )
    batches = feed_all(reader, [*cut(data, [30]), b"x" * 101, b"\n", b'{"event_id":"4"}'])
    assert rows(batches)["event_id"].to_list() == ["1", "2", "3", "4"]
    assert [line.detail for line in rejected(batches)] == [
        "a torn line, then NUL bytes",
        "a line of more than 100 bytes",
    ]


def test_amount_stays_one_column_when_an_expression_uses_it() -> None:
    records = JsonFormat("test", ("amount",), apart=False).parse(
        b'{"amount":1.5}\n{"amount":"2"}\n', 0, final=True
    )
    assert records.frame["amount"].to_list() == ["1.5", "2"]


@pytest.mark.fault("F40")
def test_a_byte_order_mark_before_an_object_is_no_part_of_it() -> None:
    mark = b"\xef\xbb\xbf"
    batches = read(
        mark + b'{"event_id":"a"}\n{"event_id":"b"}\n' + mark + b'{"event_id":"c"}\n' + mark + b"\n"
    )
    assert rows(batches)["event_id"].to_list() == ["a", "b", "c"]
    assert rejected(batches) == []
