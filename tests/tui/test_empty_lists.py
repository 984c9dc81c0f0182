"""Lists without a row: every way to move in them does nothing, and harms nothing."""

from dataclasses import replace

import pytest
from stage import Stage, staged
from test_lists import crowded
from textual import events

from factories import SCENES, SECOND
from revtui.tui.actions import ACTIONS, TABS, Fact
from revtui.tui.widgets.rows import RowList

MOVES = [
    key
    for action in ACTIONS
    if action.id.startswith(("row.", "dialog.")) and Fact.THRESHOLDS not in action.needs
    for key in action.keys
    if key not in {"escape", "q", "enter", "y", "space"}
]


def _lists(stage: Stage) -> list[RowList[object]]:
    return list(stage.app.screen.query(RowList))


def _turn(rows: RowList[object], kind: type[events.MouseScrollDown | events.MouseScrollUp]) -> None:
    """Turn the mouse wheel over a list."""
    rows.post_message(
        kind(rows, 5, 2, 0, 1, button=0, shift=False, meta=False, ctrl=False, screen_x=5, screen_y=2)
    )


@pytest.mark.parametrize("tab", TABS)
async def test_no_key_of_movement_harms_a_list_without_rows(tab: str) -> None:
    async with staged(SCENES["no_data"](), size=(160, 48)) as stage:
        await stage.press(str(TABS.index(tab) + 1))
        panels = stage.app.monitor.panels()
        for _panel in panels:
            await stage.press(*MOVES)
            await stage.press("tab")
        assert stage.app.monitor.tab == tab
        assert "no data" in stage.text.lower() or tab != "overview"


async def test_no_turn_of_the_wheel_harms_a_list_without_rows() -> None:
    async with staged(SCENES["no_data"](), size=(160, 48)) as stage:
        for rows in _lists(stage):
            assert not rows.rows
            for kind in (events.MouseScrollDown, events.MouseScrollUp):
                _turn(rows, kind)
            rows.to_end()
            rows.move_to(7)
        await stage.pilot.pause()
        assert stage.app.is_running
        assert all(rows.selected is None for rows in _lists(stage))


async def test_a_log_that_was_empty_still_follows_its_tail() -> None:
    async with staged(SCENES["healthy"]()) as stage:
        log = stage.app.monitor.alert_log
        assert log is not None
        await stage.press("k", "g")
        assert log.following


async def test_a_command_that_nothing_is_called_leaves_an_empty_list_to_move_in() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("colon", *"nothing is called this")
        await stage.until(lambda: "No command is called that." in stage.text)
        await stage.press("down", "up", "pagedown", "pageup")
        for rows in _lists(stage):
            _turn(rows, events.MouseScrollDown)
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is stage.app.monitor)


async def test_thresholds_without_rules_can_be_moved_in() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("l")
        stage.feed.change(rules=())
        await stage.until(lambda: not _lists(stage)[0].rows)
        await stage.press("j", "k", "g", "G", "plus", "minus", "enter", "right")
        assert stage.feed.commands == []


async def test_the_cursor_never_rests_on_a_date() -> None:
    made, day = crowded(6), 86_400 * SECOND
    spread = tuple(
        one if one.seq > 3 else replace(one, at=one.at - day, began_at=one.began_at - day)
        for one in made.transitions
    )
    async with staged(replace(made, transitions=spread)) as stage:
        log = stage.app.monitor.alert_log
        assert log is not None
        await stage.press("g", "j")
        for query in ("gateway-4", "gateway-9", "gateway-4", ""):
            stage.app.look(replace(stage.app.view, query=query))
            assert (log.alert is not None) == bool(log.rows), query
