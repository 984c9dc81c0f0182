"""Thresholds as a person types them: text to a level and back, and rules with a changed level.

Levels are in the unit a person says: money in major units, shares from 0 to 1 (typed in percent),
latencies in ms, freshness in minutes.
"""

import math
import re
from dataclasses import replace
from typing import Final, Literal

from revtui.core.errors import UsageError
from revtui.core.kpis import Kpi, Unit
from revtui.core.rules import Rule

Which = Literal["warn", "crit"]

_NUMBER: Final = re.compile(r"([^\d.+-]*)([+-]?\d[\d,]*\.?\d*|[+-]?\.\d+)\s*(\D*)")
_NONE: Final = frozenset({"", "-", "–", "off", "none"})
_SUFFIXES: Final[dict[Unit, dict[str, float]]] = {
    Unit.SHARE: {"%": 0.01, "": 0.01},
    Unit.APART: {"": 1, "k": 1e3, "m": 1e6},
    Unit.COUNT: {"": 1, "k": 1e3, "m": 1e6},
    Unit.MILLISECONDS: {"": 1, "ms": 1, "s": 1e3},
    Unit.MINUTES: {"": 1, "m": 1, "min": 1, "h": 60},
}
_EXAMPLES: Final = {
    Unit.SHARE: "15 %",
    Unit.APART: "500 or 1.9k",
    Unit.COUNT: "350",
    Unit.MILLISECONDS: "1200 or 1.2s",
    Unit.MINUTES: "10",
}
_STEPS: Final = {
    Unit.SHARE: 0.01,
    Unit.APART: 10.0,
    Unit.COUNT: 1.0,
    Unit.MILLISECONDS: 10.0,
    Unit.MINUTES: 1.0,
}


def parse_level(text: str, kpi: Kpi) -> float | None:
    """A level as typed; None for `off`, `none`, `-` or nothing at all.

    Raises:
        UsageError: when `text` is no level of this KPI.

    >>> from revtui.core.kpis import KPI_BY_NAME
    >>> parse_level("15 %", KPI_BY_NAME["fail_rate"]), parse_level("1.9k", KPI_BY_NAME["revenue"])
    (0.15, 1900.0)
    """
    body = text.strip().lower()
    if body in _NONE:
        return None
    match = _NUMBER.fullmatch(body)
    factor = _SUFFIXES[kpi.unit].get(match[3].strip()) if match else None
    if match is None or factor is None or (match[1].strip() and kpi.unit is not Unit.APART):
        raise UsageError(
            f"not a level of {kpi.name}: {text.strip()!r}", hint=f"write it like {_EXAMPLES[kpi.unit]}"
        )
    number = float(match[2].replace(",", ""))
    if kpi.unit is Unit.SHARE and 0 < number < 1 and not match[3].strip():
        raise UsageError(f"{number:g} could be {number * 100:g} % or {number:g} %", hint="write the % sign")
    level = float(f"{number * factor:.12g}")  # 15 * 0.01 is 0.15
    if not math.isfinite(level):
        raise UsageError(f"not a finite number: {text.strip()!r}")
    return level


def level_of(rule: Rule, which: Which) -> float | None:
    """The WARN or the CRIT level for all gateways that have none of their own."""
    return rule.levels.warn if which == "warn" else rule.levels.crit


def with_level(rule: Rule, which: Which, level: float | None) -> Rule:
    """The rule with another level.

    Raises:
        UsageError: when the rule would make no sense, such as CRIT looser than WARN.
    """
    levels = replace(rule.levels, warn=level) if which == "warn" else replace(rule.levels, crit=level)
    return replace(rule, levels=levels)


def nudged(rule: Rule, which: Which, kpi: Kpi, steps: int) -> Rule:
    """The rule with a level some steps higher or lower; a level that is off stays off.

    A step is 1 % of a share, 10 units of money, 10 ms, 1 minute or 1.

    Raises:
        UsageError: see `with_level`.
    """
    level = level_of(rule, which)
    if level is None:
        return rule
    return with_level(rule, which, float(f"{max(level + steps * _STEPS[kpi.unit], 0):.12g}"))
