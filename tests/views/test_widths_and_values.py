import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from factories import HOSTILE_NAMES
from revtui.core.kpis import KPI_BY_NAME, KPIS
from revtui.core.severity import Severity
from revtui.core.text import ASCII, sanitise
from revtui.views.lines import fitted
from revtui.views.palette import Role, glyph
from revtui.views.sparkline import sparkline
from revtui.views.values import (
    age_text,
    clock_text,
    in_chart,
    level_text,
    minute_text,
    said_text,
    share_text,
    stamp_text,
    value_text,
)
from revtui.views.widths import fit, line_width, plain, to_ascii

TEXTS = st.text(max_size=30) | st.sampled_from(HOSTILE_NAMES)


@settings(max_examples=200)
@given(TEXTS, st.integers(0, 40), st.booleans(), st.booleans())
def test_a_fitted_text_has_exactly_the_width_asked_for(
    text: str, width: int, right: bool, plain: bool
) -> None:
    fitted = fit(text, width, right=right, ascii_only=plain)
    assert cell_len(fitted) == width
    assert sanitise(fitted) == fitted
    assert fitted.isascii() or not plain


@settings(max_examples=200)
@given(st.lists(st.tuples(TEXTS.map(sanitise), st.sampled_from(Role)), max_size=5), st.integers(0, 50))
def test_a_fitted_line_has_exactly_the_width_asked_for(line: list[tuple[str, Role]], width: int) -> None:
    assert line_width(fitted(line, width)) == width


@pytest.mark.fault("S01")
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_hostile_name_can_steer_the_terminal(name: str) -> None:
    assert not set(sanitise(name)) & set("\x1b\x07\n\t\u202e\u200b")


def test_a_text_that_is_too_long_says_so_by_its_last_cell() -> None:
    assert fit("payments", 5) == "paym…"
    assert fit("payments", 5, ascii_only=True) == "paym~"
    assert fit("日本決済", 4) == "日 …"


def test_signs_have_plain_spellings() -> None:
    assert to_ascii("CRIT ≥ 30 % – ×4 €1") == "CRIT >= 30 % - x4 EUR 1"
    assert to_ascii("日") == "?"
    assert plain("CRIT ≥ 30 % €1") == "CRIT > 30 % E1"


def test_there_is_one_table_of_plain_spellings() -> None:
    assert all(cell_len(sign) == 1 and spelled.isascii() for sign, spelled in ASCII.items())
    for severity in Severity:
        assert plain(glyph(severity)) == glyph(severity, ascii_only=True)
    assert len({glyph(severity, ascii_only=True) for severity in Severity}) == len(Severity)
    values = [float(n) for n in range(8)]
    assert plain(sparkline(values, 8)) == sparkline(values, 8, ascii=True)
    assert len(set(sparkline(values, 8, ascii=True))) == 8


@pytest.mark.fault("F48")
@settings(max_examples=150)
@given(st.floats() | st.integers(-(2**120), 2**120) | st.none())
def test_no_value_is_ever_written_as_nan_or_infinity(value: float | None) -> None:
    for one in KPIS:
        text = value_text(one, value, "USD") + said_text(one, value, "JPY", 0)
        assert "nan" not in text
        assert "inf" not in text


def test_values_read_as_people_write_them() -> None:
    assert value_text(KPI_BY_NAME["revenue"], 4_821_350, "USD") == "$48,213.50"
    assert value_text(KPI_BY_NAME["revenue"], 4_821_350, "JPY") == "¥4,821,350"
    assert value_text(KPI_BY_NAME["fail_rate"], 0.0741, "USD") == "7.4 %"
    assert value_text(KPI_BY_NAME["p95_latency"], 812.4, "USD") == "812 ms"
    assert value_text(KPI_BY_NAME["freshness"], 14, "USD") == "14 min"
    assert value_text(KPI_BY_NAME["active_users"], 1388, "USD", estimated=True) == "~1,388"
    assert value_text(KPI_BY_NAME["p95_latency"], None, "USD") == "no data"


def test_a_tiny_share_is_not_shown_as_none() -> None:
    assert [share_text(share) for share in (0.0, 0.0004, 0.0005, 1.0)] == [
        "0.0 %",
        "<0.1 %",
        "0.1 %",
        "100.0 %",
    ]


def test_levels_are_short_and_exact() -> None:
    money, share, time = KPI_BY_NAME["revenue"], KPI_BY_NAME["fail_rate"], KPI_BY_NAME["p95_latency"]
    assert level_text(money, 500, "USD", 2) == "$500"
    assert level_text(money, 1200.5, "USD", 2) == "$1,200.50"
    assert level_text(money, 500, "JPY", 0) == "¥500"
    assert level_text(share, 0.155, "USD", 2) == "15.5 %"
    assert level_text(time, 1200, "USD", 2) == "1,200 ms"


def test_ages_have_at_most_two_units() -> None:
    seconds = (0.84, 12, 60, 130, 3600, 5400, 200_000, -5)
    ages = [age_text(round(second * 1e6)) for second in seconds]
    assert ages == ["0.8s", "12s", "1m", "2m10s", "1h", "1h30m", "2d7h", "-5.0s"]


def test_times_show_seconds_only_where_there_are_any() -> None:
    assert minute_text(1_772_712_000_000_000) == "12:00Z"
    assert minute_text(1_772_712_005_000_000) == "12:00:05Z"


def test_times_of_another_day_carry_their_date() -> None:
    noon = 1_772_712_000_000_000
    assert minute_text(noon, now=noon + 11 * 3_600_000_000) == "12:00Z"
    assert minute_text(noon, now=noon + 12 * 3_600_000_000) == "Mar 05 12:00Z"
    assert clock_text(noon, now=noon - 13 * 3_600_000_000) == "Mar 05 12:00:00"
    assert stamp_text(noon) == "2026-03-05 12:00:00Z"


def test_charts_get_money_in_major_units_and_shares_in_percent() -> None:
    assert in_chart(KPI_BY_NAME["revenue"], 12_345, 2) == 123.45
    assert in_chart(KPI_BY_NAME["fail_rate"], 0.25, 2) == 25.0
    assert in_chart(KPI_BY_NAME["fail_rate"], math.nan, 2) is None
    assert in_chart(KPI_BY_NAME["fail_rate"], None, 2) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], "        "),
        ([None, None], "        "),
        ([0, 0, 0], "     ▁▁▁"),
        ([5, 5], "      ▄▄"),
        ([1, 2, None, 4, 8], "   ▁▂ ▄█"),
        ([-4, 0, 4], "     ▁▅█"),
        ([-1.7e308, 1.7e308], "      ▁█"),
        ([math.nan, math.inf, 3.0], "       ▄"),
        (list(range(20)), "▁▂▃▄▅▆▇█"),
    ],
)
def test_a_sparkline_shows_the_newest_values(values: list[float | None], expected: str) -> None:
    assert sparkline(values, 8) == expected


def test_a_sparkline_in_ascii_is_ascii() -> None:
    assert sparkline([1, 2, None, 8], 6, ascii=True) == "  _. #"


def test_a_sparkline_without_room_is_empty() -> None:
    assert sparkline([1, 2], 0) == ""
