"""The single lines: what gives way where room is scarce, and what never does."""

from dataclasses import replace

import pytest
from stage import staged

from factories import SCENES, source
from revtui.engine.snapshot import SourceState, Status
from revtui.tui.widgets.bars import TabBar, further_line, status_line
from revtui.views.model import StatusView
from revtui.views.overview import build
from revtui.views.widths import line_width, width_of


def _status(name: str, **fields: object) -> StatusView:
    made = SCENES[name]()
    snapshot = replace(made.snapshot, **fields)  # type: ignore[arg-type] # names are the test's
    return build(snapshot, now=made.now).status


def _text(status: StatusView, width: int, *, readonly: bool = False) -> str:
    line = status_line(status, width, readonly=readonly)
    assert line_width(line) == width
    return "".join(text for text, _role in line).rstrip()


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (20, "● LIVE SIMULATED"),
        (44, "● LIVE SIMULATED ■ 0 CRIT ▲ 0 WARN"),
        (60, "● LIVE SIMULATED 12:41:07Z lag 1.0s ■ 0 CRIT ▲ 0 WARN"),
        (100, "revtui ● LIVE SIMULATED 12:41:07Z (13:41 CET) sim:42 win 5m lag 1.0s ■ 0 CRIT ▲ 0 WARN"),
    ],
)
def test_the_word_and_that_data_are_simulated_come_before_everything_else(width: int, words: str) -> None:
    assert _text(_status("simulated"), width).split() == words.split()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_a_read_only_screen_says_so_at_every_width(width: int) -> None:
    assert "READ-ONLY" in _text(_status("healthy"), width, readonly=True)
    assert "READ-ONLY" not in _text(_status("healthy"), width)


def test_a_file_read_to_its_end_has_its_name_and_no_lag() -> None:
    name = "sample_data/2026/incident_day.csv"
    ended = _status("ended", status=Status.END, sources=(source(name=name, state=SourceState.ENDED),))
    narrow, wide = _text(ended, 80), _text(ended, 140)
    assert "incident_day.csv" in narrow
    assert "2026-03-05 12:41:07Z" in narrow
    assert "lag" not in narrow
    assert "(ended)" not in narrow
    assert name in wide


def test_what_is_pending_stands_beside_the_counts() -> None:
    status = replace(_status("healthy"), pending=2)
    assert _text(status, 80).endswith("■ 0 CRIT  ▲ 0 WARN  2 pending")


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (50, ["win 1h (alerts 5m)", "■ 1 CRIT"]),
        (60, ["win 1h (alerts 5m)", "■ 1 CRIT", "12:41:07Z"]),
        (80, ["win 1h (alerts 5m)", "■ 1 CRIT", "12:41:07Z", "lag 1.0s"]),
    ],
)
def test_windows_that_are_not_the_usual_ones_are_named_before_the_clock(width: int, kept: list[str]) -> None:
    text = _text(_status("hour"), width)
    assert all(part in text for part in kept)


@pytest.mark.parametrize(
    ("width", "day", "kpis"),
    [
        (60, "", ["buy", "users", "fresh", "evt"]),
        (70, "today CET $4,040,112.17", ["buy", "users", "fresh"]),
        (80, "today CET $4,040,112.17  51,204 orders", ["buy", "users", "fresh"]),
        (100, "today CET $4,040,112.17  51,204 orders  fail 6.2 %", ["buy", "users", "fresh"]),
        (
            140,
            "today CET $4,040,112.17  51,204 orders  fail 6.2 %",
            ["buy", "users", "fresh", "evt", "failed"],
        ),
    ],
)
def test_the_day_leaves_room_for_three_kpis_at_least(width: int, day: str, kpis: list[str]) -> None:
    made = SCENES["hour"]()
    view = build(made.snapshot, now=made.now)
    line = further_line(view.cards[3:], view.today, width)
    text = "".join(piece for piece, _role in line)
    assert width_of(text.rstrip()) <= width
    assert text.rstrip().endswith(day)
    names = [card.short for card in view.cards[3:]]
    assert [word for word in text.removesuffix(day).split() if word in names][: len(kpis)] == kpis


@pytest.mark.parametrize(
    ("width", "tabs"),
    [
        (60, "[1 Over] 2 Alerts (1)  3 Gw  4 Win  5 Sys (1,234!)"),
        (80, "[1 Overview] 2 Alerts (1)  3 Gateways  4 Windows  5 System (1,234!)"),
    ],
)
async def test_no_tab_is_cut_off_by_the_counts_behind_their_names(width: int, tabs: str) -> None:
    made = SCENES["incident"]()
    books = replace(made.snapshot.accounting, quarantined=1234, read=made.snapshot.accounting.read + 1234)
    made = replace(made, snapshot=replace(made.snapshot, accounting=books))
    async with staged(made, size=(width, 24)) as stage:
        assert stage.text.splitlines()[1].strip() == tabs
        place = stage.text.splitlines()[1].index("5 ")
        await stage.pilot.click("#tabs", offset=(place, 0))
        assert stage.app.monitor.tab == "system"


async def test_on_the_narrowest_screen_the_other_tabs_are_numbers() -> None:
    async with staged(SCENES["healthy"](), size=(60, 16)) as stage:
        bar = stage.app.monitor.query_one(TabBar)
        bar.present("alerts", badges={"alerts": "(12,345)", "system": "(9,999,999,999,999!)"}, note="")
        await stage.pilot.pause()
        assert stage.text.splitlines()[1].strip() == "1 [2 Alerts (12,345)] 3  4  5 (9,999,999,999,999!)"
