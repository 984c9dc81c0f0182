"""The nearest of the words that are known."""

import pytest

from revtui.core.spelling import nearest, suggestion

KNOWN = ["length", "hop", "gateway_name", "EUR"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("lenght", "length"),
        ("LENGTH", "length"),
        ("gateway", "gateway_name"),
        ("eur", "EUR"),
        ("", None),
        ("watermark", None),
        ("length" * 1000, None),
    ],
)
def test_the_nearest_word_is_found_capitals_aside(word: str, found: str | None) -> None:
    assert nearest(word, KNOWN) == found
    assert suggestion(word, KNOWN) == (f"; did you mean {found}?" if found else "")
