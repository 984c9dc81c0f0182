"""Mappings: foreign columns, the types of which only the expression decides."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import feed_all, read_all, rejected, rows, shape, write

from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.expressions import ExpressionError, columns_of, compile_expression
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.lines import LineReader
from revtui.adapters.sources.mapping import SourceMap, load_map, map_beside, read_map
from revtui.adapters.sources.shape import RowShape, check_for_text
from revtui.core.errors import ConfigError, SourceError
from revtui.core.events import AdmissionPolicy, RawBatch

RETAIL = """\
timezone = "Europe/London"
currency = "GBP"
[map]
event_id = "InvoiceNo || '-' || StockCode"
event_ts = "STRPTIME(InvoiceDate, '%Y-%m-%d %H:%M')"
event_type = "CASE WHEN Quantity < 0 THEN 'refund' ELSE 'purchase' END"
amount = "Quantity * UnitPrice"
"""
SALES = b"""\
InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,gateway_name,Note
A1,S,6,2011-11-01 08:30,2.55,stripe,x
A2,S, -1 ,2011-11-01 08:31,3,,x
A3,S,six,2011-11-01 08:32,3,adyen,x
A4,S,1,01/11/2011,3,adyen,x
A5,S,1,2011-11-01 08:35,inf,adyen,x
A6,S,,2011-11-01 08:36,3,adyen,x
"""


def mapped(expressions: dict[str, str], **settings_: Any) -> SourceMap:
    return read_map({"map": expressions, **settings_}, origin="test.map.toml")


def read(mapping: SourceMap, data: bytes, syntax: Syntax = Syntax.CSV) -> list[RawBatch]:
    return feed_all(LineReader("test", shape(mapping).format_of(syntax)), [data])


def value(sql: str, **columns: Any) -> Any:
    """The value of an expression over one row of text."""
    names = ",".join(["k", *columns])
    cells = ",".join(["0", *columns.values()])
    return rows(read(mapped({"user_id": sql}), f"{names}\n{cells}\n".encode()))["user_id"].to_list()[0]


def test_the_mapping_of_a_shop_gives_events_that_admission_can_read(tmp_path: Path) -> None:
    mapping = load_map(write(tmp_path / "retail.map.toml", RETAIL))
    batches = read(mapping, SALES)
    found = rows(batches)
    assert found.columns == ["gateway_name", "offset", "event_id", "event_ts", "event_type", "amount"]
    assert found.schema["event_ts"] == pl.Datetime("us")
    assert found.drop("event_ts", "offset").rows() == [
        ("stripe", "A1-S", "purchase", pytest.approx(15.3)),
        (None, "A2-S", "refund", -3.0),
        ("adyen", "A6-S", "purchase", None),
    ]
    assert [(line.reason, line.detail) for line in rejected(batches)] == [
        ("bad_event_type", "event_type: Quantity: six is no number"),
        ("bad_event_ts", "event_ts: cannot convert 01/11/2011"),
        ("bad_amount", "amount: UnitPrice: inf is no number"),
    ]
    assert rejected(batches)[0].raw == "A3,S,six,2011-11-01 08:32,3,adyen,x"
    assert batches[0].raw(2) == b"A6,S,,2011-11-01 08:36,3,adyen,x"


def test_the_policy_of_a_mapping_stands_before_the_defaults() -> None:
    mapping = mapped({}, timezone="Europe/London", epoch_unit="ms")
    policy = shape(mapping).policy
    assert (policy.timezone, policy.currency, policy.epoch_unit) == ("Europe/London", "USD", "ms")
    assert shape(mapping).note == "mapping test.map.toml"


@pytest.mark.parametrize(
    ("sql", "columns", "expected"),
    [
        ("a || b", {"a": "6", "b": "2"}, "62"),
        ("a + b", {"a": "6", "b": "2"}, 8.0),
        ("a + b + c", {"a": "6", "b": "2", "c": "1"}, 9.0),
        ("a * b - 1", {"a": "6", "b": "2"}, 11.0),
        ("COALESCE(a, '0')", {"a": "12.50"}, "12.50"),
        ("CASE WHEN a LIKE 'C%' OR b < 0 THEN 'x' ELSE c END", {"a": "C1", "b": "1", "c": "y"}, "x"),
        ("CASE WHEN a LIKE 'C%' OR b < 0 THEN 'x' ELSE c END", {"a": "D1", "b": "1", "c": "7"}, "7"),
        ("CASE WHEN a = '3' THEN b ELSE 'no' END", {"a": "3", "b": "4"}, "4"),
        ("a IN (1, 2)", {"a": "2.0"}, True),
        ("a IN ('1', '2')", {"a": "2.0"}, False),
        ("a BETWEEN 1 AND 3", {"a": "2"}, True),
        ("ABS(a)", {"a": "-2"}, 2.0),
        ("ROUND(a * b, 2)", {"a": "1.005", "b": "10"}, 10.05),
        ("-a", {"a": "2"}, -2.0),
        ("UPPER(a)", {"a": "gbp"}, "GBP"),
        ("SUBSTR(a, 1, 1)", {"a": "C12"}, "C"),
        ("CAST(a AS INT) + 1", {"a": "2"}, 3),
        ("TRY_CAST(a AS INT)", {"a": "x"}, None),
        ("'constant'", {"a": "1"}, "constant"),
        ("REPLACE(a, 'x', '.')", {"a": "1x5"}, "1.5"),
        ("SPLIT_PART(a, '-', 2)", {"a": "x-y"}, "y"),
        ("CASE WHEN a LIKE '%x' THEN CAST(b AS INT) ELSE 5 END", {"a": "y", "b": "z"}, 5),
    ],
)
def test_types_come_from_the_expression(sql: str, columns: dict[str, Any], expected: Any) -> None:
    found = value(sql, **columns)
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@given(st.permutations(["1", "2.5", "x", "", " 7 ", "1e400", "nan", "C3"]))
@settings(max_examples=30)
def test_the_verdict_of_a_mapping_does_not_depend_on_the_neighbours(cells: list[str]) -> None:
    mapping = mapped(
        {"amount": "q * 2", "user_id": "CASE WHEN q LIKE 'C%' THEN 'c' ELSE CAST(q AS DOUBLE) || '' END"}
    )
    together = read(mapping, ("k,q\n" + "".join(f"0,{cell}\n" for cell in cells)).encode())
    alone = [read(mapping, f"k,q\n0,{cell}\n".encode()) for cell in cells]
    assert rows(together).drop("offset").rows() == [
        row for batches in alone for row in rows(batches).drop("offset").rows()
    ]
    assert [line.detail for line in rejected(together)] == [
        line.detail for batches in alone for line in rejected(batches)
    ]


def test_a_row_of_another_event_type_is_left_alone() -> None:
    mapping = mapped({"amount": "q * 2"})
    batches = read(mapping, b"event_type,q\nheartbeat,x\npurchase,x\n,x\nPurchase,x\n")
    assert rows(batches)["event_type"].to_list() == ["heartbeat", "Purchase"]
    assert [line.reason for line in rejected(batches)] == ["bad_amount", "bad_amount"]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SUM(a)", "more than one row"),
        ("a - AVG(a)", "more than one row"),
        ("MAX(a)", "more than one row"),
        ("COUNT(*)", "more than one row"),
        ("FIRST(a)", "more than one row"),
        ("STRING_AGG(a)", "more than one row"),
        ("ROW_NUMBER() OVER ()", "more than one row"),
        ("RANK() OVER (ORDER BY a)", "more than one row"),
        ("LAG(a) OVER (ORDER BY a)", "more than one row"),
        ("SUM(a) OVER (PARTITION BY b)", "more than one row"),
        ("CORR(a, b)", "more than one row"),
        ("UNNEST(a)", "more than one row"),
        ("(SELECT 1)", "more than one row"),
        ("NOW()", "when it is asked"),
        ("current_date", "when it is asked"),
        ("TIMESTAMP(a)", "needs its format"),
        ("CAST(a AS TIMESTAMP) AT TIME ZONE 'UTC'", "timezone"),
        ("a +", "invalid|unable|unexpected|parse"),
        ("NO_SUCH(a)", "unsupported"),
        ("a+b+c+d+e+f+g+h+i", "more than 8"),
        ('"offset" * 2', "the name is taken"),
    ],
)
def test_an_expression_that_looks_beyond_its_row_is_refused(sql: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        columns_of(sql)
    with pytest.raises(ConfigError, match=r"test.map.toml: map.user_id: "):
        mapped({"user_id": sql})


@pytest.mark.fault("S11")
@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT MAX(x) FROM read_csv('{secret}'))",
        "(select * from\nread_csv('{secret}'))",
        "/* ' */ (SELECT x FROM read_csv(\"{secret}\")) /* ' */",
        "a -- '\n + (SELECT x FROM read_csv(\"{secret}\")) -- '",
        "a +-- '\n (SELECT x FROM read_csv(\"{secret}\")) -- '",
        "E'\\'' || (SELECT x FROM read_csv(\"{secret}\")) || E'\\''",
        "$$'$$ || (SELECT x FROM read_csv(\"{secret}\")) || $$'$$",
        "`'` || (SELECT x FROM read_csv(\"{secret}\")) || `'`",
        "a IN (SELECT x FROM read_csv('{secret}'))",
        "a; SELECT 1",
    ],
)
def test_no_expression_reads_another_file(sql: str, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.csv", "s3cret\n1\n")
    with pytest.raises(ExpressionError) as raised:
        columns_of(sql.replace("{secret}", str(secret)))
    assert "s3cret" not in str(raised.value)
    assert any(words in str(raised.value) for words in ("a subquery", "unexpected '"))


@pytest.mark.fault("S15")
@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("LPAD(a, 1000000000, 'x')", "longer"),
        ("RPAD(a, CAST(b AS INT), 'x')", "whole number"),
        ("REPLACE(REPLACE(a, 'a', 'aaaaaaaa'), 'a', 'aaaaaaaa')", "16 times"),
        ("REPLACE(a, '', 'aaaaaaaaaaaaaaaaaaaa')", "16 times"),
        ("REGEXP_REPLACE(a, '.*', '$0$0$0$0$0$0$0$0$0')", "16 times"),
        ("REPLACE(a, 'a', b)", "quotes"),
        ("||".join(["a"] * 17), "16 times"),
        (f"'{'x' * 1001}'", "1,000 characters longer"),
        ("*".join(["a"] * 100), "too deeply"),
        ("*".join(["a"] * 400), "too deeply"),
        ("+".join(["a"] * 5_000), "1,000 words"),
        ("(" * 10_000 + "a" + ")" * 10_000, "1,000 words"),
        ("1" * 100_001, "longer than"),
        (f"CASE {' '.join(f'WHEN a = {i} THEN {i}' for i in range(150))} END", "too deeply"),
        ("CAST(a AS DECIMAL(200, 100))", "does not exist"),
        ("CAST(a AS DECIMAL(10, 20))", "does not exist|must be"),
        ("REGEXP_LIKE(a, b)", "in quotes"),
        ("STRPOS(a, b)", "in quotes"),
    ],
)
def test_an_expression_that_could_fill_the_memory_or_end_the_process_is_refused(sql: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        columns_of(sql)
    with pytest.raises(ConfigError) as raised:
        mapped({"user_id": sql})
    assert all(len(problem) < 1_000 for problem in raised.value.problems)


def test_what_grows_within_reason_is_taken() -> None:
    assert value("REPLACE(REPLACE(a, '$', ''), ',', '.')", a="$1.5") == "1.5"
    assert value("LPAD(a, 5, '0')", a="17") == "00017"
    assert value("+".join(["a", *"1" * 30]), a="3") == 33.0
    assert value("a || '-' || b || '-' || a", a="x", b="y") == "x-y-x"
    assert value(f"a IN ({', '.join(map(str, range(3_000)))})", a="2999") is True
    assert value("CASE WHEN a ~ '^(x+)+$' THEN 'selected' ELSE 'it''s not' END", a="y") == "it's not"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("CAST(a AS TIMESTAMP)", "format"),
        ("a::date", "format"),
        ("a + 'x'", "joins"),
        ("SUBSTR(a, 'x')", "map.user_id"),
    ],
)
def test_an_expression_that_fits_no_text_is_refused_before_any_row(sql: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check_for_text(mapped({"user_id": sql}))


def test_words_in_quotes_do_not_ask_the_clock() -> None:
    assert columns_of("CASE WHEN a = 'now()' THEN 1 ELSE 2 END") == ("a",)


def test_typed_columns_are_taken_as_they_are() -> None:
    compiled = compile_expression("a * b", {"a": pl.Int64, "b": pl.Float64})
    assert compiled.numbers == ()
    assert compile_expression("CAST(t AS DATE)", {"t": pl.Datetime("us")}).columns == ("t",)


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(SourceError, match=r"no column 'Quantty', which test.map.toml uses") as raised:
        read(mapped({"amount": "Quantty * 2"}), SALES)
    assert "Did you mean Quantity?" in raised.value.hint


def test_a_header_without_a_known_column_is_said_so() -> None:
    with pytest.raises(SourceError, match="none of its columns is known") as raised:
        feed_all(LineReader("test", shape().format_of(Syntax.CSV)), [b"a;b\n1;2\n"])
    assert "--map" in raised.value.hint


def test_every_problem_of_a_mapping_is_named_at_once(tmp_path: Path) -> None:
    text = 'timezone = "Mars/Base"\ncurrency = "pound"\nepoch_unit = "h"\ncurency = "GBP"\n[map]\namout = "x"\namount = 3\nuser_id = "SUM(x)"\n'
    path = write(tmp_path / "bad.map.toml", text)
    with pytest.raises(ConfigError) as raised:
        load_map(path)
    keys = [problem.split(": ")[1] for problem in raised.value.problems]
    assert keys == ["curency", "timezone", "currency", "epoch_unit", "map.amout", "map.amount", "map.user_id"]
    assert all(problem.startswith(str(path)) for problem in raised.value.problems)
    assert "did you mean currency?" in raised.value.problems[0]
    assert "did you mean amount?" in raised.value.problems[4]


@pytest.mark.parametrize("currency", ["ZZZ", "XXY", "gbp"])
def test_a_currency_that_does_not_exist_is_named_with_file_and_key(tmp_path: Path, currency: str) -> None:
    path = write(tmp_path / "sales.map.toml", f'currency = "{currency}"\n')
    with pytest.raises(ConfigError) as raised:
        load_map(path)
    assert raised.value.message.startswith(f"{path}: currency: '{currency}' is no ISO 4217 code")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff", "UTF-8"),
        (b"a = ", "not TOML"),
        (b"a = " + b"9" * 5000, "not TOML"),
        (b"a = " + b"[" * 5000, "not TOML"),
        (b"#" * (1 << 20) + b"\n", "larger than"),
        (b"map = 3", "must be a table"),
        (b"source = 1", "must be a table"),
    ],
)
def test_a_file_that_is_no_mapping_is_said_so(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_map(write(tmp_path / "x.toml", data))


def test_a_missing_mapping_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_map(tmp_path / "none.toml")


def test_the_table_may_also_be_called_source_map() -> None:
    mapping = read_map({"source": {"map": {"amount": "x"}, "currency": "GBP"}}, origin="c")
    assert (dict(mapping.expressions), mapping.settings.currency) == ({"amount": "x"}, "GBP")


def test_the_breakdown_column_may_be_mapped() -> None:
    with pytest.raises(ConfigError):
        read_map({"map": {"region": "x"}}, origin="c")
    mapping = read_map({"map": {"region": "UPPER(x)"}}, origin="c", breakdown="region")
    row_shape = RowShape(source="t", defaults=AdmissionPolicy(breakdown="region"), mapping=mapping)
    batches = feed_all(LineReader("t", row_shape.format_of(Syntax.CSV)), [b"event_id,x\n1,eu\n"])
    assert rows(batches)["region"].to_list() == ["EU"]


def test_a_mapping_beside_a_file_is_found_by_its_stem(tmp_path: Path) -> None:
    path = write(tmp_path / "day.map.toml", "")
    assert map_beside(tmp_path / "day.csv.gz", "day") == path
    assert map_beside(tmp_path / "night.csv", "night") is None


def test_json_lines_are_mapped_as_text() -> None:
    mapping = mapped({"amount": "amount / 100", "event_type": "kind"})
    batches = read(mapping, b'{"kind":"purchase","amount":1999}\n{"kind":"login"}\n', Syntax.JSON_LINES)
    assert rows(batches)["amount"].to_list() == [pytest.approx(19.99), None]
    assert rows(batches)["event_type"].to_list() == ["purchase", "login"]


def test_parquet_is_mapped_with_its_own_types(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    pl.DataFrame({"q": [2, -1], "p": [2.5, 3.0], "n": ["x", "5"]}).write_parquet(path)
    mapping = mapped({"amount": "q * p", "latency_ms": "n * 2"})
    batches = read_all(ParquetSource(path, shape(mapping)))
    assert rows(batches).select("amount", "latency_ms", "offset").rows() == [(-3.0, 10.0, 1)]
    (refused,) = rejected(batches)
    assert (refused.offset, refused.raw) == (0, '{"q":2,"p":2.5,"n":"x"}')
    assert batches[0].raw(0) == b'{"q":-1,"p":3.0,"n":"5"}'
