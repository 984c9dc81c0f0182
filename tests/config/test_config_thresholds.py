"""Thresholds: what the configuration changes of a rule set, and what it may not."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.config.model import Config
from revtui.config.thresholds import apply_rules, rule_set
from revtui.core.contracts import classic, contracts
from revtui.core.durations import parse_duration
from revtui.core.errors import ConfigError
from revtui.core.rules import Comparison, Levels, Rule


def config_of(rules: dict[str, Any]) -> Config:
    return Config.model_validate({"rules": rules})


def applied(rules: dict[str, Any], base: tuple[Rule, ...] | None = None) -> dict[str, Rule]:
    base = contracts() if base is None else base
    return {rule.kpi: rule for rule in apply_rules(base, config_of(rules))}


@pytest.mark.parametrize("base", [contracts(), classic(), ()])
def test_without_changes_the_rules_stay_as_they_are(base: tuple[Rule, ...]) -> None:
    assert apply_rules(base, Config()) == base


def test_what_is_not_mentioned_stays() -> None:
    before = {rule.kpi: rule for rule in contracts()}
    after = applied({"fail_rate": {"warn": 0.2, "min_volume": 50}})
    assert after["fail_rate"].levels == Levels(warn=0.2, crit=before["fail_rate"].levels.crit)
    assert after["fail_rate"].min_volume == 50
    assert after["fail_rate"].for_ == before["fail_rate"].for_
    assert after["fail_rate"].clear_ratio == before["fail_rate"].clear_ratio
    assert {kpi: rule for kpi, rule in after.items() if kpi != "fail_rate"} == {
        kpi: rule for kpi, rule in before.items() if kpi != "fail_rate"
    }


def test_every_term_can_be_changed() -> None:
    terms = {"for": "2m", "keep_firing_for": "0s", "sla": True, "clear_ratio": 0.5, "min_volume": 0}
    rule = applied({"fail_rate": terms})["fail_rate"]
    assert (rule.for_, rule.keep_firing_for, rule.sla, rule.clear_ratio, rule.min_volume) == (
        parse_duration("2m"),
        0,
        True,
        0.5,
        0,
    )


def test_the_rounding_of_the_classic_rules_stays() -> None:
    assert applied({"p95_latency": {"warn": 900}}, classic())["p95_latency"].rounded


@pytest.mark.parametrize(
    ("kpi", "change", "comparison"),
    [
        ("revenue", {"warn": 500}, Comparison.BELOW),
        ("active_users", {"crit": 3}, Comparison.BELOW),
        ("refunds", {"warn": 900}, Comparison.ABOVE),
        ("slow_share", {"warn": "5%"}, Comparison.ABOVE),
        ("events", {"warn": 1, "fire": "below"}, Comparison.BELOW),
        ("revenue", {"warn": 9000, "fire": "above"}, Comparison.ABOVE),
    ],
)
def test_a_kpi_without_a_rule_gets_one_that_fires_on_its_worse_side(
    kpi: str, change: dict[str, Any], comparison: Comparison
) -> None:
    rule = applied({kpi: change})[kpi]
    assert (rule.name, rule.comparison) == (kpi, comparison)


@pytest.mark.parametrize(
    ("fire", "comparison"),
    [(None, Comparison.AT_MOST), ("below", Comparison.AT_MOST), ("above", Comparison.ABOVE)],
)
def test_a_rule_keeps_its_comparison_while_its_side_stays(fire: str | None, comparison: Comparison) -> None:
    change: dict[str, Any] = {"warn": 100, "crit": "off"} | ({"fire": fire} if fire else {})
    assert applied({"revenue": change}, classic())["revenue"].comparison is comparison


def test_hysteresis_does_not_survive_a_change_of_side() -> None:
    rule = applied({"p95_latency": {"fire": "below"}})["p95_latency"]
    assert (rule.comparison, rule.clear_ratio) == (Comparison.BELOW, 1.0)


def test_a_level_is_switched_off_and_a_rule_without_levels_is_left_out() -> None:
    assert applied({"fail_rate": {"crit": "off"}})["fail_rate"].levels == Levels(warn=0.15)
    assert "fail_rate" not in applied({"fail_rate": {"warn": "off", "crit": "off"}})
    assert "revenue" not in applied({"revenue": {"for": "5m"}})


def test_a_gateways_level_is_its_own_else_the_sets_else_the_rules() -> None:
    base = (
        Rule(
            name="fail_rate",
            kpi="fail_rate",
            comparison=Comparison.ABOVE,
            levels=Levels(warn=0.1, crit=0.5),
            per_gateway={"old": Levels(warn=0.2, crit=0.6), "kept": Levels(crit=0.9)},
        ),
    )
    gateways = {"old": {"warn": 0.3}, "new": {"warn": "40%"}, "quiet": {"crit": "off"}}
    rule = applied({"fail_rate": {"crit": 0.55, "gateways": gateways}}, base)["fail_rate"]
    assert rule.per_gateway == {
        "old": Levels(warn=0.3, crit=0.6),
        "kept": Levels(crit=0.9),
        "new": Levels(warn=0.4, crit=0.55),
        "quiet": Levels(warn=0.1),
    }
    assert rule.levels_for("another") == Levels(warn=0.1, crit=0.55)


def test_a_gateways_floor_on_money_takes_nothing_from_that_of_the_business() -> None:
    gateways = {"stripe": {"warn": 100}, "adyen": {"crit": 10}}
    rule = applied({"revenue": {"warn": 500, "crit": 200, "gateways": gateways}})["revenue"]
    assert rule.levels_for("*") == Levels(warn=500, crit=200)
    assert rule.levels_for("stripe") == Levels(warn=100)
    assert rule.levels_for("adyen") == Levels(crit=10)
    assert rule.levels_for("paypal") is None


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        pytest.param(
            {"fail_rate": {"warn": 0.3, "crit": 0.2}},
            ["rules.fail_rate.warn, rules.fail_rate.crit: CRIT > 0.2 is looser than WARN > 0.3"],
            marks=pytest.mark.fault("F79"),
        ),
        pytest.param(
            {"revenue": {"warn": 200, "crit": 500}},
            ["rules.revenue.warn, rules.revenue.crit: CRIT < 500 is looser than WARN < 200"],
            marks=pytest.mark.fault("F79"),
        ),
        pytest.param(
            {"fail_rate": {"warn": 0.4}},
            ["rules.fail_rate.warn: CRIT > 0.3 is looser than WARN > 0.4"],
            marks=pytest.mark.fault("F79"),
        ),
        pytest.param(
            {"fail_rate": {"gateways": {"stripe": {"warn": 0.9}}}},
            ["rules.fail_rate.gateways.stripe.warn: CRIT > 0.3 is looser than WARN > 0.9"],
            marks=pytest.mark.fault("F79"),
        ),
        (
            {"fail_rate": {"clear_ratio": 1.1}},
            ["rules.fail_rate.clear_ratio: clear_ratio 1.1 puts the recovery level"],
        ),
        (
            {"revenue": {"warn": 500, "clear_ratio": 0.9}},
            ["rules.revenue.clear_ratio, rules.revenue.warn: clear_ratio 0.9 puts the recovery level"],
        ),
        (
            {"revenue": {"warn": 500, "min_volume": 5}},
            ["rules.revenue.min_volume: revenue rests on no number of observations"],
        ),
        ({"events": {"warn": 5}}, ['rules.events: needs fire = "above" or "below"']),
        (
            {"fail_rate": {"gateways": {"stripe": {"warn": "off", "crit": "off"}}}},
            [
                "rules.fail_rate.gateways.stripe.warn, rules.fail_rate.gateways.stripe.crit: a rule needs a WARN level"
            ],
        ),
        (
            {"revenue": {"gateways": {"stripe": {"warn": 5}}}},
            ["rules.revenue: levels for gateways need a warn or crit for all events"],
        ),
        (
            {"revenue": {"warn": 1, "crit": 2}, "fail_rate": {"warn": 0.9}, "events": {"crit": 1}},
            [
                "rules.fail_rate.warn: CRIT",
                "rules.revenue.warn, rules.revenue.crit: CRIT",
                "rules.events: needs",
            ],
        ),
    ],
)
def test_changes_that_make_no_sense_are_refused_all_at_once(rules: dict[str, Any], lines: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        apply_rules(contracts(), config_of(rules))
    assert len(refused.value.problems) == len(lines)
    for problem, line in zip(refused.value.problems, lines, strict=True):
        assert re.match(re.escape(line), problem)


def test_the_named_set_is_taken_and_the_contracts_follow_the_latency_sla() -> None:
    assert rule_set(config_of({"set": "classic"})) == classic()
    assert rule_set(config_of({"set": "adaptive"})) == rule_set(Config()) == contracts()
    faster = Config.model_validate({"business": {"latency_sla_ms": 300}})
    assert {rule.kpi: rule.levels for rule in rule_set(faster)}["p95_latency"] == Levels(warn=300)


@given(
    warn=st.none() | st.floats(0, 0.4) | st.just("off"),
    crit=st.none() | st.floats(0.4, 1) | st.just("off"),
    gateway=st.none() | st.floats(0, 0.4),
    base=st.sampled_from([contracts(), classic()]),
)
def test_applying_twice_is_applying_once(
    warn: object, crit: object, gateway: float | None, base: tuple[Rule, ...]
) -> None:
    said = {name: level for name, level in (("warn", warn), ("crit", crit)) if level is not None}
    gateways = {"gateways": {"stripe": {"warn": gateway}}} if gateway is not None and said else {}
    config = config_of(
        {
            "slow_share": {**said, **gateways},
            "fail_rate": {"warn": 0.05, **said, "crit": 0.9, "clear_ratio": 0.8},
        }
    )
    try:
        once = apply_rules(base, config)
    except ConfigError:
        assert gateways
        assert all(level == "off" for level in said.values())
        return
    assert apply_rules(once, config) == once
