"""Filtering while typing: what is applied, what is kept, what is said, and what clears it."""

import pytest
from stage import Stage, staged

from factories import SCENES
from revtui.tui.widgets.alert_log import places


async def _type(stage: Stage, text: str) -> None:
    await stage.press("slash", *text)


def _marked(stage: Stage) -> set[str]:
    """The texts that are underlined in the alert log."""
    log = stage.app.monitor.alert_log
    assert log is not None
    size = log.size
    return {
        segment.text
        for y in range(size.height)
        for segment in log.render_line(y)
        if segment.style is not None and segment.style.underline
    }


async def test_the_filter_applies_while_typing_and_stands_in_the_title_with_counts() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "gw:stripe")
        await stage.until(lambda: "Alerts 2 of 10  filter: gw:stripe (8 hidden)" in stage.text)
        await stage.press("enter")
        assert not stage.app.monitor.filter_bar.is_open
        assert "filter: gw:stripe" in stage.text
        assert stage.app.focused is stage.app.monitor.alert_log


async def test_an_invalid_filter_keeps_the_last_valid_one_and_says_where_and_what() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "gw:stripe")
        await stage.until(lambda: stage.app.view.query == "gw:stripe")
        await stage.press(*" gww:x")
        await stage.until(lambda: "did you mean gw" in stage.text)
        assert "filter: gw:stripe" in stage.text
        caret = next(line for line in stage.text.splitlines() if "did you mean" in line)
        typed = next(line for line in stage.text.splitlines() if line.startswith(" / "))
        assert typed[caret.index("^") :].startswith("gww")
        await stage.press(*["backspace"] * 6)
        await stage.until(lambda: "did you mean" not in stage.text)


async def test_what_is_not_finished_leaves_the_last_valid_filter_in_force() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "gw:stripe")
        await stage.until(lambda: stage.app.view.query == "gw:stripe")
        for text, told in (
            ("/(/", "unclosed group"),
            ("/[/", "unclosed character class"),
            ('"open', "this quotation is never closed"),
            ("(a", "this parenthesis is never closed"),
            ("a or", "something is missing at the end"),
            ("sev>=", "a value is missing here"),
            ("value>=x", "not a number: 'x'"),
        ):
            stage.app.monitor.filter_bar.field.value = text
            await stage.until(lambda told=told: told in stage.text)  # type: ignore[misc] # bound to this turn
            assert stage.app.view.query == "gw:stripe"
            assert "filter: gw:stripe (8 hidden)" in stage.text


async def test_escape_clears_while_typing_and_afterwards() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "stripe")
        await stage.until(lambda: "8 hidden" in stage.text)
        await stage.press("escape")
        assert "hidden" not in stage.text
        await _type(stage, "stripe")
        await stage.press("enter")
        await stage.until(lambda: "esc clear filter" in stage.footer)
        await stage.press("escape")
        assert "hidden" not in stage.text
        assert "esc clear filter" not in stage.footer


async def test_the_filter_line_reopens_with_the_filter_in_force() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "stripe")
        await stage.press("enter")
        await stage.until(lambda: stage.app.view.query == "stripe")
        await stage.press("slash")
        assert stage.app.monitor.filter_bar.field.value == "stripe"


async def test_keys_are_text_while_typing() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "q12[ ]?:za")
        assert stage.app.monitor.filter_bar.field.value == "q12[ ]?:za"
        assert stage.app.monitor.tab == "overview"
        assert not stage.app._exit


async def test_an_empty_result_says_what_is_hidden_and_how_to_get_it_back() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "nothing-is-called-this")
        await stage.press("enter")
        await stage.until(lambda: "No alerts match. 10 hidden. esc clears filter." in stage.text)


async def test_no_alerts_at_all_is_said_differently() -> None:
    async with staged(SCENES["healthy"]()) as stage:
        assert "No alerts yet." in stage.text
        assert "hidden" not in stage.text


async def test_the_filter_holds_on_the_other_tab_with_alerts_and_through_a_pause() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await _type(stage, "gw:adyen")
        await stage.press("enter")
        await stage.until(lambda: stage.app.view.query == "gw:adyen")
        await stage.press("2")
        assert "Alerts 2 of 10  filter: gw:adyen" in (await stage.look())
        await stage.press("space")
        assert "filter: gw:adyen" in stage.text


async def test_what_matched_is_marked() -> None:
    async with staged(SCENES["outage"]()) as stage:
        assert _marked(stage) == set()
        await _type(stage, "STRI")
        await stage.press("enter")
        await stage.until(lambda: stage.app.view.query == "STRI")
        assert _marked(stage) == {"stri"}


async def test_filter_and_least_severity_work_together() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("comma", "comma")
        await _type(stage, "gw:stripe or gw:adyen")
        await stage.press("enter")
        await stage.until(lambda: "Alerts 2 of 10" in stage.text)
        assert "CRIT+" in stage.text
        await stage.press("escape")
        assert "Alerts 10 " in stage.text


@pytest.mark.parametrize(
    ("text", "pieces", "found"),
    [
        ("stripe", ["RI"], [(2, 4)]),
        ("aXaXa", ["x"], [(1, 2), (3, 4)]),
        ("東京 stripe", ["stripe"], [(5, 11)]),
        ("abc", [""], []),
        ("İstanbul", ["ist"], []),
    ],
)
def test_places_of_a_match_are_counted_in_cells(
    text: str, pieces: list[str], found: list[tuple[int, int]]
) -> None:
    assert places(text, pieces) == found
