"""Rules: what each condition says of one row, and which shapes are refused."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.contracts import classic, contracts
from revtui.core.errors import UsageError
from revtui.core.kpis import KPIS, ROW_SCHEMA
from revtui.core.reasons import breach_text, subject
from revtui.core.rules import Comparison, Judgement, Levels, Rule, judge, judge_clock, unknown
from revtui.core.severity import Severity

OK, UNKNOWN, WARN, CRIT = Severity.OK, Severity.UNKNOWN, Severity.WARN, Severity.CRIT


def row(**changes: object) -> dict[str, object]:
    """A healthy window of 200 events: 120 attempts, 6 of them failed, $ 2,500.00."""
    healthy: dict[str, object] = dict.fromkeys(ROW_SCHEMA)
    healthy |= {
        "window_start": 0,
        "window_end": 300_000_000,
        "gateway_name": "*",
        "revision": 0,
        "events_count": 200,
        "purchases_count": 114,
        "payment_failed_count": 6,
        "revenue_minor": 250_000,
        "refunds_minor": 0,
        "net_revenue_minor": 250_000,
        "payment_fail_rate": 0.05,
        "avg_latency_ms": 400.0,
        "p95_latency_ms": 800.0,
        "slow_share": 0.0,
        "active_users_30m": 90,
        "data_freshness_minutes": 0,
        "attempts_count": 120,
        "latency_count": 200,
        "timed_attempts_count": 120,
    }
    return healthy | changes


def empty_row(*, freshness: int | None) -> dict[str, object]:
    """A window that holds no event, `freshness` minutes after the newest one."""
    return row(
        events_count=0, purchases_count=0, payment_failed_count=0, revenue_minor=0, net_revenue_minor=0,
        payment_fail_rate=None, avg_latency_ms=None, p95_latency_ms=None, slow_share=None,
        data_freshness_minutes=freshness, attempts_count=0, latency_count=0, timed_attempts_count=0,
    )  # fmt: skip


def by_contracts(**changes: object) -> Judgement:
    return judge(row(**changes), contracts(), currency_exponent=2)


def by_classic(**changes: object) -> Judgement:
    return judge(row(**changes), classic(), currency_exponent=2)


@pytest.mark.parametrize(
    ("changes", "severity", "sla_breach", "reason"),
    [
        ({}, OK, False, ""),
        ({"p95_latency_ms": 1200.0}, OK, False, ""),
        ({"p95_latency_ms": 1412.4}, WARN, True, "p95 latency 1,412 ms > 1,200 ms"),
        ({"p95_latency_ms": 1200.3}, WARN, True, "p95 latency 1,200.3 ms > 1,200 ms"),
        ({"payment_fail_rate": 0.15}, OK, False, ""),
        ({"payment_fail_rate": 0.2}, WARN, False, "payment fail rate 20.0 % > 15 % (24 of 120 attempts)"),
        ({"payment_fail_rate": 0.3}, WARN, False, "payment fail rate 30.0 % > 15 % (36 of 120 attempts)"),
        ({"payment_fail_rate": 41 / 120}, CRIT, False, "payment fail rate 34.2 % > 30 % (41 of 120 attempts)"),
        ({"payment_fail_rate": 0.9, "attempts_count": 19}, OK, False, ""),
        ({"payment_fail_rate": 0.9, "attempts_count": 20}, CRIT, False, "payment fail rate 90.0 % > 30 % (18 of 20 attempts)"),
        ({"data_freshness_minutes": 10}, OK, False, ""),
        ({"data_freshness_minutes": 14}, CRIT, True, "no event for 14 min > 10 min"),
        ({"revenue_minor": 0}, OK, False, ""),
        (
            {"p95_latency_ms": 1300.0, "payment_fail_rate": 0.5},
            CRIT,
            True,
            "payment fail rate 50.0 % > 30 % (60 of 120 attempts); p95 latency 1,300 ms > 1,200 ms",
        ),
    ],
)  # fmt: skip
def test_the_contracts_judge_each_kpi_by_its_own_level(
    changes: dict[str, object], severity: Severity, sla_breach: bool, reason: str
) -> None:
    found = by_contracts(**changes)
    assert (found.severity, found.sla_breach, found.reason) == (severity, sla_breach, reason)


@pytest.mark.parametrize(
    ("changes", "severity", "sla_breach", "reason"),
    [
        ({}, OK, False, ""),
        ({"p95_latency_ms": 1200.4}, OK, False, ""),
        ({"p95_latency_ms": 1200.6}, WARN, True, "p95 latency 1,201 ms > 1,200 ms"),
        ({"payment_fail_rate": 0.30}, OK, False, ""),
        ({"payment_fail_rate": 1.0, "attempts_count": 1}, WARN, False, "payment fail rate 100.0 % > 30 % (1 of 1 attempts)"),
        ({"data_freshness_minutes": 11}, CRIT, True, "no event for 11 min > 10 min"),
        ({"revenue_minor": 50_001}, OK, False, ""),
        ({"revenue_minor": 50_000}, WARN, False, "revenue 500.00 ≤ 500"),
        ({"revenue_minor": 18_000}, CRIT, False, "revenue 180.00 ≤ 200"),
        (
            {"revenue_minor": 18_000, "p95_latency_ms": 1500.0, "payment_fail_rate": 0.5, "data_freshness_minutes": 12},
            CRIT,
            True,
            (
                "no event for 12 min > 10 min; revenue 180.00 ≤ 200; p95 latency 1,500 ms > 1,200 ms;"
                " payment fail rate 50.0 % > 30 % (60 of 120 attempts)"
            ),
        ),
    ],
)  # fmt: skip
def test_the_classic_conditions_list_every_reason(
    changes: dict[str, object], severity: Severity, sla_breach: bool, reason: str
) -> None:
    found = by_classic(**changes)
    assert (found.severity, found.sla_breach, found.reason) == (severity, sla_breach, reason)


@pytest.mark.fault("F66")
@pytest.mark.parametrize(
    ("freshness", "severity"), [(None, UNKNOWN), (6, UNKNOWN), (10, UNKNOWN), (11, CRIT), (600, CRIT)]
)
def test_an_empty_window_is_unknown_unless_its_silence_is_a_breach(
    freshness: int | None, severity: Severity
) -> None:
    found = judge(empty_row(freshness=freshness), contracts(), currency_exponent=2)
    assert found.severity is severity
    assert [verdict.severity for verdict in found.verdicts[:2]] == [UNKNOWN, UNKNOWN]


@pytest.mark.fault("F66")
def test_no_data_is_neither_zero_nor_recovered() -> None:
    fail_rate = judge(empty_row(freshness=1), contracts(), currency_exponent=2).verdicts[1]
    assert (fail_rate.value, fail_rate.n, fail_rate.recovered, fail_rate.reason) == (None, 0, False, "")


def test_a_window_of_events_is_ok_when_only_some_rules_lack_volume_and_unknown_when_all_do() -> None:
    few = {"attempts_count": 3, "payment_fail_rate": 1.0}
    assert by_contracts(**few).severity is OK
    only_failures = [rule for rule in contracts() if rule.kpi == "fail_rate"]
    assert judge(row(**few), only_failures, currency_exponent=2).severity is UNKNOWN


def test_a_rate_that_is_not_a_number_is_no_data() -> None:
    assert by_contracts(payment_fail_rate=float("nan")).verdicts[1].severity is UNKNOWN


def test_money_is_judged_in_major_units_of_its_currency() -> None:
    floor = contracts(revenue_warn=500)
    for exponent, minor in ((0, 499), (2, 49_900), (3, 499_000)):
        found = judge(row(revenue_minor=minor), floor, currency_exponent=exponent)
        assert found.reason == f"revenue {499:.{exponent}f} < 500"
        assert (
            judge(row(revenue_minor=minor + 10**exponent), floor, currency_exponent=exponent).severity is OK
        )


def test_a_gateway_may_have_levels_of_its_own() -> None:
    rule = Rule(
        name="fail_rate",
        kpi="fail_rate",
        comparison=Comparison.ABOVE,
        levels=Levels(warn=0.1),
        per_gateway={"adyen": Levels(warn=0.5)},
    )
    for gateway, severity in (("*", WARN), ("stripe", WARN), ("adyen", OK)):
        assert (
            judge(row(gateway_name=gateway, payment_fail_rate=0.2), [rule], currency_exponent=2).severity
            is severity
        )


@pytest.mark.parametrize("kpi", ["revenue", "net_revenue", "purchases", "active_users", "events"])
def test_a_floor_on_an_amount_holds_for_all_events_and_for_gateways_with_their_own(kpi: str) -> None:
    rule = Rule(
        name=kpi,
        kpi=kpi,
        comparison=Comparison.BELOW,
        levels=Levels(warn=1000),
        per_gateway={"adyen": Levels(crit=10)},
    )
    little = dict.fromkeys(
        (
            "revenue_minor",
            "net_revenue_minor",
            "purchases_count",
            "active_users_30m",
            "events_count",
        ),
        5,
    )
    found = {
        name: judge(row(gateway_name=name, **little), [rule], currency_exponent=0)
        for name in ("*", "adyen", "stripe", "(other)")
    }
    assert {name: one.severity for name, one in found.items()} == {
        "*": WARN,
        "adyen": CRIT,
        "stripe": UNKNOWN,  # no rule judges it
        "(other)": UNKNOWN,
    }
    assert found["stripe"].verdicts == ()
    assert unknown(rule, "stripe").threshold is None


@pytest.mark.parametrize(
    ("kpi", "comparison"),
    [
        ("refunds", Comparison.ABOVE),
        ("failed", Comparison.AT_LEAST),
        ("fail_rate", Comparison.BELOW),
        ("p95_latency", Comparison.BELOW),
    ],
)
def test_every_other_level_holds_for_each_gateway_too(kpi: str, comparison: Comparison) -> None:
    rule = Rule(name=kpi, kpi=kpi, comparison=comparison, levels=Levels(warn=0.5))
    assert rule.levels_for("stripe") == Levels(warn=0.5)


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        (Comparison.ABOVE, OK, OK, WARN),
        (Comparison.AT_LEAST, OK, WARN, WARN),
        (Comparison.BELOW, WARN, OK, OK),
        (Comparison.AT_MOST, WARN, WARN, OK),
    ],
)
def test_each_comparison_has_its_own_edge(
    comparison: Comparison, below: Severity, at: Severity, above: Severity
) -> None:
    rule = Rule(name="events", kpi="events", comparison=comparison, levels=Levels(warn=10))
    found = [judge(row(events_count=count), [rule], currency_exponent=2).severity for count in (9, 10, 11)]
    assert found == [below, at, above]


def test_the_threshold_named_is_the_one_breached_or_else_the_nearest() -> None:
    thresholds = [
        by_contracts(payment_fail_rate=share, attempts_count=1000).verdicts[1].threshold
        for share in (0.1, 0.2, 0.4)
    ]
    assert thresholds == [0.15, 0.15, 0.30]


def test_hysteresis_leaves_a_zone_that_neither_breaches_nor_recovers() -> None:
    zone = [by_contracts(p95_latency_ms=value).verdicts[0] for value in (1080.0, 1081.0, 1200.0, 1201.0)]
    assert [(verdict.breached, verdict.recovered) for verdict in zone] == [
        (False, True),
        (False, False),
        (False, False),
        (True, False),
    ]


@pytest.mark.fault("F66")
def test_the_clock_judges_freshness_in_whole_minutes_and_knows_when_nothing_ever_came() -> None:
    minute = 60_000_000
    for age, severity in ((0, OK), (11 * minute - 1, OK), (11 * minute, CRIT), (-minute, OK)):
        assert judge_clock(contracts(), now=10**15 + age, newest_event=10**15).severity is severity
    never = judge_clock(contracts(), now=10**15, newest_event=None)
    assert never.severity is UNKNOWN
    assert [verdict.kpi for verdict in never.verdicts] == ["freshness"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kpi": "fail_rte"}, "unknown KPI 'fail_rte'; did you mean fail_rate?"),
        ({"kpi": "zzz"}, "unknown KPI 'zzz'"),
        ({"name": " "}, "needs a name"),
        ({"levels": {}}, "needs a WARN level"),
        ({"levels": {"warn": float("nan")}}, "finite number, not nan"),
        ({"levels": {"warn": 0.3, "crit": 0.2}}, "CRIT > 0.2 is looser than WARN > 0.3"),
        ({"levels": {"warn": 0.2, "crit": 0.3}, "comparison": Comparison.BELOW}, "CRIT < 0.3 is looser"),
        ({"levels": {"warn": 15}}, "share from 0 to 1, not 15"),
        ({"clear_ratio": 1.1}, "clear_ratio 1.1 puts the recovery level 0.22 on the wrong side of 0.2"),
        ({"clear_ratio": 0.9, "comparison": Comparison.AT_MOST}, "wrong side"),
        ({"clear_ratio": float("nan")}, "clear_ratio nan"),
        ({"min_volume": -1}, "min_volume must not be negative, not -1"),
        ({"for_": -1}, "for must not be negative, not -1"),
        ({"kpi": "revenue", "min_volume": 5}, "rests on no number of observations"),
        ({"per_gateway": {"adyen": {"warn": 0.4, "crit": 0.3}}}, "looser"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_its_value(changes: dict[str, Any], message: str) -> None:
    shape: dict[str, Any] = {
        "name": "mine",
        "kpi": "fail_rate",
        "comparison": Comparison.ABOVE,
        "levels": {"warn": 0.2},
    }
    shape |= changes
    with pytest.raises(UsageError, match=re.escape(message)):
        Rule(
            **shape
            | {
                "levels": Levels(**shape["levels"]),
                "per_gateway": {
                    name: Levels(**levels) for name, levels in shape.get("per_gateway", {}).items()
                },
            }
        )


def test_every_kpi_can_be_spoken_of() -> None:
    for kpi in KPIS:
        assert breach_text(kpi, 0.5, ">", 0.25, 8).startswith(subject(kpi))


@given(value=st.floats(0, 1), level=st.floats(0, 1))
def test_a_reason_never_shows_a_value_equal_to_the_level_it_crossed(value: float, level: float) -> None:
    rule = Rule(name="fail_rate", kpi="fail_rate", comparison=Comparison.ABOVE, levels=Levels(warn=level))
    found = judge(row(payment_fail_rate=value), [rule], currency_exponent=2)
    assert (found.severity is WARN) == (value > level)
    if value > level + 1e-7:
        shown, _, threshold = found.reason.removeprefix("payment fail rate ").partition(" % > ")
        assert float(shown) > float(threshold.partition(" %")[0])


@given(
    changes=st.fixed_dictionaries(
        {
            "p95_latency_ms": st.none() | st.floats(0, 5000),
            "payment_fail_rate": st.none() | st.floats(0, 1),
            "attempts_count": st.integers(0, 100),
            "events_count": st.integers(0, 5),
            "data_freshness_minutes": st.none() | st.integers(0, 30),
        }
    )
)
def test_the_flag_is_the_worst_verdict_and_never_ok_without_a_judgement(changes: dict[str, object]) -> None:
    found = by_contracts(**changes)
    severities = [verdict.severity for verdict in found.verdicts]
    if max(severities) >= WARN:
        assert found.severity is max(severities)
        assert found.reason.count(";") == sum(severity >= WARN for severity in severities) - 1
    else:
        assert found.severity is (OK if changes["events_count"] and OK in severities else UNKNOWN)
        assert (found.reason, found.sla_breach) == ("", False)
