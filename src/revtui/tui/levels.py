"""Thresholds as a person types them: text to a level and back, and rules with a changed level.

Levels are in the unit a person says: money in major units, shares from 0 to 1 (typed in percent),
latencies in ms, freshness in minutes. What is refused is refused in those words.
"""

import math
import re
from dataclasses import replace
from typing import Final, Literal

from revtui.core.errors import UsageError
from revtui.core.kpis import KPI_BY_NAME, Kpi, Unit
from revtui.core.money import exponent, format_money
from revtui.core.reasons import sign_text, subject
from revtui.core.rules import Rule
from revtui.views.values import level_text

Which = Literal["warn", "crit"]

_LEVEL: Final = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<prefix>[^\d.,+\-\s]*)\s*"
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)\s*(?P<suffix>[^\d.,]*)"
)
_DECIMAL_COMMA: Final = re.compile(r"\d,\d{1,2}(?!\d)")
_NONE: Final = frozenset({"", "-", "–", "off", "none"})
_SUFFIXES: Final[dict[Unit, dict[str, float]]] = {
    Unit.SHARE: {"%": 0.01, "": 0.01},
    Unit.MONEY: {"": 1, "k": 1e3, "m": 1e6},
    Unit.COUNT: {"": 1, "k": 1e3, "m": 1e6},
    Unit.MILLISECONDS: {"": 1, "ms": 1, "s": 1e3},
    Unit.MINUTES: {"": 1, "m": 1, "min": 1, "h": 60},
}
_EXAMPLES: Final = {
    Unit.SHARE: "15 %",
    Unit.MONEY: "500 or 1.9k",
    Unit.COUNT: "350",
    Unit.MILLISECONDS: "1200 or 1.2s",
    Unit.MINUTES: "10",
}
_STEPS: Final = {
    Unit.SHARE: 0.01,
    Unit.MONEY: 10.0,
    Unit.COUNT: 1.0,
    Unit.MILLISECONDS: 10.0,
    Unit.MINUTES: 1.0,
}


def parse_level(text: str, kpi: Kpi, currency: str = "USD") -> float | None:
    """A level as typed; None for `off`, `none`, `-` or nothing at all. Commas group thousands.

    Raises:
        UsageError: when `text` is no level of this KPI.

    >>> from revtui.core.kpis import KPI_BY_NAME
    >>> parse_level("15 %", KPI_BY_NAME["fail_rate"]), parse_level("$1.9k", KPI_BY_NAME["revenue"])
    (0.15, 1900.0)
    """
    body = text.strip().lower()
    if body in _NONE:
        return None
    match = _LEVEL.fullmatch(body)
    factor = _SUFFIXES[kpi.unit].get(match["suffix"].strip()) if match else None
    if match is None or factor is None or match["prefix"] not in _prefixes(kpi, currency):
        raise UsageError(f"not a level of {subject(kpi)}: {text.strip()!r}", hint=_hint(body, kpi, currency))
    number = float(match["sign"] + match["number"].replace(",", ""))
    if kpi.unit is Unit.SHARE and 0 < number < 1 and not match["suffix"].strip():
        raise UsageError(f"{number:g} could be {number * 100:g} % or {number:g} %", hint="write the % sign")
    level = float(f"{number * factor:.12g}")  # 15 * 0.01 is 0.15
    if not math.isfinite(level):
        raise UsageError(f"not a finite number: {text.strip()!r}")
    return level


def _prefixes(kpi: Kpi, currency: str) -> frozenset[str]:
    """What may stand before a number: of money, the currency's sign or code."""
    if kpi.unit is not Unit.MONEY:
        return frozenset({""})
    sign = format_money(0, currency).partition("0")[0].strip()
    return frozenset({"", sign.lower(), currency.lower()})


def _hint(body: str, kpi: Kpi, currency: str) -> str:
    if _DECIMAL_COMMA.search(body):
        return "commas group thousands: write a point, as in 1.5"
    unit = f" of {currency}" if kpi.unit is Unit.MONEY else ""
    return f"write it like {_EXAMPLES[kpi.unit]}{unit}"


def level_of(rule: Rule, which: Which) -> float | None:
    """The WARN or the CRIT level for all gateways that have none of their own."""
    return rule.levels.warn if which == "warn" else rule.levels.crit


def with_level(rule: Rule, which: Which, level: float | None, currency: str = "USD") -> Rule:
    """The rule with another level.

    Raises:
        UsageError: when the rule would make no sense, such as CRIT looser than WARN.
    """
    kpi = KPI_BY_NAME[rule.kpi]
    warn, crit = (level, rule.levels.crit) if which == "warn" else (rule.levels.warn, level)

    def said(value: float) -> str:
        return f"{sign_text(rule.comparison)} {level_text(kpi, value, currency, exponent(currency))}"

    if kpi.unit is Unit.SHARE and level is not None and not 0 <= level <= 1:
        raise UsageError(
            f"{subject(kpi)} {said(level)} can never be",
            hint="a share lies between 0 % and 100 %",
        )
    if warn is not None and crit is not None and (crit < warn if rule.comparison.upward else crit > warn):
        raise UsageError(
            f"CRIT {said(crit)} would be looser than WARN {said(warn)}", hint="move the other level first"
        )
    return replace(rule, levels=replace(rule.levels, warn=warn, crit=crit))


def nudged(rule: Rule, which: Which, steps: int, currency: str = "USD") -> Rule:
    """The rule with a level some steps higher or lower; a level that is off stays off.

    A step is 1 % of a share, 10 units of money, 10 ms, 1 minute or 1. Only money may fall below zero.

    Raises:
        UsageError: see `with_level`.
    """
    level, unit = level_of(rule, which), KPI_BY_NAME[rule.kpi].unit
    if level is None:
        return rule
    moved = level + steps * _STEPS[unit]
    if unit is not Unit.MONEY:
        moved = max(moved, 0)
    return with_level(rule, which, float(f"{moved:.12g}"), currency)
