"""Pausing freezes the picture; what arrives behind it is counted, and nothing is lost."""

from dataclasses import replace

from stage import staged

from factories import MINUTE, SCENES, SECOND
from revtui.core.events import Accounting


async def test_a_paused_screen_stands_still_and_counts_what_arrives() -> None:
    made = SCENES["incident"]()
    async with staged(made) as stage:
        await stage.press("space")
        paused = stage.text.splitlines()
        books = made.snapshot.accounting
        stage.feed.change(
            accounting=Accounting(read=books.read + 412, counted=books.counted + 412),
            taken_at=made.snapshot.taken_at + 2 * MINUTE,
        )
        started = replace(made.transitions[-1], began_at=made.now, gateway_name="adyen")
        stage.feed.happen(
            started, replace(started, gateway_name="paypal"), replace(started, gateway_name="new")
        )
        await stage.tick(1)
        now = stage.text.splitlines()
        assert "‖ PAUSED  02:0" in now[0]
        assert "(+412 ev, +3 alerts)" in now[0]
        assert "12:41:07Z" in now[0]
        assert now[1:] == paused[1:]


async def test_the_time_of_a_pause_goes_on_without_news() -> None:
    async with staged(SCENES["ended"]()) as stage:
        await stage.press("space")
        assert "PAUSED  00:00" in stage.text
    async with staged(SCENES["healthy"]()) as stage:
        await stage.press("space")
        await stage.tick(134)
        assert "PAUSED  02:14 (+0 ev, +0 alerts)" in stage.text


async def test_resuming_shows_what_happened_meanwhile() -> None:
    made = SCENES["incident"]()
    async with staged(made) as stage:
        await stage.press("space")
        stage.feed.change(taken_at=made.snapshot.taken_at + 90 * SECOND)
        stage.feed.happen(replace(made.transitions[-1], began_at=made.now, gateway_name="adyen"))
        await stage.tick(1)
        assert "Alerts 1 " in stage.text
        await stage.press("space")
        assert "LIVE" in stage.text
        assert "12:42:37Z" in stage.text
        assert "Alerts 2 " in stage.text


async def test_the_feed_runs_on_while_paused_and_is_stopped_at_the_end() -> None:
    async with staged(SCENES["healthy"]()) as stage:
        await stage.press("space")
        assert not stage.feed.stopped.is_set()
        feed = stage.feed
    assert feed.stopped.is_set()
    assert feed.ended.wait(5)
