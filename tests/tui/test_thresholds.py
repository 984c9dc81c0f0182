"""Changing thresholds from the keyboard: at once, checked, and saved only on request."""

import pytest
from stage import Stage, staged

from factories import SCENES
from revtui.core.contracts import contracts
from revtui.core.errors import ConfigError, UsageError
from revtui.core.kpis import KPI_BY_NAME
from revtui.core.rules import Comparison, Levels, Rule
from revtui.engine.commands import SetRule
from revtui.tui.levels import level_of, nudged, parse_level, with_level


def _sent(stage: Stage) -> list[Rule]:
    return [command.rule for command in stage.feed.commands if isinstance(command, SetRule)]


async def test_a_change_is_a_command_and_the_next_snapshot_shows_it() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("l", "j", "plus")
        assert [rule.name for rule in _sent(stage)] == ["fail_rate"]
        assert _sent(stage)[0].levels == Levels(warn=0.16, crit=0.30)
        assert "[16 %]" in stage.text
        await stage.press("escape")
        await stage.tick()
        assert "WARN > 16 %" in (await stage.look())


async def test_a_level_is_typed_with_its_unit_and_begins_with_the_first_digit() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("l", "j", *"22 %", "enter")
        assert _sent(stage)[-1].levels.warn == pytest.approx(0.22)
        await stage.press("k", "right", *"2.5s", "enter")
        assert _sent(stage)[-1].name == "p95_latency"
        assert _sent(stage)[-1].levels.crit == pytest.approx(2500)


async def test_a_level_that_makes_no_sense_is_refused_with_its_reason_and_sends_nothing() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("l", "j", *"90 %", "enter")
        assert "looser" in stage.text
        assert _sent(stage) == []
        await stage.press("escape")
        await stage.press(*"9x", "enter")
        assert "not a level of fail_rate" in stage.text
        assert _sent(stage) == []
        await stage.press("escape", "escape")
        assert stage.app.screen is stage.app.monitor


async def test_a_level_can_be_switched_off_but_not_the_last_one() -> None:
    async with staged(SCENES["outage"]()) as stage:
        await stage.press("l", "j", "enter", *["backspace"] * 4, *"off", "enter")
        assert _sent(stage)[-1].levels == Levels(warn=None, crit=0.30)
        await stage.press("k", "enter", *["backspace"] * 8, *"off", "enter")
        assert "needs a WARN level" in stage.text
        assert len(_sent(stage)) == 1


async def test_quick_changes_add_up_even_before_the_engine_has_answered() -> None:
    async with staged(SCENES["outage"]()) as stage:
        stage.feed.obeys = False
        await stage.press("l", "j", "plus", "plus", "plus")
        assert [rule.levels.warn for rule in _sent(stage)] == pytest.approx([0.16, 0.17, 0.18])


async def test_a_failure_to_save_is_said_and_keeps_the_dialog() -> None:
    def refuse(_rules: object) -> str:
        raise ConfigError(["revtui.toml: read-only file system"])

    async with staged(SCENES["outage"](), save=refuse) as stage:
        await stage.press("l", "s")
        assert "not saved: revtui.toml: read-only file system" in stage.text


@pytest.mark.parametrize(
    ("kpi", "text", "level"),
    [
        ("fail_rate", "15 %", 0.15),
        ("fail_rate", "15%", 0.15),
        ("fail_rate", "15", 0.15),
        ("fail_rate", "0.5 %", 0.005),
        ("fail_rate", "0", 0.0),
        ("revenue", "$1,900.50", 1900.5),
        ("revenue", "1.9k", 1900.0),
        ("p95_latency", "1200", 1200.0),
        ("p95_latency", "1.2s", 1200.0),
        ("freshness", "10 min", 10.0),
        ("freshness", "1h", 60.0),
        ("purchases", "350", 350.0),
        ("purchases", "off", None),
        ("purchases", "", None),
    ],
)
def test_levels_are_read_as_people_write_them(kpi: str, text: str, level: float | None) -> None:
    assert parse_level(text, KPI_BY_NAME[kpi]) == level


@pytest.mark.parametrize(
    ("kpi", "text"),
    [
        ("fail_rate", "0.15"),  # 15 % or 0.15 %?
        ("fail_rate", "$15"),
        ("fail_rate", "15 ms"),
        ("revenue", "nan"),
        ("revenue", "inf"),
        ("revenue", "1e999"),
        ("revenue", "9" * 400),
        ("p95_latency", "12 apples"),
        ("p95_latency", "--1"),
        ("purchases", "[/]"),
    ],
)
def test_what_is_no_level_is_refused(kpi: str, text: str) -> None:
    with pytest.raises(UsageError):
        parse_level(text, KPI_BY_NAME[kpi])


def test_a_step_never_leaves_the_sensible_range() -> None:
    rule = next(rule for rule in contracts() if rule.name == "fail_rate")
    kpi = KPI_BY_NAME["fail_rate"]
    down = rule
    for _ in range(50):
        down = nudged(down, "warn", kpi, -1)
    assert level_of(down, "warn") == 0
    for _ in range(15):
        rule = nudged(rule, "warn", kpi, 1)
    with pytest.raises(UsageError):
        nudged(rule, "warn", kpi, 1)
    assert level_of(rule, "warn") == pytest.approx(0.30)


def test_a_level_that_is_off_stays_off_when_stepped() -> None:
    rule = Rule(name="r", kpi="revenue", comparison=Comparison.BELOW, levels=Levels(warn=500))
    assert nudged(rule, "crit", KPI_BY_NAME["revenue"], 1) is rule
    assert with_level(rule, "crit", 200).levels == Levels(warn=500, crit=200)
