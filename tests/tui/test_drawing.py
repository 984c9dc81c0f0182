"""Drawing: a widget that changes in several ways is drawn once, and no drawing is turned inside out."""

import pytest
from stage import Stage, staged

from factories import SCENES
from revtui.tui.paint import Paint
from revtui.tui.widgets.chart import ChartPanel
from revtui.tui.widgets.panel import Panel
from revtui.views.charts import render_chart
from revtui.views.palette import DRAWN, PALETTES, Role
from revtui.views.sparkline import BLOCKS

DRAWINGS = {*BLOCKS, *"╭╮╰╯─│┤├└┬╌", *map(chr, range(0x2801, 0x2900))}
"""What trends, frames and lines are made of."""


def _reversed(stage: Stage) -> set[str]:
    """Every character that stands in reverse video."""
    found: set[str] = set()
    for panel in stage.app.screen.query(Panel):
        for y in range(panel.size.height if panel.region.area else 0):
            for segment in panel.render_line(y):
                if segment.style is not None and segment.style.reverse:
                    found |= set(segment.text)
    return found


async def test_what_changes_together_is_drawn_at_the_end() -> None:
    async with staged(SCENES["outage"]()) as stage:
        log = stage.app.monitor.alert_log
        assert log is not None
        with log.held():
            log.entitle((("another title", Role.TEXT),))
            assert "another title" not in log._painted[0].text
            log.frame_in(Role.CRIT)
        assert "another title" in log._painted[0].text


async def test_a_widget_held_without_a_change_is_not_drawn() -> None:
    async with staged(SCENES["outage"]()) as stage:
        log = stage.app.monitor.alert_log
        assert log is not None
        before = log._painted
        with log.held():
            pass
        assert log._painted is before


@pytest.mark.parametrize("name", PALETTES)
def test_what_is_drawn_is_never_in_reverse_video(name: str) -> None:
    paint = Paint(PALETTES[name])
    for role in DRAWN:
        assert not paint.style(role).reverse
        for selected in (False, True):
            (segment, *_pad) = paint.strip([("▁▂▃", role)], 8, selected=selected)
            assert segment.text == "▁▂▃"
            assert segment.style is not None
            assert not segment.style.reverse


@pytest.mark.fault("F83")
@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("tab", "123")
async def test_no_trend_frame_or_mark_is_turned_inside_out(tab: str, colour: bool) -> None:
    async with staged(SCENES["outage"](), size=(160, 48), colour=colour) as stage:
        await stage.press(tab)
        await stage.look()
        for _panel in stage.app.monitor.panels():
            assert not _reversed(stage) & DRAWINGS
            assert not colour or _reversed(stage) or isinstance(stage.app.focused, ChartPanel) or tab == "2"
            await stage.press("tab")
        if tab == "1":
            axis = [line for line in stage.ansi.splitlines() if "└" in line]
            assert axis
            assert all("\x1b[7" not in line for line in axis)


async def test_a_chart_is_drawn_as_it_was_wanted_whatever_is_wanted_since() -> None:
    async with staged(SCENES["outage"](), size=(160, 48)) as stage:
        chart = stage.app.monitor.query_one("#chart-main", ChartPanel)
        first = chart._wanted
        assert first is not None
        assert first.now is not None
        chart._now = first.now + 3_600_000_000
        picture = first.draw()
        assert picture == render_chart(
            first.view, first.width, first.height, ascii=first.ascii, blocks=first.blocks, now=first.now
        )
        assert chart._view is not None
        chart.present(chart._view, now=first.now + 7_200_000_000)
        await stage.until(lambda: chart.settled)
        assert chart._shown == chart._wanted
        assert chart._wanted is not None
        assert chart._picture == chart._wanted.draw()
