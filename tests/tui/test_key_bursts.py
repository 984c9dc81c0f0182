"""Keys that arrive in one packet: each is done before the next is looked at, so none is misunderstood."""

import pytest
from stage import Stage, staged
from textual import events
from textual.keys import _character_to_key

from factories import SCENES
from ptys import terminal
from revtui.tui.screens.thresholds import Thresholds

NAMED = {"\r": "enter", "\x1b": "escape", "\t": "tab"}


async def _burst(stage: Stage, text: str) -> None:
    """All keys of `text` at once, as the input thread hands over what one read gave."""
    driver = stage.app._driver
    assert driver is not None
    for character in text:
        key = NAMED.get(character) or _character_to_key(character)
        driver.process_message(events.Key(key, character if character.isprintable() else None))
    await stage.pilot.pause()
    await stage.pilot.pause()


@pytest.mark.parametrize("tab", "12345")
async def test_what_follows_the_slash_is_text_on_every_tab(tab: str) -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _burst(stage, f"{tab}/quit")
        await stage.until(lambda: stage.app.monitor.filter_bar.field.value == "quit")
        assert not stage.app._exit
        assert stage.app.monitor.tab == ("overview" if tab == "1" else "alerts")
        assert stage.app.focused is stage.app.monitor.filter_bar.field


async def test_leaving_a_filter_that_was_begun_elsewhere_leads_back() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _burst(stage, "3/str")
        assert stage.app.monitor.tab == "alerts"
        await stage.press("escape")
        assert stage.app.monitor.tab == "gateways"
        assert stage.app.view.query == ""
        await stage.press("greater_than_sign")
        assert "by gateway" in stage.text


async def test_a_whole_filter_with_its_enter_and_the_keys_behind_it_is_one_burst() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _burst(stage, "/gw:stripe\rg")
        assert stage.app.view.query == "gw:stripe"
        log = stage.app.monitor.alert_log
        assert log is not None
        assert stage.app.focused is log
        assert log.cursor == 0


async def test_what_follows_the_colon_is_searched_for() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _burst(stage, ":theme\r")
        await stage.until(lambda: stage.app.theme == "okabe-light")
        assert stage.app.screen is stage.app.monitor
        assert not stage.app._exit


async def test_a_command_is_done_before_the_keys_behind_it() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _burst(stage, ":tab gateways\rR")
        await stage.until(lambda: stage.app.view.reverse)
        assert stage.app.monitor.tab == "gateways"


async def test_a_threshold_is_typed_in_one_burst() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _burst(stage, "lj22 %\r")
        await stage.until(lambda: stage.feed.commands)
        (command,) = stage.feed.commands
        assert command.rule.levels.warn == pytest.approx(0.22)  # type: ignore[union-attr] # it is a SetRule
        assert isinstance(stage.app.screen, Thresholds)
        await _burst(stage, "\x1bq")
        await stage.until(lambda: stage.app._exit)


async def test_a_click_elsewhere_ends_the_typing_and_keeps_the_filter() -> None:
    async with staged(SCENES["outage"](), size=(160, 48)) as stage:
        await _burst(stage, "/stripe")
        await stage.until(lambda: stage.app.view.query == "stripe")
        await stage.pilot.click("#overview-gateways", offset=(10, 3))
        await stage.until(lambda: not stage.app.monitor.filter_bar.is_open)
        await stage.press("q")
        assert stage.app._exit


async def test_a_text_that_is_no_query_is_not_done_with_by_enter() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _burst(stage, "/gww:x\r")
        assert stage.app.monitor.filter_bar.is_open
        assert "did you mean gw" in stage.text


@pytest.mark.slow
def test_a_packet_from_a_real_terminal_is_text_too() -> None:
    with terminal("outage") as outer:
        outer.shows("Alerts 10")
        outer.type("/quit")
        outer.shows(" / quit")
        outer.type("\x1b")
        outer.shows("/ filter")
        outer.type(":theme")
        outer.shows("The next theme.")
        assert outer.status is None
