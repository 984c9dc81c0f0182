"""The single lines: what gives way where room is scarce, and what never does."""

from dataclasses import replace

import pytest
from stage import staged

from factories import SCENES, source
from revtui.engine.snapshot import SourceState, Status
from revtui.tui.widgets.bars import TabBar, status_line
from revtui.views.model import StatusView
from revtui.views.overview import build
from revtui.views.widths import line_width


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
