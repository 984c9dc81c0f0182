"""Lists and charts: cheap at any length, steady under the reader's hand, never in the loop's way."""

import threading
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from stage import staged

from factories import NOON, SCENES, SECOND, Scene
from patience import PATIENCE_SECONDS
from revtui.core.alerts import Phase, Transition
from revtui.tui.session import Session
from revtui.tui.state import ViewState
from revtui.tui.widgets import chart
from revtui.tui.widgets.alert_log import AlertLog
from revtui.tui.widgets.chart import ChartPanel
from revtui.tui.widgets.tables import GatewayTable, WindowTable
from revtui.views.charts import ChartPicture, render_chart


def many(count: int) -> tuple[Transition, ...]:
    """As many alerts, one second apart, of five gateways in turn."""
    model = SCENES["incident"]().transitions[-1]
    return tuple(
        replace(
            model,
            seq=number,
            at=NOON - (count - number) * SECOND,
            began_at=NOON - (count - number) * SECOND,
            gateway_name=f"gateway-{number % 5}",
            from_=Phase.RECOVERING,
            to=Phase.RESOLVED,
        )
        for number in range(1, count + 1)
    )


def crowded(count: int) -> Scene:
    """A healthy picture with a long log."""
    made = SCENES["healthy"]()
    return replace(made, transitions=many(count), snapshot=replace(made.snapshot, last_seq=count))


@pytest.mark.fault("M7")
async def test_ten_thousand_alerts_are_filtered_and_come_back() -> None:
    async with staged(crowded(10_000), size=(120, 40)) as stage:
        for query, found in (("gateway-3", 2_000), ("sev<crit gw:gateway-1", 0), ("/gateway-[24]/", 4_000)):
            stage.app.look(replace(stage.app.view, query=query))
            await stage.look()
            assert f"Alerts {found:,} of 10,000  filter: {query} ({10_000 - found:,} hidden)" in stage.text
        stage.app.look(replace(stage.app.view, query=""))
        assert "Alerts 10,000 ─" in await stage.look()


async def test_a_list_draws_only_what_can_be_seen() -> None:
    async with staged(crowded(5_000), size=(120, 40)) as stage:
        log = stage.app.monitor.query_one("#overview-log", AlertLog)
        first, last = log.visible_rows
        assert last - first == log.page
        assert last == len(log.rows)
        await stage.press("g")
        assert log.visible_rows[0] == 0


async def test_the_log_follows_its_tail_until_somebody_scrolls_up() -> None:
    async with staged(crowded(50), size=(120, 40)) as stage:
        log = stage.app.monitor.query_one("#overview-log", AlertLog)
        assert "tail ↓" in stage.text
        new = replace(many(1)[0], at=NOON + SECOND, began_at=NOON + SECOND, gateway_name="new-one")
        stage.feed.happen(new)
        await stage.tick()
        assert log.alert is not None
        assert log.alert.gateway == "new-one"
        await stage.press("k", "k")
        held = log.alert
        stage.feed.happen(replace(new, began_at=NOON + 2 * SECOND), replace(new, began_at=NOON + 3 * SECOND))
        await stage.tick()
        assert log.alert == held
        assert "2 new below (G)" in stage.text
        await stage.press("G")
        assert "tail ↓" in stage.text


async def test_only_what_is_newer_than_was_ever_seen_is_new_below() -> None:
    async with staged(crowded(50), size=(120, 40)) as stage:
        stage.app.look(replace(stage.app.view, query="gateway-3"))
        await stage.press("k")
        stage.app.look(replace(stage.app.view, query=""))
        assert "new below" not in stage.text
        assert "G to the end" in stage.text
        newest = replace(many(1)[0], at=NOON + SECOND, began_at=NOON + SECOND, gateway_name="new-one")
        stage.feed.happen(newest, replace(newest, began_at=NOON))
        await stage.tick()
        assert "2 new below (G)" in stage.text
        stage.app.look(replace(stage.app.view, query="gateway-3"))
        assert "new below" not in stage.text
        stage.app.look(replace(stage.app.view, query=""))
        assert "2 new below (G)" in stage.text


async def test_a_log_that_had_to_drop_alerts_says_how_many_and_from_when() -> None:
    async with staged(crowded(50), size=(120, 40)) as stage:
        ledger = stage.app.session._ledger
        assert ledger is not None
        ledger._most = 20
        stage.feed.happen(replace(many(1)[0], at=NOON, began_at=NOON + SECOND, gateway_name="new-one"))
        await stage.tick()
        assert "oldest 11:59:42Z, 31 before dropped" in stage.text
        assert "Alerts 20 " in stage.text


async def test_the_cursor_stays_on_its_alert_when_others_leave() -> None:
    async with staged(crowded(60), size=(120, 40)) as stage:
        log = stage.app.monitor.query_one("#overview-log", AlertLog)
        await stage.press("k", "k", "k")
        while log.alert is not None and log.alert.gateway != "gateway-3":
            await stage.press("k")
        held = log.alert
        stage.app.look(replace(stage.app.view, query="gateway-3"))
        assert log.alert == held


async def test_days_are_told_apart_and_the_cursor_passes_over_the_dates() -> None:
    made = crowded(4)
    day = 86_400 * SECOND
    spread = tuple(
        replace(t, at=t.at - (4 - t.seq) * day, began_at=t.began_at - (4 - t.seq) * day)
        for t in made.transitions
    )
    async with staged(replace(made, transitions=spread), size=(120, 40)) as stage:
        log = stage.app.monitor.query_one("#overview-log", AlertLog)
        assert stage.text.count("2026-03-0") == 4
        for _ in range(6):
            await stage.press("k")
            assert log.alert is not None
        await stage.press("g")
        assert log.alert is not None


async def test_a_click_chooses_and_a_double_click_opens() -> None:
    async with staged(crowded(50), size=(120, 40)) as stage:
        log = stage.app.monitor.query_one("#overview-log", AlertLog)
        await stage.pilot.click("#overview-log", offset=(10, 3))
        assert log.cursor == log.visible_rows[0] + 2
        await stage.pilot.click("#overview-log", offset=(10, 3), times=2)
        await stage.until(lambda: stage.app.screen is not stage.app.monitor)
        await stage.press("escape")
        await stage.pilot.click("#tabs", offset=(25, 0))
        assert stage.app.monitor.tab == "gateways"


async def test_a_chart_is_drawn_again_only_when_its_picture_could_differ() -> None:
    async with staged(SCENES["ended"](), size=(120, 40)) as stage:
        panel = stage.app.monitor.query_one("#chart-main", ChartPanel)
        drawn = panel.drawn
        for _ in range(3):
            stage.feed.change()
            await stage.tick(1)
        await stage.look()
        assert panel.drawn == drawn
        await stage.press("m")
        await stage.look()
        assert panel.drawn == drawn + 1


async def test_the_screen_goes_on_while_a_chart_is_being_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(SCENES["outage"](), size=(120, 40)) as stage:
        panel = stage.app.monitor.query_one("#chart-main", ChartPanel)
        drawn, goes_on = panel.drawn, threading.Event()

        def slowly(*words: Any, **options: Any) -> ChartPicture:
            goes_on.wait(PATIENCE_SECONDS)
            return render_chart(*words, **options)

        monkeypatch.setattr(chart, "render_chart", slowly)
        await stage.press("m")
        assert not panel.settled
        await stage.press("2")
        assert "[2 Alerts" in stage.text
        await stage.press("1")
        goes_on.set()
        await stage.look()
        assert panel.drawn == drawn + 1


def test_a_paused_session_keeps_its_rows_while_the_log_grows() -> None:
    from fakes import FakeFeed, Stopwatch

    feed = FakeFeed(SCENES["incident"]())
    session = Session(feed, monotonic=Stopwatch())
    assert session.picture(ViewState()) is None
    assert session.poll()
    assert not session.poll()
    session.pause()
    feed.happen(replace(feed.transitions.since(0)[-1], gateway_name="other"))
    assert session.poll()
    held = session.picture(ViewState())
    assert held is not None
    assert held.total == 1
    session.resume()
    shown = session.picture(ViewState())
    assert shown is not None
    assert shown.total == 2


async def test_the_cursor_stays_on_its_window_when_late_events_revise_it() -> None:
    made = SCENES["healthy"]()
    async with staged(made, size=(120, 40)) as stage:
        await stage.press("4", "j", "j")
        table = stage.app.monitor.query_one(WindowTable)
        held = table.selected
        assert held is not None
        revised = made.snapshot.rows.with_columns(
            pl.when(pl.col("window_end") == held.end).then(7).otherwise(pl.col("revision")).alias("revision")
        )
        stage.feed.change(rows=revised)
        await stage.tick()
        assert table.selected is not None
        assert table.selected.cells[0] == f"{held.cells[0]} +7"


async def test_one_cursor_is_seen_at_a_time() -> None:
    async with staged(SCENES["outage"](), size=(160, 48)) as stage:
        assert stage.text.count(">■") == 1
        await stage.press("tab")
        assert isinstance(stage.app.focused, GatewayTable)
        assert stage.text.count(">■") == 1
