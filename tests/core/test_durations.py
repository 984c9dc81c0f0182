"""Durations are read and written exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.durations import format_duration, parse_duration
from revtui.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("5m", 300_000_000),
        ("90s", 90_000_000),
        ("1h30m", 5_400_000_000),
        ("-2h", -7_200_000_000),
        ("1.001s", 1_001_000),
        ("250ms", 250_000),
        ("2d", 172_800_000_000),
        (" 1W ", 604_800_000_000),
        ("0s", 0),
    ],
)
def test_a_duration_is_read_to_the_microsecond(text: str, us: int) -> None:
    assert parse_duration(text) == us


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "5",
        "m",
        "5x",
        "1h-30m",
        "0.0001ms",
        "9" * 400 + "s",
        "1" + "0" * 5000 + "h",
        "0." + "0" * 5000 + "1h",
        "1e3s",
        "5 m",
        "٥m",
    ],
)
def test_what_is_no_duration_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_duration(text)
    assert "1h30m" in refused.value.hint


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (1_500, "1.5ms"),
        (1, "0.001ms"),
        (999_999, "999.999ms"),
        (1_500_000, "1.5s"),
        (-61_000_001, "-1m1.000001s"),
        (90_000_000, "1m30s"),
        (604_800_000_000, "7d"),
    ],
)
def test_every_duration_has_one_plain_spelling(us: int, text: str) -> None:
    assert format_duration(us) == text


@given(st.integers(-(10**15), 10**15))
def test_what_is_written_reads_back_the_same(us: int) -> None:
    assert parse_duration(format_duration(us)) == us
