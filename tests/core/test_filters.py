"""The filter language: what queries mean, that both evaluations agree, and how mistakes are answered."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from revtui.core.errors import UsageError
from revtui.core.filters import (
    ALERT_FRAME_SCHEMA,
    FilterError,
    alert_frame,
    describe,
    expression,
    highlights,
    matching,
    parse,
    predicate,
    select,
)
from revtui.core.filters.fields import FIELDS, FLAG_TESTS
from revtui.core.filters.parsing import DEEPEST, LONGEST_QUERY, LONGEST_REGEX
from revtui.core.filters.syntax import FLAGS, All, Any, Flag, Not
from revtui.core.severity import Severity
from revtui.views.model import AlertRow

MINUTE = 60_000_000
HOUR = 60 * MINUTE
NOW = 1_772_701_500_000_000  # 2026-03-05T09:05:00Z

FAILING = AlertRow(
    id="a91f", sev=Severity.CRIT, state="firing", acked=False, silenced=False, kpi="fail_rate", rule="fail_rate",
    gateway="stripe", value=0.342, value_text="34.2 %", began_at=NOW - 12 * MINUTE, ended_at=None,
    at=NOW - 10 * MINUTE, dur=12 * MINUTE, count=3, source="sim:42", ack_by="",
    text="payment fail rate 34.2 % > 30 % (41 of 120 attempts)",
)  # fmt: skip
SLOW = AlertRow(
    id="b0c2", sev=Severity.WARN, state="recovering", acked=True, silenced=False, kpi="p95_latency", rule="checkout",
    gateway="*", value=1412.0, value_text="1,412 ms", began_at=NOW - 2 * HOUR, ended_at=None,
    at=NOW - 2 * MINUTE, dur=2 * HOUR, count=1, source="sim:42", ack_by="kim",
    text="p95 latency 1,412 ms > 1,200 ms",
)  # fmt: skip
SILENT = AlertRow(
    id="c3d4", sev=Severity.UNKNOWN, state="resolved", acked=False, silenced=True, kpi="revenue", rule="revenue",
    gateway="Adyen-EU", value=None, value_text="no data", began_at=NOW - 26 * HOUR, ended_at=NOW - 25 * HOUR,
    at=NOW - 25 * HOUR, dur=HOUR, count=12, source="shop.csv", ack_by="", text="Umsatz 180,00 ≤ 200 (GRÖSSE *)",
)  # fmt: skip
ROWS = (FAILING, SLOW, SILENT)


def selected(text: str) -> str:
    """First letters of the ids of the rows that a query selects."""
    query = parse(text)
    test = predicate(query, NOW)
    one_by_one = [test(row) for row in ROWS]
    assert select(query, alert_frame(ROWS), NOW).to_list() == one_by_one, text
    assert matching(query, ROWS, NOW) == [row for row, found in zip(ROWS, one_by_one, strict=True) if found]
    return "".join(row.id[0] for row, found in zip(ROWS, one_by_one, strict=True) if found)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", "abc"), ("  ", "abc"),
        # precedence: not, and, or
        ("crit or warn acked", "ab"), ("(crit or warn) acked", "b"), ("acked warn or crit", "ab"),
        ("!crit", "bc"), ("not crit", "bc"), ("-crit", "bc"), ("! crit", "bc"), ("!!crit", "a"),
        ("!(crit or warn)", "c"), ("not (crit or warn) or crit", "ac"), ("!crit !warn", "c"), ("crit and stripe", "a"),
        ("CRIT OR Warn", "ab"), ("((crit))", "a"), ("crit or(warn)", "ab"),
        # severities by rank: OK < INFO < UNKNOWN < WARN < CRIT
        ("sev>=warn", "ab"), ("sev<warn", "c"), ("sev>info", "abc"), ("sev:crit,warn", "ab"), ("sev=CRIT", "a"),
        ("sev!=crit", "bc"), ("sev!=crit,warn", "c"), ("severity<=unknown", "c"),
        # flags
        ("open", "ab"), ("new", "a"), ("acked", "b"), ("firing", "a"), ("resolved", "c"),
        ("recovering", "b"), ("pending", ""), ("unknown", "c"), ("ok", ""), ("info", ""),
        # text: contains, any of, glob, exact, regex
        ("gw:STRIPE", "a"), ("gw:stripe,adyen", "ac"), ("gw:adyen*", "c"), ("gw:*eu", "c"), ("gw:dye", "c"), ("gw:dye*", ""),
        ("gw:*", "abc"), ("gw=*", "b"), ('gw:"*"', "b"), ("gw=adyen", ""), ("gw=adyen-eu,stripe", "ac"), ("gw!=stripe", "bc"),
        ("kpi~^fail", "a"), ("kpi~^(fail|p95)", "ab"), ("kpi!~^fail", "bc"), ("gw~adyen", ""), ("gw~/adyen/i", "c"),
        ("(kpi~^fail or kpi~^p95)", "ab"), ("kpi~^p95,rev", ""), ("kpi~/^p95/,/^rev/", "bc"), ('text~"of \\d+ attempts"', "a"),
        ("state:fir", "a"), ("rule:checkout", "b"), ("id:a91", "a"), ("source:.csv", "c"), ("ack_by:kim", "b"),
        ('ack_by:""', "ac"), ('ack_by=""', "ac"), ('!ack_by:""', "b"), ("gateway:stripe", "a"),
        # words that are fields to come
        ("region", ""), ("user", ""), ('"silenced"', ""),
        # numbers, percents, money, with missing values
        ("value>=5%", "ab"), ("value>=35%", "b"), ("value<35%", "a"), ("value>1.4k", "b"), ("value>$1.4k", "b"),
        ("value=1412", "b"), ("value:1412ms,0.342", "ab"), ("value!=1412", "ac"), ("!value>0", "c"), ("value<=0", ""),
        ("count>=3", "ac"), ("count:1,12", "bc"), ("value>-1", "ab"),
        # durations and times
        ("dur>2m", "abc"), ("dur>1h", "b"), ("dur>=1h", "bc"), ("dur<1h30m", "ac"), ("dur=12m", "a"),
        ("since:30m", "ab"), ("since:10m", "ab"), ("since:599s", "b"), ("since:-5m", "b"), ("until:5m", "ac"),
        ("ago>5m", "ac"), ("ago<=10m", "ab"), ("ago>10m", "c"), ("ago>=10m", "ac"), ("ago<10m", "b"), ("ago=10m", "a"), ("ago>1d", "c"), ("since:09:00", "b"), ("since:09:06", "ab"),
        ("until:08:56", "ac"), ("since:2026-03-05", "ab"), ("until:2026-03-05", "c"), ("since:2026-03-05T09:00Z", "b"),
        ("since:2026-03-05T11:00+02:00", "b"), ("until:now", "abc"),
        # words and phrases look in text, gateway, KPI and rule
        ("payment", "a"), ("STRIPE", "a"), ("checkout", "b"), ('"fail rate"', "a"), ('-"fail rate"', "bc"),
        ('"> 30"', "a"), ("41*120", "a"), ('"*)"', "c"), ("/[0-9]{2}\\.\\d/", "a"), ("/PAYMENT/", ""), ("/PAYMENT/i", "a"),
        ("/^stripe$/", "a"), ('"crit"', ""), ("grösse", "c"), ("GRÖSSE", "c"), ('"("', "ac"), ("!stripe !adyen", "b"),
        # the examples of the manual
        ("sev>=warn gw:stripe,adyen !acked", "a"), ('(gw:EU or gw:UK) -"do_not_honor"', "c"),
    ],
)  # fmt: skip
def test_a_query_selects_what_it_says(text: str, ids: str) -> None:
    assert selected(text) == ids


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("gww:stripe", 0, "unknown field 'gww', did you mean gw?"),
        ("crit gateways=x", 5, "unknown field 'gateways'"),
        ("http://x", 0, "unknown field 'http'"),
        ("crit region:EU", 5, "alerts are not told apart by region yet"),
        ("code!=51", 0, "alerts are not told apart by response code yet"),
        ("user~.", 0, "alerts are not told apart by user yet"),
        ("crit !silenced", 6, "no alert can be silenced yet"),
        ("sev>=wran", 5, "unknown severity 'wran', did you mean warn?"),
        ("kpi>3", 3, "kpi takes : = != ~ !~, not >"),
        ("sev~x", 3, "sev takes : = != > >= < <=, not ~"),
        ("since>1h", 5, "since takes : =, not >"),
        ("since:1h,2h", 8, "only one value may follow since:"),
        ("value>1,2", 7, "only one value may follow value>"),
        ("value>abc", 6, "not a number: 'abc'"),
        ("value>1e9999", 6, "not a number"),
        ("value>" + "9" * 400, 6, "not a number"),
        ("dur>5", 4, "not a duration: '5'"),
        ("dur>" + "9" * 400 + "w", 4, "not a duration"),
        ("dur>999999w", 4, "not a duration"),
        ("since:25:00", 6, "not a time: '25:00'"),
        ("gw:", 3, "a value is missing here"),
        ("gw:a,", 5, "a value is missing here"),
        ("kpi~", 4, "a regex is missing here"),
        ("=x", 0, "a field is missing before '='"),
        ("rate > 30", 5, "a field is missing before '>'"),
        ("(crit", 0, "this parenthesis is never closed"),
        ("crit)", 4, "this parenthesis was never opened"),
        ("()", 1, "something is missing before this ')'"),
        ("crit or", 7, "something is missing at the end"),
        ("or crit", 0, "something is missing before this 'or'"),
        ("crit and and warn", 9, "something is missing before this 'and'"),
        ("crit !", 6, "something is missing at the end"),
        ('text:"abc', 5, "this quotation is never closed"),
        ("/ab", 0, "this regex is never closed by /"),
        ("/ab/x", 4, "after a regex only i may stand, not 'x'"),
        ("gw~[", 3, "not a regex: unclosed character class"),
        ("text~(?=x)", 5, "not a regex: look-around"),
        ("/a{1000}{1000}/", 0, "not a regex: it is too large"),
        ("/" + "a" * (LONGEST_REGEX + 1) + "/", 0, "a regex may have 200 characters, not 201"),
        ("a" * (LONGEST_QUERY + 1), LONGEST_QUERY, "a filter may have 1000 characters, not 1001"),
        ("(" * 500, DEEPEST, "more than 40 parentheses"),
        ("!" * 500, DEEPEST, "more than 40 parentheses or negations"),
        ("\udc80", 0, "no readable character"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, position: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert isinstance(caught.value, UsageError)
    assert message in caught.value.message
    assert caught.value.position == position


def test_precedence_is_visible_in_the_tree() -> None:
    crit, warn, acked = Flag(name="crit"), Flag(name="warn"), Flag(name="acked")
    assert parse("crit or warn !acked") == Any(parts=(crit, All(parts=(warn, Not(part=acked)))))
    assert parse("crit and (warn and acked)") == All(parts=(crit, warn, acked))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  SEV>=Warn   and gateway:stripe,adyen  not acked ", "sev>=warn gw:stripe,adyen !acked"),
        ('"stripe" or ("crit")', 'stripe or "crit"'),
        ("kpi~^fail", "kpi~/^fail/"),
        ("(crit or warn) acked", "(crit or warn) acked"),
        ('"gw:x" "-a" "a b"', '"gw:x" "-a" "a b"'),
        ("", ""),
    ],
)
def test_the_canonical_text_is_the_shortest_way_to_say_it(text: str, canonical: str) -> None:
    assert describe(parse(text)) == canonical


def test_highlights_are_the_texts_searched_for_but_not_those_negated() -> None:
    found = highlights(parse('stripe gw:ad*en,stripe -"do not" (warn or "fail rate") kpi~x value>3 id=""'))
    assert found == ("stripe", "ad", "en", "fail rate")


def test_every_flag_is_known_to_both_evaluations() -> None:
    assert FLAG_TESTS.keys() == FLAGS
    for flag in FLAGS:
        selected(flag)


def test_the_frame_holds_the_fields_of_the_rows_as_they_are() -> None:
    assert set(ALERT_FRAME_SCHEMA) <= set(AlertRow.__dataclass_fields__)
    frame = alert_frame(ROWS)
    assert frame.schema == ALERT_FRAME_SCHEMA
    assert alert_frame([]).schema == ALERT_FRAME_SCHEMA
    for field in FIELDS.values():
        if field.column is not None:
            assert frame[field.column].to_list() == [field.read(row) for row in ROWS]


def test_missing_values_of_a_frame_match_nothing_and_their_negations_match() -> None:
    frame = pl.DataFrame([dict.fromkeys(ALERT_FRAME_SCHEMA)], schema=ALERT_FRAME_SCHEMA)
    for text in (
        "crit",
        "acked",
        "open",
        "new",
        "gw:x",
        "value>0",
        "dur>=0s",
        "since:1h",
        "ago<1h",
        "x",
        "/x/",
    ):
        assert select(parse(text), frame, NOW).to_list() == [False], text
        assert select(parse(f"!{text}"), frame, NOW).to_list() == [True], text
    for text in ("gw!=x", "value!=0", "gw!~x", 'gw:""'):
        assert select(parse(text), frame, NOW).to_list() == [True], text


def test_a_value_that_is_not_a_number_is_missing() -> None:
    row = replace(FAILING, value=float("nan"))
    for text, found in (("value>0", False), ("value<0", False), ("value!=0", True)):
        assert predicate(parse(text), NOW)(row) is found
        assert select(parse(text), alert_frame([row]), NOW).to_list() == [found]


words = st.sampled_from(
    ["stripe", "ADYEN", "fail", "ß", "SS", "ς", "Σ", "İ", "i", "K", "k", "*", "a*", "é", "E\u0301", "日本", "(", '"', "\\", "/", "", "50%"]
)  # fmt: skip
texts = st.lists(words, max_size=3).map(" ".join) | st.text(max_size=8).filter(str.isprintable)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


text_fields = st.sampled_from(["state", "kpi", "rule", "gw", "id", "source", "text", "ack_by"])
numbers = st.integers(-3, 30).map(str) | st.sampled_from(["5%", "34.2%", "1.4k", "0.342", "$2", "1412ms"])
durations = st.sampled_from(["0s", "30s", "5m", "1h", "1h30m", "2d"])
moments = durations | st.sampled_from(
    ["-5m", "09:00", "9:06:30", "2026-03-05", "2026-03-05T09:00:00Z", "now"]
)
orders = st.sampled_from([":", "=", "!=", ">", ">=", "<", "<="])
regexes = st.sampled_from(
    ["^a", "fail|rate", "[A-Z]+$", "(?i)stripe", "a.c", "\\d{2}", "x/y", "\\\\", "(?x) a # b"]
)


def listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=3).map(",".join)


atoms = st.one_of(
    st.sampled_from(sorted(FLAGS)),
    texts.map(quoted),
    st.sampled_from(["stripe", "fa*l", "ß", "σ", "k"]),
    st.builds("{}{}{}".format, text_fields, st.sampled_from([":", "=", "!="]), listed(texts.map(quoted) | st.sampled_from(["a*", "*e", "S"]))),
    st.builds("{}{}{}".format, text_fields, st.sampled_from(["~", "!~"]), regexes.map(quoted)),
    regexes.map(lambda source: "/" + source.replace("x/y", "x\\/y") + "/"),
    st.builds("sev{}{}".format, orders, st.sampled_from(["ok", "info", "unknown", "warn", "crit"])),
    st.builds("{}{}{}".format, st.sampled_from(["value", "count"]), orders, numbers),
    st.builds("{}{}{}".format, st.sampled_from(["dur", "ago"]), orders, durations),
    st.builds("{}:{}".format, st.sampled_from(["since", "until"]), moments),
    st.builds("value:{}".format, listed(numbers)),
)  # fmt: skip
queries = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("{} {}".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("not {}".format, inner),
    ),
    max_leaves=5,
)
rows = st.builds(
    AlertRow,
    id=st.sampled_from(["a91f", "b0c2"]),
    sev=st.sampled_from(Severity),
    state=st.sampled_from(["pending", "firing", "recovering", "resolved"]),
    acked=st.booleans(),
    silenced=st.booleans(),
    kpi=st.sampled_from(["fail_rate", "revenue"]),
    rule=texts,
    gateway=texts,
    value=st.none() | st.floats() | st.sampled_from([0.05, 0.342, 1400.0, 1412.0]),
    value_text=st.just(""),
    began_at=st.just(0),
    ended_at=st.none() | st.just(NOW),
    at=st.integers(NOW - 48 * HOUR, NOW + HOUR) | st.sampled_from([NOW, NOW - 5 * MINUTE, NOW - HOUR]),
    dur=st.integers(0, 3 * HOUR) | st.sampled_from([0, 5 * MINUTE, HOUR]),
    count=st.integers(0, 30),
    source=texts,
    ack_by=texts,
    text=texts,
)


@settings(max_examples=150)
@given(text=queries, found=st.lists(rows, max_size=4))
@example(text="ß", found=[replace(FAILING, text="STRASSE"), replace(FAILING, text="ẞ")])
def test_one_row_and_a_frame_are_judged_alike(text: str, found: list[AlertRow]) -> None:
    query = parse(text)
    test = predicate(query, NOW)
    frame = alert_frame(found)
    mask = [test(row) for row in found]
    assert select(query, frame, NOW).to_list() == mask
    assert frame.filter(expression(query, NOW)).height == sum(mask)


@settings(max_examples=150)
@given(text=queries)
def test_the_canonical_text_means_the_same(text: str) -> None:
    query = parse(text)
    assert parse(describe(query)) == query
    assert describe(parse(describe(query))) == describe(query)


@settings(max_examples=100)
@given(text=queries, found=st.lists(rows, min_size=1, max_size=3))
def test_a_query_and_its_negation_share_the_rows_between_them(text: str, found: list[AlertRow]) -> None:
    frame = alert_frame(found)
    mask, opposite = select(parse(text), frame, NOW), select(parse(f"!({text})"), frame, NOW)
    assert (mask ^ opposite).all()


@settings(max_examples=300)
@given(
    text=st.text(alphabet='crit orandnot()!-"/\\~:=<>,*gwsev0123456789%[]{}', max_size=30)
    | st.text(max_size=30)
)
def test_any_text_is_a_query_or_an_error_inside_it(text: str) -> None:
    try:
        query = parse(text)
    except FilterError as refused:
        place, query = refused.position, None
    if query is None:
        assert 0 <= place <= len(text)
    else:
        assert parse(describe(query)) == query
        select(query, alert_frame(ROWS), NOW)


@pytest.mark.fault("S02")
def test_markup_is_only_text() -> None:
    row = replace(FAILING, text="pay [/bold] [@click=app.quit]x[/]")
    for text in ("[", "[/]", '"[@click=app.quit]x[/]"', "text:[/bold]"):
        assert select(parse(text), alert_frame([row, FAILING]), NOW).to_list() == [True, False]


@pytest.mark.fault("S11")
def test_quotes_and_statements_in_a_query_are_only_text() -> None:
    row = replace(FAILING, gateway="a\"; DROP TABLE alerts; --'")
    query = parse('gw:"a\\"; DROP TABLE alerts; --\'"')
    assert predicate(query, NOW)(row)
    assert select(query, alert_frame([row, FAILING]), NOW).to_list() == [True, False]


@pytest.mark.fault("S12")
@pytest.mark.parametrize("regex", ["(a+)+$", "(a|aa)+$", "(a*)*b", "(.*)(.*)(.*)(.*)b$"])
def test_no_regex_can_hang(regex: str) -> None:
    row = replace(FAILING, text="a" * 65_535 + "!")  # with backtracking, it would not be judged in a lifetime
    query = parse(f"text~{regex}")
    assert select(query, alert_frame([row]), NOW).to_list() == [False]
    assert predicate(query, NOW)(row) is False


def test_a_query_of_the_greatest_length_is_answered() -> None:
    for text in (
        " or ".join(["a"] * 200),
        " ".join(["a"] * 500),
        "value:" + ",".join("1" * 490),
        "!" * 39 + "a",
    ):
        selected(text)
