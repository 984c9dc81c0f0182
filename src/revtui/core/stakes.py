"""What failing payments cost: the one number that turns a share into money.

*Sales at stake* are the failed payments of a window above the share that the rule's first level
tolerates, times the average purchase of that window over all gateways, per minute. It is an estimate:
some of those customers try again, some would have bought more than the average.
"""

from collections.abc import Mapping
from typing import Any, Final

from revtui.core.durations import MINUTE
from revtui.core.rules import Rule

FAIL_RATE: Final = "fail_rate"
"""The KPI whose breaches cost sales."""


def sales_at_stake(
    row: Mapping[str, Any], overall: Mapping[str, Any], rule: Rule, *, length: int
) -> int | None:
    """Minor units per minute; None for other rules, for a gateway that is not judged, and without a purchase to take the average from.

    Args:
        row: The window of one gateway, or of all (ROW_SCHEMA).
        overall: The same window of all gateways.
        rule: What it is judged by.
        length: Of the window, microseconds.
    """
    if rule.kpi != FAIL_RATE or not overall["purchases_count"]:
        return None
    levels = rule.levels_for(row["gateway_name"])
    if levels is None:
        return None
    excess = row["payment_failed_count"] - levels.lowest * row["attempts_count"]
    average = overall["revenue_minor"] / overall["purchases_count"]
    per_minute: float = max(excess, 0) * average * MINUTE / length
    return round(per_minute)
