"""Judging closed rows: one look at all of them by the column, then words for those that are breached."""

import math
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from revtui.core.arrays import BoolArray, Float64Array, Int64Array, rows_where
from revtui.core.kpis import KPI_BY_NAME, Unit
from revtui.core.reasons import breach_text
from revtui.core.rules import Judgement, Levels, Rule, judge
from revtui.core.severity import Severity
from revtui.engine.rows import CALM, Flags, Rows

_EXACT: Final = 2.0**53
"""Floats hold all integers up to here; larger sums of money are judged one by one."""
_OK: Final = int(Severity.OK)
_UNKNOWN: Final = int(Severity.UNKNOWN)
_WARN: Final = int(Severity.WARN)
_CRIT: Final = int(Severity.CRIT)
_NAMES: Final = {int(severity): severity.name for severity in Severity}


class Judged:
    """What the rules say of some rows."""

    def __init__(self, rows: Rows, rules: Sequence[Rule], *, currency_exponent: int) -> None:
        """Judge every row by every rule."""
        self._rows, self._rules, self._exponent = rows, rules, currency_exponent
        columns = [_Column.of(rule, rows, currency_exponent) for rule in rules]
        said = [column.severity for column in columns]
        self._severity = np.array(said, dtype=np.int64).reshape(len(rules), len(rows))
        self._breached: BoolArray = np.any(self._severity >= _WARN, axis=0)
        self._empty = rows.columns["events_count"] == 0
        self._said: dict[int, Judgement] = {}
        calm = (self._severity == _OK).any(axis=0) & ~self._empty
        self.flags = [CALM[Severity.OK if good else Severity.UNKNOWN] for good in calm.tolist()]
        """Of each row."""
        self._write_flags(columns)
        for column in columns:
            if column.inexact is not None:
                self._breached |= column.inexact
                self._write_exactly(rows_where(column.inexact).tolist())

    def _write_flags(self, columns: "Sequence[_Column]") -> None:
        """The flags of what is breached; reasons by severity, then in the order of the rules."""
        reasons: dict[int, list[tuple[int, str]]] = defaultdict(list)
        sla: set[int] = set()
        for column in columns:
            for place, severity, reason in column.breaches(self._exponent):
                reasons[place].append((-severity, reason))
                if column.rule.sla:
                    sla.add(place)
        for place, found in reasons.items():
            if len(found) > 1:
                found.sort(key=lambda each: each[0])
            self.flags[place] = Flags(
                severity=_NAMES[-found[0][0]],
                sla_breach=place in sla,
                reason="; ".join([reason for _, reason in found]),
            )

    def _write_exactly(self, places: Sequence[int]) -> None:
        for place in places:
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
        return bool(self._breached[place]) or self._rows.names[int(self._rows.key[place])] in watched

    def repeats(self) -> BoolArray:
        """Of each row, whether its window is empty as the one before was, and judged as severely by every rule."""
        again = np.zeros(len(self._rows), dtype=np.bool_)
        if not self._empty.any():
            return again
        alike = (self._severity[:, 1:] == self._severity[:, :-1]).all(axis=0)
        again[1:] = alike & self._empty[1:] & self._empty[:-1]
        return again


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What one rule says of every row."""

    rule: Rule
    value: Float64Array
    """In the unit of the threshold."""
    volume: Int64Array | None
    warn: float | Float64Array
    """The level for all rows or for each; NaN where there is none."""
    crit: float | Float64Array
    severity: Int64Array
    inexact: BoolArray | None
    """Where the value is too large to be told apart from its neighbours; None: nowhere."""

    @classmethod
    def of(cls, rule: Rule, rows: Rows, currency_exponent: int) -> "_Column":
        kpi = KPI_BY_NAME[rule.kpi]
        value = _floats(rows.columns[kpi.column])
        volume = None if kpi.volume is None else rows.columns[kpi.volume]
        inexact = None
        if kpi.unit is Unit.MONEY:
            inexact = np.abs(value) >= _EXACT
            value = value / 10**currency_exponent
        if rule.rounded:
            value = np.rint(value)
        warn, crit = _levels(rule, rows)
        judged = ~np.isnan(value)
        if not isinstance(warn, float):
            judged &= ~(np.isnan(warn) & np.isnan(crit))
        if volume is not None and rule.min_volume:
            judged &= volume >= rule.min_volume
        severity = np.where(judged, _OK, _UNKNOWN)
        for level, reached in ((warn, _WARN), (crit, _CRIT)):
            if not isinstance(level, float) or level == level:  # noqa: PLR0124 # NaN
                severity[judged & rule.comparison.operator(value, level)] = reached
        return cls(
            rule=rule,
            value=value,
            volume=volume,
            warn=warn,
            crit=crit,
            severity=severity,
            inexact=inexact,
        )

    def breaches(self, currency_exponent: int) -> Iterator[tuple[int, int, str]]:
        """Places, severities and reasons of the rows that are breached."""
        places = rows_where(self.severity >= _WARN)
        if not places.size:
            return
        kpi, comparison = KPI_BY_NAME[self.rule.kpi], self.rule.comparison
        severities = self.severity[places]
        levels = np.where(self.severity == _CRIT, self.crit, self.warn)
        volumes = [None] * places.size if self.volume is None else self.volume[places].tolist()
        for place, severity, value, level, n in zip(
            places.tolist(),
            severities.tolist(),
            self.value[places].tolist(),
            levels[places].tolist(),
            volumes,
            strict=True,
        ):
            reason = breach_text(kpi, value, comparison, level, n, currency_exponent=currency_exponent)
            yield place, severity, reason


def _levels(rule: Rule, rows: Rows) -> tuple[float | Float64Array, float | Float64Array]:
    """The WARN and the CRIT level, for all rows or for each; NaN where there is none."""
    if not rule.per_gateway and not rule.floor:
        return _levels_of(rule.levels)
    held = np.array([_levels_of(rule.levels_for(name)) for name in rows.names])[rows.key]
    return held[:, 0], held[:, 1]


def _levels_of(levels: Levels | None) -> tuple[float, float]:
    if levels is None:
        return math.nan, math.nan
    return (
        math.nan if levels.warn is None else levels.warn,
        math.nan if levels.crit is None else levels.crit,
    )


def _floats(values: object) -> Float64Array:
    money = values.cast(pl.Float64).to_numpy() if isinstance(values, pl.Series) else values
    return np.asarray(money, dtype=np.float64)
