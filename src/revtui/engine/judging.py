"""Judging closed rows: one look at all of them by the column, then in words those that matter."""

from collections.abc import Container, Sequence
from typing import Final

import numpy as np
import polars as pl

from revtui.core.arrays import BoolArray, Float64Array
from revtui.core.kpis import KPI_BY_NAME, Unit
from revtui.core.rules import Judgement, Rule, judge
from revtui.core.severity import Severity
from revtui.engine.rows import CALM, Flags, Rows

_EXACT: Final = 2.0**53
"""Floats hold all integers up to here; larger sums of money are judged one by one."""


class Judged:
    """What the rules say of some rows."""

    def __init__(self, rows: Rows, rules: Sequence[Rule], *, currency_exponent: int) -> None:
        """Judge every row by every rule."""
        self._rows, self._rules, self._exponent = rows, rules, currency_exponent
        breached, known = _look(rows, rules, currency_exponent)
        calm = (rows.columns["events_count"] > 0) & known
        self.flags = [CALM[Severity.OK if good else Severity.UNKNOWN] for good in calm.tolist()]
        """Of each row."""
        self._said: dict[int, Judgement] = {}
        for place in np.flatnonzero(breached).tolist():
            said = self[place]
            self.flags[place] = Flags(
                severity=said.severity.name, sla_breach=said.sla_breach, reason=said.reason
            )

    def __getitem__(self, place: int) -> Judgement:
        """All that is said of a row."""
        if place not in self._said:
            row = self._rows.row(place)
            self._said[place] = judge(row, self._rules, currency_exponent=self._exponent)
        return self._said[place]

    def matters(self, place: int, watched: Container[str]) -> bool:
        """Whether anything is breached in a row, or its gateway is watched."""
        return place in self._said or self._rows.names[int(self._rows.key[place])] in watched


def _look(rows: Rows, rules: Sequence[Rule], currency_exponent: int) -> tuple[BoolArray, BoolArray]:
    """In which rows any rule is breached, and in which any could judge."""
    breached, known = np.zeros(len(rows), dtype=np.bool_), np.zeros(len(rows), dtype=np.bool_)
    for rule in rules:
        kpi = KPI_BY_NAME[rule.kpi]
        value = _floats(rows.columns[kpi.column])
        judged = ~np.isnan(value)
        if kpi.volume is not None:
            judged &= rows.columns[kpi.volume] >= rule.min_volume
        if kpi.unit is Unit.MONEY:
            breached |= np.abs(value) >= _EXACT
            value = value / 10**currency_exponent
        if rule.rounded:
            value = np.rint(value)
        lowest = _lowest(rule, rows)
        judged &= ~np.isnan(lowest)
        breached |= judged & rule.comparison.operator(value, lowest)
        known |= judged
    return breached, known


def _lowest(rule: Rule, rows: Rows) -> float | Float64Array:
    """The level that is reached first, for all rows or for each; NaN where the rule does not judge."""
    if not rule.per_gateway and not rule.floor:
        return rule.levels.lowest
    levels = [rule.levels_for(name) for name in rows.names]
    return np.array([np.nan if one is None else one.lowest for one in levels])[rows.key]


def _floats(values: object) -> Float64Array:
    money = values.cast(pl.Float64).to_numpy() if isinstance(values, pl.Series) else values
    return np.asarray(money, dtype=np.float64)
