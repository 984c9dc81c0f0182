"""Foreign text: made visible once, equally by the row and by the column."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.text import RAW_BYTES_KEPT, escape_raw, sanitise, sanitised_identity, shortened
from revtui.core.textcolumns import all_plain, sanitised

DANGEROUS = (
    [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    + ["\u061c", *map(chr, range(0x200B, 0x2010)), *map(chr, range(0x2028, 0x202F))]
    + [*map(chr, range(0x2060, 0x2070)), "\ufeff", "\u00ad", "\u180e", "\ufff9", "\U000e0041"]
)
TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(DANGEROUS)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("stripe", "stripe"),
        ("Zahlung überfällig 支付", "Zahlung überfällig 支付"),
        ("\x1b]0;owned\x07", "␛]0;owned␇"),
        ("a\nb\tc\rd", "a␊b␉c␍d"),
        ("\x00\x7f", "␀␡"),
        ("\x9b31m", "\ufffd31m"),
        ("pay\u202elap", "pay\ufffdlap"),
        ("str\u200bipe\ufeff", "str\ufffdipe\ufffd"),
        ("a\u2028b\u2029", "a\ufffdb\ufffd"),
        ("file\udcff", "file\ufffd"),
    ],
)
def test_control_characters_become_visible(text: str, shown: str) -> None:
    assert sanitise(text) == shown


def test_every_dangerous_character_is_replaced() -> None:
    assert [char for char in DANGEROUS if sanitise(char) == char] == []
    assert not set(sanitise("".join(DANGEROUS))) & set(DANGEROUS)


@given(st.lists(st.none() | TEXT, max_size=20))
def test_the_column_is_sanitised_like_the_single_text(texts: list[str | None]) -> None:
    column = pl.Series("x", texts, dtype=pl.String)
    expected = [None if text is None else sanitise(text) for text in texts]
    assert sanitised(column).to_list() == expected
    assert column.to_frame().select(sanitised(pl.col("x")))["x"].to_list() == expected


@given(TEXT)
def test_sanitising_twice_is_sanitising_once(text: str) -> None:
    assert sanitise(sanitise(text)) == sanitise(text)
    assert len(sanitise(text)) == len(text)


@given(st.lists(st.none() | TEXT, max_size=8))
def test_a_plain_column_needs_neither_stripping_nor_sanitising(texts: list[str | None]) -> None:
    column = pl.Series("x", texts, dtype=pl.String)
    if all_plain(column):
        assert all(text is None or text == sanitise(text).strip() for text in texts)
    else:
        assert any(not (char.isascii() and "!" <= char <= "~") for text in texts for char in text or "")


@given(TEXT, TEXT)
def test_identities_that_differ_stay_different(one: str, other: str) -> None:
    assert (sanitised_identity(one) == sanitised_identity(other)) == (one == other)
    assert sanitise(sanitised_identity(one)) == sanitised_identity(one)


def test_identities_that_differ_only_in_their_controls_stay_different() -> None:
    ids = ["order-1", "order-1\x01", "order-1␁", "order-1\u200b", "order-1\u200c", "order-1\ufffd"]
    assert len({sanitised_identity(text) for text in ids}) == len(ids)


@given(st.binary(max_size=64))
def test_raw_bytes_can_be_read_back_from_printable_ascii(data: bytes) -> None:
    shown = escape_raw(data)
    assert shown.isascii()
    assert shown.isprintable() or not shown
    assert shown.encode().decode("unicode_escape").encode("latin-1") == data


def test_raw_bytes_are_cut() -> None:
    assert escape_raw(b"a" * (RAW_BYTES_KEPT + 1)) == "a" * RAW_BYTES_KEPT
    assert len(escape_raw(b"\0" * (RAW_BYTES_KEPT + 1))) == 4 * RAW_BYTES_KEPT


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert [shortened("worldpay", width) for width in (7, 8, 9)] == ["worldp…", "worldpay", "worldpay"]
