"""CSV: any cut of the bytes, any neighbours, one verdict per line."""

import random

import pytest
from csvreference import Reference
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import csv_reader, cut, feed_all, rejected, rows, verdicts

from revtui.core.errors import SourceError
from revtui.core.events import RawBatch
from revtui.core.text import escape_raw

HEADER = b"event_id,event_type,amount\n"
NAMES = ("event_id", "event_type", "amount")

ATOMS = st.sampled_from(
    [
        b"a",
        b"1.5",
        b"",
        b" ",
        b'"',
        b'""',
        b",",
        b'","',
        b"\r",
        b"\r\r",
        b"\0",
        bytes(9),
        b"\xff",
        "é".encode(),
        b'"x,y"',
        b'"a""b"',
        b"event_id",
        b"event_type",
        b"event_id,event_type,amount",
        b"#",
    ]
)
CLEAN_LINES = st.sampled_from(
    [b"1,purchase,2.50", b'2,"purchase",3', b"3,,", b'"4","a,b","c""d"', b"5,\xc3\xa9,1"]
)
LINES = st.one_of(CLEAN_LINES, st.lists(ATOMS, max_size=8).map(b"".join), st.binary(max_size=12))
ENDS = st.sampled_from([b"\n", b"\r\n"])
FILES = st.lists(st.tuples(LINES, ENDS), max_size=12).map(
    lambda lines: b"".join(line + end for line, end in lines)
)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=4)


def read(data: bytes, sizes: list[int] | None = None, line_limit: int = 1 << 20) -> list[RawBatch]:
    return feed_all(csv_reader(NAMES, line_limit), cut(data, sizes or [1 << 20]))


def no_detail(found: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [item if item[1] == "row" else (item[0], item[1], item[3]) for item in found]


def names_once(data: bytes) -> bool:
    """Whether no line of the file could be another header than the one in force."""
    lines = data.split(b"\n")
    return not any(
        all(name.encode() in line for name in NAMES) and line.rstrip(b"\r") != HEADER.rstrip(b"\n")
        for line in lines
    )


@given(FILES.filter(names_once), SIZES, st.booleans())
@example(b'1,"a\n2,"b"\n', [5], False)
@example(b'1,"a\nb",2\n\n3,4,5\n', [1], False)
@example(b'"1","a""",2\n,"",""\n', [9], True)
@example(b"1,a\0\0\0\0\0\0\0\0" + b"2,b,c\n", [3], False)
@example(b'1,"\r\n",3\r\n', [2], False)
@example(b"event_id,event_type,amount\r\r\n", [1], False)
@example(bytes(9) + b"1,2,3\r\r\n", [1], False)
@settings(max_examples=150)
def test_however_the_bytes_are_cut_every_line_gets_the_verdict_of_the_slow_way(
    body: bytes, sizes: list[int], torn: bool
) -> None:
    body = body[:-1] if torn else body
    expected = [
        item if item[1] == "row" else (item[0], item[1], escape_raw(item[2]))
        for item in Reference(NAMES).judge(body, len(HEADER))
    ]
    assert no_detail(verdicts(read(HEADER + body, sizes))) == sorted(expected, key=lambda v: (v[0], v[1]))


@given(
    st.lists(LINES.filter(lambda line: b"\n" not in line and names_once(line)), max_size=10),
    st.integers(0, 10),
)
@settings(max_examples=100)
def test_a_line_is_judged_alone_as_among_neighbours_that_close_no_quote(
    lines: list[bytes], place: int
) -> None:
    """Only a later quote can join lines, and only another header change them; so neighbours are neither."""
    quoteless = [line.replace(b'"', b"'") for line in lines]
    line = b'1,"purchase","2.50"' if not lines else lines[0]
    place = min(place, len(quoteless))
    many = HEADER + b"\n".join([*quoteless[:place], line, *quoteless[place:]]) + b"\n"
    start = len(HEADER) + sum(len(other) + 1 for other in quoteless[:place])
    among = [v for v in verdicts(read(many)) if start <= v[0] <= start + len(line)]
    alone = [(v[0] - len(HEADER) + start, *v[1:]) for v in verdicts(read(HEADER + line + b"\n"))]
    assert among == alone


@pytest.mark.fault("F37", "F43")
@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b"1,purchase", "2 fields instead of 3"),
        (b"1,purchase,2,", "4 fields instead of 3"),
        (b'1,pur"chase,2', "a quote inside a field that has none around it"),
        (b'1,"purchase"x,2', "text after a closing quote"),
        (b'1,"purchase,2', "a quote opens and does not close"),
        (b"1,purch\xffase,2", "not UTF-8: byte 0xff"),
        (b"1,purch\0ase,2", "NUL bytes"),
        (b"1,purch\rase,2", "a lone carriage return"),
        (b"1,purchase,2\r\r", "a lone carriage return"),
    ],
)
def test_a_bad_line_is_quarantined_and_its_neighbours_are_not(line: bytes, detail: str) -> None:
    batches = read(HEADER + b"0,login,\n" + line + b"\n2,login,\n")
    assert rows(batches)["event_id"].to_list() == ["0", "2"]
    (refused,) = rejected(batches)
    assert (refused.reason, refused.detail) == ("not_a_record", detail)
    assert refused.offset == len(HEADER) + 9
    assert refused.raw == escape_raw(line.removesuffix(b"\r"))


def test_a_quoted_field_spans_lines_and_keeps_its_offset_and_bytes() -> None:
    batches = read(HEADER + b'1,"two\r\nlines",3\n2,x,4\n')
    assert rows(batches)["event_type"].to_list() == ["two\r\nlines", "x"]
    assert rows(batches)["offset"].to_list() == [len(HEADER), len(HEADER) + 17]
    assert batches[0].raw(0) == b'1,"two\r\nlines",3'


@pytest.mark.fault("F44")
@pytest.mark.parametrize("filler", [b"9,login,\n" * 8_000, b"9,login,\n" * 120])
def test_an_unbalanced_quote_costs_its_own_line_only(filler: bytes) -> None:
    batches = read(HEADER + b'1,"open,2\n' + filler + b'2,"closed",3\n', [1 << 14])
    assert len(rejected(batches)) == 1
    assert rows(batches).height == filler.count(b"\n") + 1


def test_an_open_quote_waits_for_what_follows() -> None:
    reader = csv_reader(NAMES)
    assert reader.feed(HEADER + b'1,"a\n').read == 0
    assert reader.feed(b'b",2\n').frame["event_type"].to_list() == ["a\nb"]


@pytest.mark.fault("F35", "F36")
def test_a_line_without_a_newline_is_no_row_until_the_source_ends() -> None:
    reader = csv_reader(NAMES)
    assert reader.feed(HEADER + "1,é,2".encode()[:-4]).read == 0
    assert reader.feed("1,é,2".encode()[-4:]).read == 0
    assert reader.feed(b"", final=True).frame["event_type"].to_list() == ["é"]


@pytest.mark.fault("F40")
def test_crlf_a_byte_order_mark_blank_lines_and_blanks_around_names_are_accepted() -> None:
    data = b"\xef\xbb\xbf\r\n event_id , event_type,amount \r\n\r\n1,login,\r\n   \r\n2,login,\r\n"
    batches = read(data)
    assert rows(batches).rows() == [("1", "login", None, 39), ("2", "login", None, 54)]
    assert rejected(batches) == []


@pytest.mark.fault("F40")
def test_a_trailing_comma_in_every_line_is_accepted() -> None:
    batches = read(b"event_id,event_type,amount,\n1,login,,\n2,login,\n")
    assert rows(batches)["event_id"].to_list() == ["1"]
    assert len(rejected(batches)) == 1


def test_empty_fields_are_null_quoted_or_not() -> None:
    batches = read(HEADER + b'"",,""\n1,"x",""\n')
    assert rows(batches).drop("offset").rows() == [(None, None, None), ("1", "x", None)]


@pytest.mark.fault("F42")
def test_the_same_header_again_is_no_row() -> None:
    batches = read(
        HEADER + b"1,login,\n\xef\xbb\xbf" + HEADER + b'"event_id",event_type,amount\r\n2,login,\n'
    )
    assert rows(batches)["event_id"].to_list() == ["1", "2"]
    assert rejected(batches) == []


@pytest.mark.fault("F42")
@given(SIZES)
@settings(max_examples=30)
def test_a_changed_header_maps_the_columns_below_it_anew(sizes: list[int]) -> None:
    data = HEADER + b"1,login,2\namount,extra,event_type,event_id\n3,x,refund,2\nevent_id,login,7\n"
    batches = read(data, sizes)
    assert rows(batches).select(NAMES).rows() == [("1", "login", "2"), ("2", "refund", "3")]
    assert [line.detail for line in rejected(batches)] == ["3 fields instead of 4"]


@pytest.mark.fault("F38")
def test_nul_bytes_that_a_crashed_writer_left_are_skipped() -> None:
    hole = bytes(5_000)
    data = HEADER + b"1,login,\n" + hole + b"2,login,\n" + b"3,log" + hole + b"4,login,\n" + hole + b"\n"
    batches = read(data, [700])
    assert rows(batches)["event_id"].to_list() == ["1", "2", "4"]
    assert [line.detail for line in rejected(batches)] == ["a torn line, then NUL bytes"]
    assert rows(batches)["offset"].to_list() == [data.index(b"1,"), data.index(b"2,"), data.index(b"4,")]


@pytest.mark.fault("F39")
@given(SIZES)
@settings(max_examples=30)
def test_an_overlong_line_is_skipped_to_its_newline_and_its_head_kept(sizes: list[int]) -> None:
    data = HEADER + b"1,login,\n" + b"x" * 5_000 + b"\n2,login,\n" + b"y" * 101
    reader_sizes = [size * 11 for size in sizes]
    batches = read(data, reader_sizes, line_limit=100)
    assert rows(batches)["event_id"].to_list() == ["1", "2"]
    assert [(line.offset, line.detail) for line in rejected(batches)] == [
        (len(HEADER) + 9, "a line of more than 100 bytes"),
        (len(data) - 101, "a line of more than 100 bytes"),
    ]


@pytest.mark.fault("F39")
def test_memory_stays_bounded_on_a_line_without_end() -> None:
    reader = csv_reader(NAMES)
    reader.feed(HEADER)
    for _ in range(40):
        reader.feed(b"z" * (1 << 18))
        assert len(reader._pending) <= 1 << 20
    assert reader.feed(b"\n1,login,\n").frame.height == 1


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"event_id,event_type,event_id\n", "more than once"),
        (b"event\xff,b\n", "not UTF-8"),
        (b"e\0v\0,\0\n", "NUL"),
        (b'event_id,"b\n', "a quote opens"),
        (b"event_id,b\r1,2\r", "carriage return"),
    ],
)
def test_a_line_that_cannot_be_a_header_is_said_so(head: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as raised:
        feed_all(csv_reader(), [head, b"1,2\n"])
    assert raised.value.hint


@pytest.mark.parametrize("data", [b"", HEADER, HEADER[:-1], b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_or_a_header_alone_has_no_rows(data: bytes) -> None:
    assert sum(batch.read for batch in read(data)) == 0


def test_columns_that_are_not_wanted_are_not_handed_over() -> None:
    batches = feed_all(csv_reader(["amount"]), [b"id,amount,note\n1,2,x\n"])
    assert rows(batches).columns == ["amount", "offset"]


def test_one_column_is_enough() -> None:
    batches = feed_all(csv_reader(["amount"]), [b'amount\n1\n\n"2"\n \n""\n\t\n3,4\n'])
    assert rows(batches)["amount"].to_list() == ["1", "2", None]
    assert len(rejected(batches)) == 1


def test_offsets_are_those_of_line_starts_on_the_fast_way_too() -> None:
    chance = random.Random(7)
    lines = [f"{i},login,{'9' * chance.randrange(9)}".encode() for i in range(3_000)]
    data = HEADER + b"\n".join(lines) + b"\n"
    batches = read(data, [10_000])
    for batch in batches:
        for number, offset in enumerate(batch.frame["offset"].to_list()):
            assert data[offset:].startswith(batch.raw(number) + b"\n")
    assert sum(batch.frame.height for batch in batches) == 3_000
