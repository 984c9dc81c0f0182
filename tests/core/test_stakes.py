"""What failing payments cost per minute, and when nobody can know."""

import pytest

from factories import Figures, row
from revtui.core.contracts import contracts
from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.rules import Levels, Rule
from revtui.core.stakes import sales_at_stake

FIVE_MINUTES = 300_000_000
FAIL_RATE = next(rule for rule in contracts() if rule.kpi == "fail_rate")


def at_stake(figures: Figures, rule: Rule = FAIL_RATE, *, gateway: str = "stripe") -> int | None:
    overall = row(0, ALL_GATEWAYS, Figures(purchases=100, average_minor=10_000))
    return sales_at_stake(row(0, gateway, figures), overall, rule, length=FIVE_MINUTES)


def test_it_is_the_excess_over_the_first_level_times_the_average_purchase_per_minute() -> None:
    # 50 failed - 15 % of 100 = 35 too many; x $100 / 5 min
    assert at_stake(Figures(purchases=50, failed=50)) == 70_000


@pytest.mark.parametrize("failed", [0, 5, 15])
def test_what_is_tolerated_costs_nothing(failed: int) -> None:
    assert at_stake(Figures(purchases=100 - failed, failed=failed)) == 0


def test_a_gateway_is_measured_by_its_own_level() -> None:
    own = Rule(
        name="r",
        kpi="fail_rate",
        comparison=FAIL_RATE.comparison,
        levels=Levels(warn=0.15),
        per_gateway={"stripe": Levels(crit=0.4)},
    )
    assert at_stake(Figures(purchases=50, failed=50), own) == 20_000
    assert at_stake(Figures(purchases=50, failed=50), own, gateway="adyen") == 70_000


def test_nobody_can_know_without_a_purchase_or_for_another_kpi() -> None:
    nothing = row(0, ALL_GATEWAYS, Figures(purchases=0, failed=50))
    assert sales_at_stake(nothing, nothing, FAIL_RATE, length=FIVE_MINUTES) is None
    latency = next(rule for rule in contracts() if rule.kpi == "p95_latency")
    assert at_stake(Figures(purchases=50, failed=50), latency) is None
