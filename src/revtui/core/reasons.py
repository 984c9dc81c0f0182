"""The words of a reason: one line with the value, the level it crossed, and what it rests on.

Rules kept here: figures carry their unit, thousands are grouped, and a value is given as many
decimals as it takes to see that it lies beyond its level ("30.01 % > 30 %", never "30.0 % > 30 %").
"""

from typing import Final

from revtui.core.kpis import Kpi, Unit

_SIGNS: Final = {">=": "≥", "<=": "≤"}
_SUFFIXES: Final = {Unit.SHARE: " %", Unit.MILLISECONDS: " ms", Unit.MINUTES: " min"}
_MOST_DECIMALS: Final = 6


def subject(kpi: Kpi) -> str:
    """What a sentence about a KPI begins with.

    >>> from revtui.core.kpis import KPI_BY_NAME
    >>> subject(KPI_BY_NAME["fail_rate"])
    'payment fail rate'
    """
    return kpi.subject


def value_text(kpi: Kpi, value: float, *, currency_exponent: int = 2, apart_from: float | None = None) -> str:
    """A value with its unit; money in major units with `currency_exponent` decimals, shares in percent.

    With `apart_from`, decimals are added until the two can be told apart.

    >>> from revtui.core.kpis import KPI_BY_NAME
    >>> value_text(KPI_BY_NAME["p95_latency"], 1412.2)
    '1,412 ms'
    >>> value_text(KPI_BY_NAME["fail_rate"], 0.3001, apart_from=0.3)
    '30.01 %'
    """
    scale = 100.0 if kpi.unit is Unit.SHARE else 1.0
    decimals = {Unit.SHARE: 1, Unit.MONEY: currency_exponent}.get(kpi.unit, 0)
    if apart_from is not None and value != apart_from:
        while decimals < _MOST_DECIMALS and round(value * scale, decimals) == round(
            apart_from * scale, decimals
        ):
            decimals += 1
    return f"{value * scale:,.{decimals}f}{_SUFFIXES.get(kpi.unit, '')}"


def sign_text(comparison: str) -> str:
    """The sign of a comparison as a reader knows it.

    >>> sign_text(">="), sign_text("<")
    ('≥', '<')
    """
    return _SIGNS.get(comparison, comparison)


def level_text(kpi: Kpi, level: float) -> str:
    """A threshold with its unit, in the fewest digits.

    >>> from revtui.core.kpis import KPI_BY_NAME
    >>> level_text(KPI_BY_NAME["fail_rate"], 0.3), level_text(KPI_BY_NAME["revenue"], 1200.5)
    ('30 %', '1,200.5')
    """
    scale = 100.0 if kpi.unit is Unit.SHARE else 1.0
    digits = f"{level * scale:,.{_MOST_DECIMALS}f}".rstrip("0").rstrip(".")
    return digits + _SUFFIXES.get(kpi.unit, "")


def breach_text(
    kpi: Kpi, value: float, comparison: str, level: float, n: int | None, *, currency_exponent: int = 2
) -> str:
    """The reason of a breach, such as `payment fail rate 34.2 % > 30 % (41 of 120 attempts)`.

    >>> from revtui.core.kpis import KPI_BY_NAME
    >>> breach_text(KPI_BY_NAME["revenue"], 180.0, "<=", 200.0, None)
    'revenue 180.00 ≤ 200'
    """
    shown = value_text(kpi, value, currency_exponent=currency_exponent, apart_from=level)
    evidence = f" ({round(value * n):,} of {n:,} attempts)" if kpi.unit is Unit.SHARE and n else ""
    return f"{subject(kpi)} {shown} {sign_text(comparison)} {level_text(kpi, level)}{evidence}"
