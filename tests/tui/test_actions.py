"""The registry of actions: every key does what it says, wherever it is shown, and nothing else is shown."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import combinations

import pytest
from stage import Stage, staged
from textual.widgets import Input

from factories import MINUTE, SCENES
from revtui.core.rules import Rule
from revtui.engine.commands import Acknowledge, SetRule, ShowWindows
from revtui.tui.actions import ACTION_BY_ID, ACTIONS, TABS, Action, Fact, available, footer_actions
from revtui.tui.screens.commands import Commands, matching
from revtui.tui.screens.dialog import PageDialog
from revtui.tui.screens.thresholds import Thresholds

Check = Callable[[Stage], Awaitable[None]]
SCREEN_ACTIONS = [action for action in ACTIONS if Fact.DIALOG not in action.needs]
DIALOG_ACTIONS = [action for action in ACTIONS if Fact.DIALOG in action.needs]


def test_ids_are_unique_and_every_action_has_a_key_and_a_sentence() -> None:
    assert len(ACTION_BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.keys
        assert action.all_keys
        assert action.help.endswith(".")


def test_no_key_means_two_things_at_once() -> None:
    exclusive = (
        {Fact.PAUSED, Fact.RUNNING},
        {Fact.SCREEN, Fact.TYPING, Fact.DIALOG},
        {Fact.COMMANDS, Fact.THRESHOLDS, Fact.EDITING},
    )
    for one, other in combinations(ACTIONS, 2):
        shared = set(one.keys) & set(other.keys)
        together = one.needs | other.needs
        if shared and not any(len(facts & together) > 1 for facts in exclusive):
            pytest.fail(f"{one.id} and {other.id} share {shared}")


def test_help_lists_every_key_of_an_action_by_its_own() -> None:
    keys = {action.id: action.all_keys for action in ACTIONS}
    assert (keys["sort.previous"], keys["sort.next"]) == ("<", ">")
    assert (keys["chart.longer"], keys["chart.shorter"]) == ("+ =", "-")
    assert (keys["pause"], keys["help"], keys["commands"]) == ("space p", "? F1", ": ctrl+p")
    assert keys["level.begin"] == "0-9 ."
    assert keys["tab.alerts"] == "2"


def test_no_key_is_one_that_terminals_and_multiplexers_keep_for_themselves() -> None:
    taken = {"ctrl+s", "ctrl+q", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+z", "ctrl+a", "ctrl+b"}
    assert not taken & {key for action in ACTIONS for key in action.keys}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("alerts", "tab.alerts"),
        ("thr", "thresholds"),
        ("row", "row.down"),
        ("col right", "sort.next"),
        ("help", "help"),
    ],
)
def test_a_command_is_found_by_its_name_before_its_description(text: str, first: str) -> None:
    found = matching(text, SCREEN_ACTIONS)
    named = [one for one in found if all(word in one.name.lower() for word in text.split())]
    assert found[0].id == first
    assert found[: len(named)] == named


def test_commands_are_called_by_words_and_not_by_ids() -> None:
    assert all(action.name[0].isupper() and "." not in action.name for action in ACTIONS)
    assert max(len(action.name) for action in SCREEN_ACTIONS) <= 20
    assert [one.id for one in matching("tab.alerts", SCREEN_ACTIONS)] == []


def test_the_footer_shows_only_what_is_available() -> None:
    facts = frozenset({Fact.SCREEN, Fact.ALERTS, Fact.LIST})
    shown = footer_actions(facts)
    assert shown
    assert all(available(action, facts) for action in shown)
    assert ACTION_BY_ID["filter.open"] in shown
    assert ACTION_BY_ID["filter.clear"] not in shown


async def _tab(stage: Stage, *, tab: str) -> None:
    await stage.press("2" if tab == "overview" else "1")
    await stage.press(ACTION_BY_ID[f"tab.{tab}"].keys[0])
    assert stage.app.monitor.tab == tab


async def _focus_moves(stage: Stage) -> None:
    before = stage.app.focused
    await stage.press("tab")
    assert stage.app.focused is not before
    await stage.press("shift+tab")
    assert stage.app.focused is before


def _cursor(stage: Stage) -> int:
    log = stage.app.monitor.alert_log
    assert log is not None
    return log.cursor


async def _up_and_down(stage: Stage) -> None:
    await stage.press("g")
    await stage.press("j")
    assert _cursor(stage) == 1
    await stage.press("k")
    assert _cursor(stage) == 0
    await stage.press("down", "down", "up")
    assert _cursor(stage) == 1


async def _pages(stage: Stage) -> None:
    await stage.press("g", "ctrl+d")
    assert _cursor(stage) > 1
    await stage.press("ctrl+u")
    assert _cursor(stage) == 0


async def _edges(stage: Stage) -> None:
    await stage.press("g")
    assert _cursor(stage) == 0
    await stage.press("G")
    assert _cursor(stage) == 9


async def _detail(stage: Stage) -> None:
    await stage.press("enter")
    assert isinstance(stage.app.screen, PageDialog)
    assert "incident" in stage.text


async def _filter_opens(stage: Stage) -> None:
    await stage.press("slash")
    assert stage.app.monitor.filter_bar.is_open
    assert isinstance(stage.app.focused, Input)


async def _filtered(stage: Stage) -> None:
    await stage.press("slash", *"stripe", "enter")
    await stage.until(lambda: stage.app.view.query == "stripe")


async def _escape_clears(stage: Stage) -> None:
    await _filtered(stage)
    await stage.press("escape")
    assert stage.app.view.query == ""
    assert "Alerts 10 " in stage.text
    await stage.press("comma", "c")
    assert not stage.app.view.filtered


async def _typing(stage: Stage) -> None:
    for key, query in (("enter", "stripe"), ("down", "stripe"), ("escape", "")):
        await stage.press("slash", *["backspace"] * 8, *"stripe", key)
        assert stage.app.view.query == query
        assert not stage.app.monitor.filter_bar.is_open
        assert stage.app.focused is stage.app.monitor.alert_log


async def _least(stage: Stage) -> None:
    await stage.press("comma", "comma")
    assert "CRIT+" in stage.text
    assert "▲ WARN 1" not in stage.text
    await stage.press("comma")
    assert "Alerts 10 " in stage.text


async def _acknowledge(stage: Stage) -> None:
    log = stage.app.monitor.alert_log
    assert log is not None
    assert log.alert is not None
    chosen = log.alert.id
    await stage.press("a")
    assert isinstance(stage.feed.commands[-1], Acknowledge)
    assert stage.feed.commands[-1].alert_ids == (chosen,)
    assert stage.feed.commands[-1].by == "mj"
    await stage.tick()
    assert log.alert is not None
    assert log.alert.ack_by == "mj"
    assert " a ack" not in stage.footer
    await stage.press("a")
    assert len(stage.feed.commands) == 1


async def _copy(stage: Stage) -> None:
    await stage.press("y")
    assert stage.app.clipboard == (
        "CRIT, 2026-03-05 12:12:00Z, fail_rate of stripe,"
        " firing: payment fail rate 70.0 % > 30 % (70 of 100 attempts)"
    )
    await stage.press("3", "y")
    assert stage.app.clipboard.startswith(
        "CRIT, 5m to 2026-03-05 12:40:00Z, adyen, revenue $2,367.00, fail rate 70.0 %"
    )
    await stage.press("4", "y")
    assert stage.app.clipboard.startswith("5m window to 2026-03-05 12:42:00Z, events 507, buy 40")
    assert "  " not in stage.app.clipboard


async def _pause_and_resume(stage: Stage) -> None:
    await stage.press("space")
    assert "PAUSED" in stage.text
    assert "space resume" in stage.footer
    await stage.press("p")
    assert "PAUSED" not in stage.text
    assert "space pause" in stage.footer


def _lengths(stage: Stage) -> list[int]:
    return [each.length // MINUTE for each in stage.feed.commands if isinstance(each, ShowWindows)]


async def _longer_windows(stage: Stage) -> None:
    for length, sign in (("15m", "win 15m (alerts 5m)"), ("1h", "win 1h (alerts 5m)"), ("1m", "win 1m (")):
        await stage.press("w")
        await stage.tick()
        assert sign in stage.text.splitlines()[0]
        assert f"Revenue  USD / {length}" in (await stage.look())
    await stage.press("w")
    await stage.tick()
    assert "alerts 5m" not in stage.text
    assert "Revenue  USD / 5m" in (await stage.look())
    assert _lengths(stage) == [15, 60, 1, 5]


async def _shorter_windows(stage: Stage) -> None:
    await stage.press("W", "W", "w")
    assert _lengths(stage) == [1, 60, 1]


async def _metric(stage: Stage) -> None:
    await stage.press("m", "m")
    assert "P95 latency" in (await stage.look())


async def _span(stage: Stage) -> None:
    await stage.press("minus")
    assert stage.app.view.span == "30m"
    await stage.press("plus", "equals_sign")
    assert stage.app.view.span == "3h"
    assert " 3h ─" in (await stage.look())


async def _zoom(stage: Stage) -> None:
    await stage.press("z")
    alone = await stage.look()
    assert "Alerts 10" in alone
    assert "Gateways" not in alone.splitlines()[2]
    assert "REVENUE" not in alone
    await stage.press("z")
    assert "REVENUE" in (await stage.look())


async def _layout(stage: Stage) -> None:
    await stage.press("Z")
    assert "Revenue  USD" not in (await stage.look())
    await stage.press("Z")
    assert "Revenue  USD" in (await stage.look())
    await stage.press("Z")
    assert stage.app.view.layout == "auto"


async def _sort(stage: Stage) -> None:
    await stage.press("3", "greater_than_sign")
    assert "by gateway" in stage.text
    await stage.press("greater_than_sign", "less_than_sign", "less_than_sign", "less_than_sign")
    assert "by users" in stage.text


async def _reverse(stage: Stage) -> None:
    await stage.press("3", "greater_than_sign", "R")
    names = [line.split()[3] for line in stage.text.splitlines() if "CRIT  " in line and "│" in line]
    assert names == ["stripe", "paypal", "kafka-pay", "adyen"]


async def _thresholds(stage: Stage) -> None:
    await stage.press("l")
    assert isinstance(stage.app.screen, Thresholds)


async def _refresh(stage: Stage) -> None:
    before = stage.text
    await stage.press("r")
    assert stage.text == before


async def _theme(stage: Stage) -> None:
    await stage.press("ctrl+t")
    assert stage.app.theme == "okabe-light"
    assert "okabe-light" in stage.text


async def _commands(stage: Stage) -> None:
    await stage.press("colon")
    assert isinstance(stage.app.screen, Commands)
    await stage.press(*"gateways", "enter")
    await stage.until(lambda: stage.app.monitor.tab == "gateways")


async def _help(stage: Stage) -> None:
    await stage.press("question_mark")
    assert isinstance(stage.app.screen, PageDialog)
    assert "Move about" in stage.text


async def _quit(stage: Stage) -> None:
    await stage.press("q")
    assert stage.app.return_code == 0
    assert stage.app._exit


async def _interrupt(stage: Stage) -> None:
    await stage.press("slash", "x", "ctrl+c")
    assert stage.app.return_code == 130


SCREEN_CHECKS: dict[str, Check] = {
    **{f"tab.{tab}": partial(_tab, tab=tab) for tab in TABS},
    "panel.next": _focus_moves,
    "panel.previous": _focus_moves,
    "row.down": _up_and_down,
    "row.up": _up_and_down,
    "row.page_down": _pages,
    "row.page_up": _pages,
    "row.top": _edges,
    "row.bottom": _edges,
    "row.detail": _detail,
    "row.copy": _copy,
    "filter.open": _filter_opens,
    "filter.clear": _escape_clears,
    **dict.fromkeys(("typing.keep", "typing.list", "typing.clear"), _typing),
    "filter.least": _least,
    "alert.acknowledge": _acknowledge,
    "pause": _pause_and_resume,
    "resume": _pause_and_resume,
    "windows.next": _longer_windows,
    "windows.previous": _shorter_windows,
    "chart.metric": _metric,
    "chart.longer": _span,
    "chart.shorter": _span,
    "panel.zoom": _zoom,
    "layout.cycle": _layout,
    "sort.previous": _sort,
    "sort.next": _sort,
    "sort.reverse": _reverse,
    "thresholds": _thresholds,
    "refresh": _refresh,
    "theme": _theme,
    "commands": _commands,
    "help": _help,
    "quit": _quit,
    "interrupt": _interrupt,
}


@pytest.mark.parametrize("action", SCREEN_ACTIONS, ids=lambda action: action.id)
async def test_every_action_of_the_screen_does_what_it_says(action: Action) -> None:
    async with staged(SCENES["outage"]()) as stage:
        await SCREEN_CHECKS[action.id](stage)


async def _closes(stage: Stage) -> None:
    await stage.press("escape")
    assert stage.app.screen is stage.app.monitor


async def _scrolls(stage: Stage) -> None:
    await _closes(stage)
    await stage.press("question_mark")
    top = stage.text
    await stage.press("j")
    assert stage.text != top
    await stage.press("k")
    assert stage.text == top
    await stage.press("ctrl+d")
    paged = stage.text
    assert paged != top
    await stage.press("ctrl+u")
    assert stage.text == top
    await stage.press("G")
    assert "slower than the latency SLA" in stage.text
    await stage.press("g")
    assert stage.text == top


def _sent(stage: Stage) -> Rule:
    command = stage.feed.commands[-1]
    assert isinstance(command, SetRule)
    return command.rule


async def _other(stage: Stage) -> None:
    await stage.press("j", "right", "plus")
    assert _sent(stage).levels.crit == pytest.approx(0.31)


async def _typed(stage: Stage) -> None:
    await stage.press("j", "enter", *["backspace"] * 4, *"12 %", "enter")
    assert _sent(stage).levels.warn == pytest.approx(0.12)


async def _begun(stage: Stage) -> None:
    await stage.press("j", *"12", "enter")
    assert _sent(stage).levels.warn == pytest.approx(0.12)
    await stage.press(".", *"5 %", "enter")
    assert _sent(stage).levels.warn == pytest.approx(0.005)


async def _does(stage: Stage) -> None:
    await stage.press("escape", "colon", *"gateways", "enter")
    assert stage.app.screen is stage.app.monitor
    assert stage.app.monitor.tab == "gateways"


async def _nudged(stage: Stage) -> None:
    await stage.press("j", "plus", "plus", "minus")
    assert _sent(stage).levels.warn == pytest.approx(0.16)


async def _saved(stage: Stage) -> None:
    await stage.press("plus", "s")
    assert stage.saved[-1][0].levels.warn == pytest.approx(1210)
    assert "saved to revtui.toml" in stage.text


DIALOG_CHECKS: dict[str, Check] = {
    "dialog.close": _closes,
    **dict.fromkeys(
        ("dialog.down", "dialog.up", "dialog.page_down", "dialog.page_up", "dialog.top", "dialog.bottom"),
        _scrolls,
    ),
    "command.do": _does,
    "level.other": _other,
    "level.edit": _typed,
    "level.set": _typed,
    "level.begin": _begun,
    "level.raise": _nudged,
    "level.lower": _nudged,
    "level.save": _saved,
}


@pytest.mark.parametrize("action", DIALOG_ACTIONS, ids=lambda action: action.id)
async def test_every_action_of_a_dialog_does_what_it_says(action: Action) -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("l")
        await DIALOG_CHECKS[action.id](stage)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_every_key_in_a_footer_is_available_there(tab: str, size: tuple[int, int]) -> None:
    async with staged(SCENES["outage"](), size=size) as stage:
        await stage.press(ACTION_BY_ID[f"tab.{tab}"].keys[0])
        await stage.look()
        facts = stage.app.facts
        shown = [
            action
            for action in ACTIONS
            if action.label and f" {action.footer_key} {action.label}" in stage.footer
        ]
        assert len(shown) >= 4
        assert all(available(action, facts) for action in shown)


async def test_without_alerts_nothing_about_a_row_is_offered() -> None:
    async with staged(SCENES["healthy"]()) as stage:
        assert "enter detail" not in stage.footer
        await stage.press("enter", "y", "a")
        assert stage.app.screen is stage.app.monitor
        assert stage.feed.commands == []


async def test_a_tab_never_offers_the_keys_of_the_one_before() -> None:
    async with staged(SCENES["outage"]()) as stage:
        assert Fact.ROW in stage.app.facts
        stage.app.open_tab("system")
        assert Fact.ROW not in stage.app.facts


async def test_a_read_only_screen_offers_no_commands_and_answers_why() -> None:
    async with staged(SCENES["outage"](), readonly=True, size=(160, 48)) as stage:
        assert "READ-ONLY" in stage.text.splitlines()[0]
        assert " a ack" not in stage.footer
        await stage.press("a")
        assert "read-only (--readonly): alerts cannot be acknowledged" in stage.footer
        await stage.press("colon", *"acknowledge")
        assert "No command is called that." in stage.text
        await stage.press("escape", "l")
        assert isinstance(stage.app.screen, Thresholds)
        await stage.press("escape")
        assert "read-only (--readonly): levels cannot be changed" in stage.footer
        assert stage.feed.commands == []


async def test_an_answer_fades_after_a_while() -> None:
    async with staged(SCENES["outage"](), readonly=True, size=(160, 48)) as stage:
        stage.app.answer("because")
        assert "because" in stage.footer
        await stage.tick(1)
        assert "because" in stage.footer
        await stage.until(lambda: "because" not in stage.footer)


async def test_thresholds_that_cannot_be_saved_offer_no_saving() -> None:
    async with staged(SCENES["outage"](), savable=False) as stage:
        await stage.press("l")
        assert "s save" not in stage.text
        await stage.press("s")
        assert stage.saved == []
