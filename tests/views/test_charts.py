import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from factories import MINUTE, NOON, SCENES, incident
from golden import assert_golden
from revtui.core.severity import Severity
from revtui.views.charts import ChartPicture, render_chart, tick_label
from revtui.views.model import ChartView, ThresholdLine
from revtui.views.overview import build
from revtui.views.palette import Role, Segment

GOLDEN = Path(__file__).parent / "golden"
WARN = ThresholdLine(value=15.0, label="WARN > 15 %", severity=Severity.WARN)
CRIT = ThresholdLine(value=30.0, label="CRIT > 30 %", severity=Severity.CRIT)


def chart(
    values: list[float | None],
    *,
    thresholds: tuple[ThresholdLine, ...] = (),
    markers: tuple[tuple[int, Severity], ...] = (),
    live: bool = False,
) -> ChartView:
    return ChartView(
        title="Fail rate",
        unit="%",
        times=[NOON + index * MINUTE for index in range(len(values))],
        values=values,
        thresholds=thresholds,
        markers=markers,
        span="1h",
        live=live,
    )


def drawn(picture: ChartPicture, part: Role) -> str:
    return "".join(text for line in picture.lines for text, role in line if role is part)


def columns_of(picture: ChartPicture, part: Role) -> list[int]:
    found = set()
    for line in picture.lines:
        column = 0
        for text, role in line:
            found |= {column + i for i, sign in enumerate(text) if role is part and sign.strip()}
            column += cell_len(text)
    return sorted(found)


def assert_exact(picture: ChartPicture, width: int, height: int) -> None:
    assert len(picture.lines) == height
    for line in picture.lines:
        assert sum(cell_len(text) for text, _role in line) == width


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("ascii_only", [False, True], ids=["braille", "ascii"])
def test_a_chart_looks_as_approved(width: int, ascii_only: bool) -> None:
    scene = incident()
    view = build(scene.snapshot, now=scene.now, alerts=scene.alerts)
    text = render_chart(view.second_chart, width, 9, ascii=ascii_only, now=scene.now).text
    assert_golden(GOLDEN / f"fail_rate_{width}_{'ascii' if ascii_only else 'braille'}.txt", text + "\n")


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize(
    ("width", "height"), [(0, 0), (1, 1), (7, 3), (19, 8), (20, 4), (38, 6), (76, 10), (158, 30)]
)
def test_every_scene_is_drawn_in_exactly_the_room_there_is(name: str, width: int, height: int) -> None:
    scene = SCENES[name]()
    view = build(scene.snapshot, now=scene.now, alerts=scene.alerts)
    for ascii_only in (False, True):
        picture = render_chart(view.main_chart, width, height, ascii=ascii_only, now=scene.now)
        assert_exact(picture, width, height)
        assert not ascii_only or picture.text.isascii()


@settings(max_examples=60)
@given(
    st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=120),
    st.integers(0, 90),
    st.integers(0, 20),
)
def test_any_series_is_drawn_in_exactly_the_room_there_is(
    values: list[float | None], width: int, height: int
) -> None:
    picture = render_chart(chart(values, thresholds=(WARN, CRIT)), width, height)
    assert_exact(picture, width, height)
    assert "nan" not in picture.text
    assert "inf" not in picture.text


@pytest.mark.parametrize("values", [[], [None, None, None], [math.nan, math.inf]])
def test_a_chart_without_data_says_so(values: list[float | None]) -> None:
    picture = render_chart(chart(values, thresholds=(WARN,)), 40, 8)
    assert picture.text.split() == ["no", "data", "yet"]


@pytest.mark.parametrize("values", [[5.0], [0.0], [7.0] * 60, [-3.0, -3.0]])
def test_a_flat_series_and_a_single_point_are_drawn(values: list[float | None]) -> None:
    assert drawn(render_chart(chart(values), 60, 10), Role.LINE).strip()


def test_a_gap_stays_a_gap() -> None:
    values: list[float | None] = [10.0] * 20 + [None] * 20 + [10.0] * 20
    columns = columns_of(render_chart(chart(values), 66, 10), Role.LINE)
    widest = max(after - before for before, after in itertools.pairwise(columns))
    assert 19 <= widest <= 23


def test_a_chart_that_goes_on_to_now_shows_the_silence() -> None:
    values: list[float | None] = [10.0] * 30
    now = NOON + 60 * MINUTE
    whole = columns_of(render_chart(chart(values), 66, 10, now=now), Role.LINE)
    silent = columns_of(render_chart(chart(values, live=True), 66, 10, now=now), Role.LINE)
    assert max(whole) == 65
    assert max(silent) < 36


def test_a_spike_is_not_lost_when_points_are_thinned() -> None:
    values: list[float | None] = [1.0] * 3000
    values[1234] = 9.0
    picture = render_chart(chart(values), 60, 12)
    spiked = [line for line in picture.lines if Role.LINE in {role for _text, role in line}]
    assert len(spiked) > 6


def test_near_thresholds_are_dashed_lines_with_their_label() -> None:
    picture = render_chart(chart([6.0, 12.0, 9.0], thresholds=(WARN,)), 60, 10)
    assert "WARN > 15 %" in drawn(picture, Role.WARN_LINE)
    assert set(drawn(picture, Role.WARN_LINE).replace("WARN > 15 %", "")) <= {"╌", " "}


def test_a_threshold_out_of_reach_does_not_flatten_the_line() -> None:
    picture = render_chart(chart([1.0, 2.0], thresholds=(CRIT,)), 60, 10)
    assert not drawn(picture, Role.CRIT_LINE)


@pytest.mark.parametrize(
    ("values", "top"), [([48_000.0, 71_980.0], "72k"), ([6.0, 6.2], "6.2"), ([900.0, 1_612.0], "1.7k")]
)
def test_a_low_chart_gives_no_row_away(values: list[float | None], top: str) -> None:
    picture = render_chart(chart(values * 10, thresholds=(CRIT,)), 60, 5)
    first, *_middle, last = picture.text.splitlines()[:3]
    assert first.split("┤")[0].strip() == top
    assert last.split("┤")[0].strip() == "0"
    assert any("⠁" <= sign <= "⣿" for sign in first), "the largest value is in the top row"


@pytest.mark.parametrize("height", range(4, 14))
def test_no_threshold_passes_for_the_axis(height: int) -> None:
    picture = render_chart(chart([5.0, 90.0, 70.0], thresholds=(WARN, CRIT)), 60, height)
    bottom = picture.lines[-3]
    assert "╌" not in "".join(text for text, _role in bottom)
    assert not {Role.WARN_LINE, Role.CRIT_LINE} & {role for _text, role in bottom}


def test_alerts_are_marked_on_the_axis_where_they_began() -> None:
    markers = (
        (NOON + 30 * MINUTE, Severity.WARN),
        (NOON + 30 * MINUTE, Severity.CRIT),
        (NOON - MINUTE, Severity.CRIT),
    )
    picture = render_chart(chart([10.0] * 61, markers=markers), 64, 10)
    axis = picture.lines[-2]
    assert [text for text, role in axis if role in {Role.WARN_LINE, Role.CRIT_LINE}] == ["■"]
    assert columns_of(picture, Role.CRIT_LINE) == [33]


def test_a_later_value_stands_further_to_the_right_and_a_greater_one_higher() -> None:
    rising: list[Segment] = [
        segment for line in render_chart(chart([0.0, 100.0]), 40, 10).lines for segment in line
    ]
    assert any(role is Role.LINE for _text, role in rising)
    top = columns_of(
        ChartPicture(width=40, height=1, lines=render_chart(chart([0.0, 100.0]), 40, 10).lines[:1]), Role.LINE
    )
    assert top
    assert min(top) > 30


def test_blocks_are_for_consoles_without_braille() -> None:
    text = drawn(render_chart(chart([1.0, 5.0, 2.0]), 40, 8, blocks=True), Role.LINE)
    assert text
    assert not any("⠀" <= sign <= "⣿" for sign in text)


def test_charts_built_at_the_same_time_do_not_mix() -> None:
    views = [chart([float((i * 7 + k) % 50) for k in range(90)], thresholds=(WARN,)) for i in range(24)]
    alone = [render_chart(view, 70, 12).text for view in views]
    with ThreadPoolExecutor(max_workers=8) as pool:
        together = list(pool.map(lambda view: render_chart(view, 70, 12).text, views))
    assert together == alone


def test_ticks_take_few_characters() -> None:
    labels = [tick_label(value) for value in (0.0, -0.5, 1500.0, 2.5e6, 1e12, 1e18, -1e300, 5e-5)]
    assert labels == ["0", "-0.5", "1.5k", "2.5M", "1T", "1e+18", "-1e+300", "5e-05"]


@pytest.mark.parametrize(
    ("hours", "label"), [(0.05, "09:20:36Z"), (1, "09:20Z"), (30, "Mar 04 09:20Z"), (24 * 30, "Mar 04")]
)
def test_time_labels_are_as_fine_as_the_span_asks_for(hours: float, label: str) -> None:
    start = 1_772_616_000_000_000  # 2026-03-04T09:20:00Z
    times = [start + round(step * hours * 3_600_000_000 / 50) for step in range(51)]
    chart = ChartView(
        title="Revenue", unit="USD / 5m", times=times, values=[1.0] * 51, thresholds=(), markers=(), span="1h"
    )
    assert label in render_chart(chart, 80, 10).text


def test_times_before_midnight_carry_their_date_and_those_of_today_do_not() -> None:
    midnight = NOON + 12 * 60 * MINUTE
    times = [midnight + (step - 60) * MINUTE for step in range(91)]
    chart = ChartView(
        title="Revenue",
        unit="USD / 5m",
        times=times,
        values=[1.0] * 91,
        thresholds=(),
        markers=(),
        span="3h",
        live=True,
    )
    labels = render_chart(chart, 100, 10, now=times[-1]).lines[-1]
    text = "".join(sign for sign, _role in labels)
    assert "Mar 05 23:00Z" in text
    assert "Mar 06" not in text
    assert "00:30Z" in text
    ended = render_chart(
        replace(chart, live=False, times=[t - 30 * MINUTE for t in times]), 100, 10, now=midnight - MINUTE
    )
    text = "".join(sign for sign, _role in ended.lines[-1])
    assert "Mar 05" not in text
    assert "Mar 06 00:00Z" in text
