"""Changing thresholds from the keyboard: at once, checked, and saved only on request."""

from dataclasses import replace

import pytest
from stage import Stage, staged

from factories import SCENES
from revtui.core.contracts import contracts
from revtui.core.errors import ConfigError, UsageError
from revtui.core.kpis import KPI_BY_NAME
from revtui.core.rules import Comparison, Levels, Rule
from revtui.engine.commands import SetRule
from revtui.engine.snapshot import Status
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


@pytest.mark.parametrize("status", [Status.LIVE, Status.END])
async def test_a_change_is_seen_at_once_in_verdict_cards_gateways_and_severity(status: Status) -> None:
    made = SCENES["healthy"]()
    made = replace(made, snapshot=replace(made.snapshot, status=status))
    async with staged(made, size=(160, 48)) as stage:
        assert "● OK" in stage.text.splitlines()[2]
        await stage.press("l", "j", *"5 %", "enter", "escape")
        await stage.tick()
        text = await stage.look()
        assert "▲ WARN  Overall" in text.splitlines()[2]
        assert "50 of 800 payments fail" in text
        assert text.count("▲ WARN") >= 5, "the card and every gateway"
        assert "● OK" not in "".join(line for line in text.splitlines() if "adyen" in line)


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
        assert "CRIT > 30 % would be looser than WARN > 90 %  (move the other level first)" in stage.text
        assert _sent(stage) == []
        await stage.press("escape")
        await stage.press(*"9x", "enter")
        assert "not a level of payment fail rate: '9x'  (write it like 15 %)" in stage.text
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


async def test_a_read_only_screen_shows_the_thresholds_and_answers_why_they_stay() -> None:
    async with staged(SCENES["outage"](), readonly=True) as stage:
        await stage.press("l")
        assert "─ read-only ─" in stage.text
        assert "+ - step" not in stage.text
        assert "s save" not in stage.text
        for key in ("plus", "minus", "enter", "5", "s"):
            await stage.press("k", key)
            assert "read-only (--readonly): levels cannot be changed" in stage.text
        await stage.press("j", "right")
        assert stage.feed.commands == []
        assert stage.saved == []


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
        ("purchases", "1,350", 1350.0),
        ("revenue", "usd 500", 500.0),
        ("revenue", "-$1,500", -1500.0),
        ("p95_latency", "1,200 ms", 1200.0),
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
        ("fail_rate", "0,5 %"),  # not 5 %
        ("p95_latency", "1,5"),  # not 15
        ("revenue", "12,34.5"),
        ("revenue", "€500"),  # the run is in USD
        ("revenue", "x500"),
        ("revenue", "+-5"),
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


def test_a_decimal_comma_is_answered_with_what_to_write() -> None:
    with pytest.raises(UsageError) as refused:
        parse_level("0,5 %", KPI_BY_NAME["fail_rate"])
    assert refused.value.message == "not a level of payment fail rate: '0,5 %'"
    assert refused.value.hint == "commas group thousands: write a point, as in 1.5"


def test_a_level_is_in_the_currency_of_the_run() -> None:
    revenue = KPI_BY_NAME["revenue"]
    assert parse_level("€500", revenue, "EUR") == 500.0
    assert parse_level("CHF 500", revenue, "CHF") == 500.0
    with pytest.raises(UsageError, match=r"not a level of revenue: '\$500'"):
        parse_level("$500", revenue, "EUR")


def test_what_makes_no_sense_is_refused_in_the_units_of_the_panel() -> None:
    rule = next(rule for rule in contracts() if rule.name == "fail_rate")
    with pytest.raises(UsageError) as looser:
        with_level(rule, "warn", 0.9)
    assert looser.value.message == "CRIT > 30 % would be looser than WARN > 90 %"
    assert looser.value.hint == "move the other level first"
    with pytest.raises(UsageError, match="payment fail rate > 150 % can never be"):
        with_level(rule, "crit", 1.5)


def test_a_step_never_leaves_the_sensible_range() -> None:
    rule = next(rule for rule in contracts() if rule.name == "fail_rate")
    down = rule
    for _ in range(50):
        down = nudged(down, "warn", -1)
    assert level_of(down, "warn") == 0
    for _ in range(15):
        rule = nudged(rule, "warn", 1)
    with pytest.raises(UsageError):
        nudged(rule, "warn", 1)
    assert level_of(rule, "warn") == pytest.approx(0.30)


def test_money_may_fall_below_zero() -> None:
    rule = Rule(name="net", kpi="net_revenue", comparison=Comparison.BELOW, levels=Levels(warn=5))
    assert level_of(nudged(rule, "warn", -1), "warn") == -5
    count = Rule(name="buys", kpi="purchases", comparison=Comparison.BELOW, levels=Levels(warn=0))
    assert level_of(nudged(count, "warn", -1), "warn") == 0


def test_a_level_that_is_off_stays_off_when_stepped() -> None:
    rule = Rule(name="r", kpi="revenue", comparison=Comparison.BELOW, levels=Levels(warn=500))
    assert nudged(rule, "crit", 1) is rule
    assert with_level(rule, "crit", 200).levels == Levels(warn=500, crit=200)
