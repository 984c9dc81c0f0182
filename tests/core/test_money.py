"""Money and the decimal numerals it is read from."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core import money
from revtui.core.decimals import INT64_MAX, Numeral, OversizedError, read_decimal, read_decimals, rescale
from revtui.core.errors import UsageError
from revtui.core.money import EXPONENTS, exponent, format_minor, format_money

MINOR = st.integers(-INT64_MAX, INT64_MAX)
NUMERALS = st.from_regex(r"[+-]?[0-9]{0,25}(\.[0-9]{0,30})?", fullmatch=True)
ODD = st.text("0123456789.+-eE, _", max_size=8)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("CLF", 4),
        ("CLP", 0),
        ("HRK", 2),
    ],
)
def test_currencies_have_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["XAU", "XXX", "XTS", "usd", "ABC", ""])
def test_codes_without_a_minor_unit_are_unknown(currency: str) -> None:
    with pytest.raises(UsageError, match="unknown currency"):
        exponent(currency)


def test_the_table_of_currencies_names_each_once() -> None:
    tables = (money._NO_DECIMALS, money._TWO_DECIMALS, money._THREE_DECIMALS, money._FOUR_DECIMALS)
    codes = [code for table in tables for code in table.split()]
    assert len(codes) == len(set(codes)) == len(EXPONENTS)
    assert all(len(code) == 3 and code.isupper() for code in codes)


@pytest.mark.parametrize(
    ("minor", "currency", "data", "people"),
    [
        (0, "USD", "0.00", "$0.00"),
        (-1230, "USD", "-12.30", "-$12.30"),
        (4_821_350, "USD", "48213.50", "$48,213.50"),
        (5, "EUR", "0.05", "€0.05"),
        (-5, "GBP", "-0.05", "-£0.05"),
        (12, "JPY", "12", "¥12"),
        (1234, "KWD", "1.234", "KWD 1.234"),
        (123_450, "CHF", "1234.50", "CHF 1,234.50"),
        (1, "CLF", "0.0001", "CLF 0.0001"),
    ],
)
def test_money_is_written_exactly(minor: int, currency: str, data: str, people: str) -> None:
    assert format_minor(minor, currency) == data
    assert format_money(minor, currency) == people


@given(MINOR, st.sampled_from(sorted(EXPONENTS)))
def test_exact_text_reads_back_the_same(minor: int, currency: str) -> None:
    text = format_minor(minor, currency)
    assert Decimal(text) == Decimal(minor).scaleb(-exponent(currency))


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("12", (12, 0)),
        ("+12.50", (125, 1)),
        ("-0", (0, 0)),
        (".5", (5, 1)),
        ("5.", (5, 0)),
        ("000012", (12, 0)),
        ("1." + "0" * 5000, (1, 0)),
        ("0" * 5000 + "1", (1, 0)),
        ("1." + "0" * 40 + "1", (10**18, 18, True)),
        ("9223372036854775807", (INT64_MAX, 0)),
        ("123456789012345678.5", (1234567890123456785, 1)),
        ("923456789012345678.55", (923456789012345678, 0, True)),
        ("-9300000000000000.001", (-930000000000000000, 2, True)),
        (".", None),
        ("-", None),
        ("--5", None),
        (".-5", None),
        ("1 000", None),
        ("0x10", None),
        ("1_000", None),
    ],
)
def test_numerals_are_digits_and_at_most_one_point(
    text: str, decimal: tuple[int, int] | tuple[int, int, bool] | None
) -> None:
    assert read_decimal(text) == (None if decimal is None else Numeral(*decimal))


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "9" * 5000, "-9223372036854775808", "9223372036854775808.5"]
)
def test_numerals_beyond_64_bits_are_named_so(text: str) -> None:
    with pytest.raises(OversizedError):
        read_decimal(text)
    column = read_decimals(pl.Series([text]))
    assert (column.readable.tolist(), column.oversized.tolist()) == ([False], [True])


@given(st.lists(st.none() | NUMERALS | ODD, min_size=1, max_size=12), st.integers(0, 4))
def test_a_column_of_numerals_is_read_like_each_of_them(texts: list[str | None], decimals: int) -> None:
    column = read_decimals(pl.Series(texts, dtype=pl.String))
    scaled = rescale(column, decimals)
    for row, text in enumerate(texts):
        try:
            alone = None if text is None else read_decimal(text)
        except OversizedError:
            assert column.oversized[row]
            assert not column.readable[row]
            continue
        assert column.readable[row] == (alone is not None)
        if alone is None or text is None:
            continue
        exact = Fraction(text) * 10**decimals
        floor = math.floor(exact)
        assert scaled.fits[row] == (abs(math.trunc(exact)) <= INT64_MAX)
        if scaled.fits[row]:
            assert scaled.values[row] == floor
            half = exact - floor >= Fraction(1, 2)
            assert alone.inexact or scaled.rest[row] == (0 if exact == floor else 2 if half else 1)
            assert (scaled.rest[row] == 0) == (exact == floor)


def test_each_row_is_scaled_by_its_own_exponent() -> None:
    column = read_decimals(pl.Series(["1.25", "1.25", "1.250"]))
    scaled = rescale(column, np.array([2, 0, 3]))
    assert scaled.values.tolist() == [125, 1, 1250]
    assert scaled.rest.tolist() == [0, 1, 0]
