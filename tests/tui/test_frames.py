"""What stands on the screen, at every size and on every kind of day."""

import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from stage import staged, widths

from factories import HOSTILE_NAMES, SCENES, SECOND, Figures, scene, steady
from golden import assert_golden
from revtui.core.severity import Severity
from revtui.core.text import sanitise
from revtui.engine.snapshot import Excluded
from revtui.tui.actions import TABS
from revtui.tui.headless import frame
from revtui.tui.state import ViewState
from revtui.views.widths import plain

GOLDEN = Path(__file__).parent / "golden"
SIZES = [(60, 16), (80, 24), (120, 40), (160, 48), (200, 60)]
SLOW = pytest.mark.slow
QUICK = {
    ("outage", (60, 16)),
    ("outage", (120, 40)),
    ("hostile_names", (80, 24)),
    ("hostile_names", (160, 48)),
    ("no_data", (60, 16)),
    ("no_data", (200, 60)),
}
"""Every size and every scene at least once; the other pairs are slow."""
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize(
    ("name", "size", "tab"),
    [
        ("incident", (80, 24), "overview"),
        ("outage", (120, 40), "overview"),
        ("outage", (160, 48), "alerts"),
        ("healthy", (60, 16), "overview"),
        ("no_data", (80, 24), "overview"),
        ("late", (120, 40), "windows"),
        ("disconnected", (100, 30), "overview"),
        ("hour", (80, 24), "overview"),
        ("hour", (160, 48), "overview"),
        ("hour", (120, 40), "windows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "x".join(map(str, value)),
)
def test_frames_stay_as_approved(name: str, size: tuple[int, int], tab: str) -> None:
    made = SCENES[name]()
    text = frame(made.snapshot, made.transitions, size=size, tab=tab)
    assert_golden(GOLDEN / f"{name}-{tab}-{size[0]}x{size[1]}.txt", text)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param(
            name, size, id=f"{name}-{size[0]}x{size[1]}", marks=() if (name, size) in QUICK else SLOW
        )
        for name in ("outage", "hostile_names", "no_data")
        for size in SIZES
    ],
)
async def test_every_tab_fits_at_every_size(name: str, size: tuple[int, int]) -> None:
    async with staged(SCENES[name](), size=size) as stage:
        for number, tab in enumerate(TABS, 1):
            await stage.press(str(number))
            text = await stage.look()
            assert stage.app.monitor.tab == tab
            assert len(text.splitlines()) == size[1]
            assert max(widths(text)) <= size[0]
            assert not CONTROL.search(text.replace("\n", ""))
            assert stage.footer.strip()


@pytest.mark.parametrize("name", sorted(SCENES))
async def test_every_kind_of_day_has_a_status_a_verdict_and_a_footer(name: str) -> None:
    made = SCENES[name]()
    async with staged(made, size=(80, 24)) as stage:
        lines = (await stage.look()).splitlines()
        assert made.snapshot.status.value in lines[0]
        assert str(made.snapshot.severity)[:4] in lines[2]
        assert "? help" in lines[-1]


@pytest.mark.parametrize("size", [(59, 15), (59, 40), (200, 15), (20, 5), (1, 1)])
@pytest.mark.fault("F82")
async def test_a_terminal_without_room_says_what_is_needed_and_keeps_its_status(
    size: tuple[int, int],
) -> None:
    async with staged(SCENES["outage"](), size=size) as stage:
        text = stage.text
        assert max(widths(text), default=0) <= size[0]
        if size[0] >= 20:
            told = next(line.strip() for line in text.splitlines() if "needs" in line)
            whole = f"needs 60x16, have {size[0]}x{size[1]}"
            assert told == (whole if len(whole) <= size[0] else f"{whole[: size[0] - 1]}…")
            assert "■ 5 CRIT" in text.splitlines()[0]
        if size[0] >= 59:
            assert "LIVE" in text.splitlines()[0]
            before = text.splitlines()[0]
            stage.feed.change(taken_at=stage.feed.snapshot.taken_at + 5 * SECOND)
            await stage.tick()
            assert stage.text.splitlines()[0] != before


@pytest.mark.fault("F82")
async def test_a_storm_of_sizes_leaves_the_right_picture() -> None:
    async with staged(SCENES["outage"](), size=(120, 40)) as stage:
        calm = await stage.look()
        for size in [(1, 1), (500, 200), (61, 17), (200, 3), (3, 200), (120, 40)]:
            await stage.pilot.resize_terminal(*size)
        await stage.until(lambda: stage.text == calm)


@pytest.mark.fault("S02")
async def test_data_is_never_read_as_markup() -> None:
    name = "[bold red]x[/]"

    def plan(gateway: str, back: int) -> Figures:
        return Figures(purchases=10, failed=30) if back < 5 else steady(gateway, back)

    async with staged(scene(plan, gateways=(name,), windows=30), size=(160, 48)) as stage:
        assert name in (await stage.look())
        await stage.press("enter")
        assert name in stage.text
        await stage.press("escape", "slash", *"[/]")
        await stage.until(lambda: stage.app.view.query == "[/]")
        assert "filter: [/]" in stage.text
        await stage.press("escape", "3")
        assert name in stage.text


@pytest.mark.fault("S01")
async def test_hostile_names_reach_no_line_raw() -> None:
    def plan(gateway: str, back: int) -> Figures:
        return Figures(purchases=10, failed=30) if back < 5 else steady(gateway, back)

    async with staged(scene(plan, gateways=HOSTILE_NAMES, windows=20), size=(120, 60)) as stage:
        for tab in "1234":
            await stage.press(tab)
            text = await stage.look()
            assert not CONTROL.search(text.replace("\n", ""))
            assert max(widths(text)) <= 120
        await stage.press("1", "enter")
        assert not CONTROL.search(stage.text.replace("\n", ""))


@pytest.mark.fault("F83")
@pytest.mark.parametrize("name", ["outage", "hostile_names", "disconnected"])
async def test_without_colour_no_colour_is_written_and_severity_is_still_told(name: str) -> None:
    async with staged(SCENES[name](), colour=False, size=(120, 40)) as stage:
        await stage.look()
        found = COLOUR.findall(stage.ansi)
        assert found
        for codes in found:
            numbers = {int(code) for code in codes[2:-1].split(";") if code}
            assert numbers <= {0, 1, 2, 3, 4, 7, 9}, codes
        assert stage.app.theme == "mono"
        assert " ctrl+t" not in stage.footer
        assert any(word in stage.text for word in ("CRIT", "WARN", "UNKN"))


@pytest.mark.fault("F83")
@pytest.mark.parametrize("name", ["outage", "hostile_names", "disconnected", "late", "no_data"])
async def test_a_plain_terminal_gets_only_ascii(name: str) -> None:
    async with staged(SCENES[name](), ascii=True, size=(120, 40)) as stage:
        for tab in "12345":
            await stage.press(tab)
            assert (await stage.look()).isascii()
        await stage.press("1", "question_mark")
        assert stage.text.isascii()
        assert max(widths(stage.text)) <= 120


@pytest.mark.parametrize("theme", ["okabe-dark", "okabe-light", "high-contrast", "mono"])
def test_every_theme_draws_the_same_words(theme: str) -> None:
    made = SCENES["incident"]()
    usual = frame(made.snapshot, made.transitions, size=(80, 24))
    assert frame(made.snapshot, made.transitions, size=(80, 24), theme=theme) == usual


def test_control_characters_become_visible_and_ascii_keeps_its_width() -> None:
    assert sanitise("a\x1b[2J\x9b\u202eb\x7f") == "a␛[2J��b␡"
    for text in ("■ 7.4 % ≥ 6 %", "東京", "e\u0301", "⣀⡠", "─│╭", "↓"):
        made = plain(text)
        assert made.isascii()
        assert len(made) == sum(
            0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) == "W" else 1
            for c in text
        )


async def test_a_tick_without_news_draws_nothing() -> None:
    async with staged(SCENES["ended"]()) as stage:
        await stage.look()
        compositor = stage.app.screen._compositor
        await stage.pilot.pause()
        compositor._dirty_regions.clear()
        drawn = stage.app.figures.drawn
        for _ in range(5):
            await stage.tick(1.0)
        assert stage.app.figures.drawn == drawn
        assert not compositor._dirty_regions


async def test_a_new_revision_without_a_visible_change_draws_nothing() -> None:
    async with staged(SCENES["ended"]()) as stage:
        await stage.look()
        await stage.pilot.pause()
        compositor = stage.app.screen._compositor
        compositor._dirty_regions.clear()
        drawn = stage.app.figures.drawn
        stage.feed.change()
        await stage.tick()
        assert stage.app.figures.drawn == drawn + 1
        assert not compositor._dirty_regions


async def test_before_the_first_snapshot_the_screen_says_that_it_waits() -> None:
    async with staged(None, size=(80, 24)) as stage:
        assert "waiting for the first data" in stage.text
        assert "No data yet" in stage.text
        await stage.press("2", "3", "4", "5", "1", "enter", "l", "space")
        stage.feed.put(SCENES["healthy"]().snapshot)
        await stage.tick()
        assert "LIVE" in (await stage.look())


async def test_a_live_screen_without_new_snapshots_grows_older_by_the_second() -> None:
    async with staged(SCENES["healthy"](), size=(80, 24)) as stage:
        assert "12:41:07Z" in stage.text
        await stage.tick(90)
        assert "12:42:37Z" in stage.text
        assert "lag 1m31s" in stage.text


async def test_the_worst_severity_is_glyph_and_word_and_colour() -> None:
    async with staged(SCENES["incident"](), size=(80, 24)) as stage:
        assert "■ CRIT" in stage.text
        assert Severity.CRIT.name in stage.text
        assert "255;107;94" in stage.ansi


async def test_a_view_can_be_given_at_the_start() -> None:
    async with staged(SCENES["outage"](), view=ViewState(tab="alerts", query="gw:stripe")) as stage:
        assert "filter: gw:stripe (8 hidden)" in stage.text
        assert stage.app.monitor.alert_log is stage.app.focused


@pytest.mark.fault("F51")
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 48)])
async def test_excluded_money_and_quarantined_rows_are_in_sight_at_every_size(size: tuple[int, int]) -> None:
    made = SCENES["late"]()
    money = Excluded(currency="EUR", events=31, amount_minor=600_000)
    made = replace(made, snapshot=replace(made.snapshot, excluded=(money,)))
    async with staged(made, size=size) as stage:
        text = await stage.look()
        assert "+€6,000.00 excl" in text
        assert "5 System (12!)" in text


@pytest.mark.fault("F66")
async def test_a_screen_left_alone_in_a_silence_says_so_within_minutes() -> None:
    async with staged(SCENES["healthy"](), size=(80, 24)) as stage:
        assert "● OK  Nothing wrong" in stage.text
        await stage.tick(180)
        assert "○ UNKN  No events for 3 min" in stage.text
        assert "● OK" not in stage.text


async def test_stale_data_is_marked_on_every_card() -> None:
    async with staged(SCENES["stale"](), size=(120, 40)) as stage:
        assert stage.text.count("14m old") == 6
        assert "● OK" not in "".join(stage.text.splitlines()[3:8])
