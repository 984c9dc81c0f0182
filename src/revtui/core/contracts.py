"""The rule sets that come with the program.

contracts   what was promised: latency, failures with a minimum volume, freshness; a revenue floor on request
classic     the conditions of the Operational Revenue Signal Monitor (ARCHITECTURE.md says what that was),
            every reason listed instead of one
"""

from typing import Final

from revtui.core.durations import MINUTE
from revtui.core.rules import Comparison, Levels, Rule

LATENCY_SLA_MS: Final = 1200
FRESHNESS_SLA_MINUTES: Final = 10
MIN_ATTEMPTS: Final = 20
_HELD: Final = MINUTE
_CLEAR_BELOW: Final = 0.9
_CLEAR_ABOVE: Final = 1.1


def contracts(
    *,
    latency_sla_ms: float = LATENCY_SLA_MS,
    freshness_minutes: float = FRESHNESS_SLA_MINUTES,
    fail_warn: float = 0.15,
    fail_crit: float = 0.30,
    min_attempts: int = MIN_ATTEMPTS,
    revenue_warn: float | None = None,
    revenue_crit: float | None = None,
) -> tuple[Rule, ...]:
    """The contracts; they must hold for a minute before they fire, freshness excepted.

    Args:
        latency_sla_ms: p95 above this is WARN and a breach of the SLA.
        freshness_minutes: No event for longer than this is CRIT and a breach of the SLA.
        fail_warn: Fail rate (a share) above this is WARN.
        fail_crit: Fail rate above this is CRIT.
        min_attempts: Fewer attempts than this in a window, and the fail rate is not judged.
        revenue_warn: A window's revenue below this (major units) is WARN; None: no floor.
        revenue_crit: A window's revenue below this is CRIT; None: no floor.

    Raises:
        UsageError: when the levels do not fit each other.
    """
    rules = [
        Rule(
            name="p95_latency",
            kpi="p95_latency",
            comparison=Comparison.ABOVE,
            levels=Levels(warn=latency_sla_ms),
            for_=_HELD,
            clear_ratio=_CLEAR_BELOW,
            sla=True,
        ),
        Rule(
            name="fail_rate",
            kpi="fail_rate",
            comparison=Comparison.ABOVE,
            levels=Levels(warn=fail_warn, crit=fail_crit),
            min_volume=min_attempts,
            for_=_HELD,
            clear_ratio=_CLEAR_BELOW,
        ),
        Rule(
            name="freshness",
            kpi="freshness",
            comparison=Comparison.ABOVE,
            levels=Levels(crit=freshness_minutes),
            clear_ratio=_CLEAR_BELOW,
            sla=True,
        ),
    ]
    if revenue_warn is not None or revenue_crit is not None:
        rules.append(
            Rule(
                name="revenue",
                kpi="revenue",
                comparison=Comparison.BELOW,
                levels=Levels(warn=revenue_warn, crit=revenue_crit),
                for_=_HELD,
                clear_ratio=_CLEAR_ABOVE,
            )
        )
    return tuple(rules)


def classic() -> tuple[Rule, ...]:
    """The classic conditions: no minimum volume, no holding, no hysteresis; money in major units."""
    return (
        Rule(
            name="p95_latency",
            kpi="p95_latency",
            comparison=Comparison.ABOVE,
            levels=Levels(warn=LATENCY_SLA_MS),
            sla=True,
            rounded=True,
        ),
        Rule(name="fail_rate", kpi="fail_rate", comparison=Comparison.ABOVE, levels=Levels(warn=0.30)),
        Rule(
            name="freshness",
            kpi="freshness",
            comparison=Comparison.ABOVE,
            levels=Levels(crit=FRESHNESS_SLA_MINUTES),
            sla=True,
            rounded=True,
        ),
        Rule(name="revenue", kpi="revenue", comparison=Comparison.AT_MOST, levels=Levels(warn=500, crit=200)),
    )
