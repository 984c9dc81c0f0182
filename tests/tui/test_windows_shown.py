"""Windows of another length on the screen: who may ask for them, and that they are never taken for the usual ones."""

from dataclasses import replace

import polars as pl
import pytest
from stage import staged

from factories import HOUR, MINUTE, SCENES, in_windows, scene
from fakes import FakeFeed
from revtui.core.contracts import contracts
from revtui.core.windows import WindowPolicy
from revtui.engine.commands import ShowWindows
from revtui.tui.actions import ACTION_BY_ID, Fact, offered


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (160, 48)])
async def test_the_length_shown_and_that_alerts_go_by_another_stand_on_every_tab(
    size: tuple[int, int],
) -> None:
    async with staged(SCENES["hour"](), size=size) as stage:
        for tab in "12345":
            await stage.press(tab)
            assert "win 1h (alerts 5m)" in (await stage.look()).splitlines()[0]


async def test_what_is_shown_has_its_length_beside_it() -> None:
    async with staged(SCENES["hour"](), size=(160, 48)) as stage:
        text = await stage.look()
        assert text.count("╰─ 1h ─") == 4, "active users and freshness are of no window"
        assert "Fail rate  % in 1h" in text
        assert "Gateways 4  1h" in text
        assert "41 of 52 payments fail in 5m (79 %)" in text
        await stage.press("4")
        assert "Latest KPI windows  1h" in stage.text
        assert "alerts go by 5m windows" in stage.text
        await stage.press("5")
        assert "1h windows; alerts go by 5m" in stage.text
        await stage.press("3", "enter")
        assert "Gateway stripe, 1h windows" in stage.text


async def test_a_level_of_an_amount_is_not_shown_at_windows_of_another_length() -> None:
    made = scene(rules=contracts(revenue_warn=1.0), windows=150)
    async with staged(made, size=(160, 48)) as stage:
        assert "WARN < $1" in (await stage.look())
        await stage.press("w")
        await stage.tick()
        text = await stage.look()
        assert "WARN < $1" not in text
        assert "judged in 5m windows" in text
        assert "WARN > 15 %" in text, "a share is a share in windows of any length"


async def test_a_gateway_with_an_open_alert_is_never_ok() -> None:
    async with staged(SCENES["hour"](), size=(120, 40)) as stage:
        await stage.press("3")
        first = next(line for line in stage.text.splitlines() if "stripe" in line)
        assert "■ CRIT" in first
        assert first == stage.text.splitlines()[4], "worst first"


async def test_a_paused_screen_keeps_its_windows_and_says_why() -> None:
    async with staged(SCENES["healthy"](), size=(120, 40)) as stage:
        assert "w W window" in stage.footer
        await stage.press("space")
        assert "w W window" not in stage.footer
        await stage.press("w")
        assert "paused: other windows need new pictures" in stage.footer
        assert stage.feed.commands == []
        await stage.press("space", "w")
        assert stage.feed.commands == [ShowWindows(length=15 * MINUTE)]


async def test_a_read_only_screen_may_be_looked_at_in_other_windows() -> None:
    async with staged(SCENES["healthy"](), readonly=True, size=(120, 40)) as stage:
        assert "w W window" in stage.footer
        await stage.press("w")
        await stage.tick()
        assert "win 15m" in stage.text


def test_a_command_that_only_looks_is_offered_read_only_and_not_while_paused() -> None:
    facts = frozenset({Fact.SCREEN, Fact.LENGTHS})
    action = ACTION_BY_ID["windows.next"]
    assert action in offered(facts | {Fact.READONLY, Fact.RUNNING})
    assert action not in offered(facts | {Fact.PAUSED})


@pytest.mark.parametrize(
    ("hop", "length", "keys", "sent", "said"),
    [
        (2, 10, "ww", [60, 10], "no 1m, 5m windows: not a multiple of the 2m hop"),
        (5, 5, "W", [60], "no 1m windows: not a multiple of the 5m hop"),
    ],
)
async def test_a_length_that_the_hop_does_not_divide_is_passed_over_with_a_word(
    hop: int, length: int, keys: str, sent: list[int], said: str
) -> None:
    policy = WindowPolicy(hop=hop * MINUTE, length=length * MINUTE)
    async with staged(scene(policy=policy, windows=20), size=(160, 48)) as stage:
        await stage.press(*keys)
        assert [one.length // MINUTE for one in stage.feed.commands if isinstance(one, ShowWindows)] == sent
        assert said in stage.footer


async def test_without_kept_panes_there_is_no_such_key() -> None:
    made = SCENES["healthy"]()
    made = replace(made, snapshot=replace(made.snapshot, lengths=(5 * MINUTE,)))
    async with staged(made, size=(120, 40)) as stage:
        assert "w W window" not in stage.footer
        await stage.press("w", "W")
        assert stage.feed.commands == []


async def test_keys_pressed_faster_than_pictures_come_go_on_from_what_was_asked_for() -> None:
    feed = FakeFeed(SCENES["healthy"]())
    feed.obeys = False
    async with staged(feed) as stage:
        await stage.press("w", "w", "w", "w")
        assert [one.length // MINUTE for one in feed.commands if isinstance(one, ShowWindows)] == [
            15,
            60,
            1,
            5,
        ]
        assert "alerts 5m" not in stage.text, "until a picture says so"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((80, 24), "today CET $4,040,112.17  51,204 orders"),
        ((120, 40), "today CET $4,040,112.17  51,204 orders  fail 6.2 %"),
    ],
)
async def test_the_day_so_far_stands_on_the_overview(size: tuple[int, int], words: str) -> None:
    async with staged(SCENES["hour"](), size=size) as stage:
        line = next(line for line in (await stage.look()).splitlines() if "today" in line)
        assert line.endswith(words)
        assert "fresh" in line or "evt" in line


async def test_the_business_days_stand_below_the_windows_and_can_be_opened() -> None:
    async with staged(SCENES["hour"](), size=(120, 40)) as stage:
        await stage.press("4", "tab")
        assert "Business days  Europe/Berlin" in stage.text
        assert "so far" in stage.text
        await stage.press("enter")
        assert "Business day Thu 2026-03-05, Europe/Berlin" in stage.text
        await stage.press("escape", "y")
        assert stage.app.clipboard.startswith("Thu 2026-03-05 Europe/Berlin, orders 51,204, failed 3,377")


def test_the_fake_sums_windows_as_the_engine_does() -> None:
    usual = scene(windows=90)
    overall, parts = (
        one.snapshot.rows.filter(pl.col("gateway_name") == "*") for one in (in_windows(usual, HOUR), usual)
    )
    parts = parts.filter((pl.col("window_end") // MINUTE) % 5 == 0).tail(12)
    assert overall["revenue_minor"][-1] == parts["revenue_minor"].sum()
