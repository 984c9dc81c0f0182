"""Threshold rules over the KPIs of one window.

A rule compares one KPI with two levels. It knows no time: `judge` looks at a single row, and
`core.alerts` remembers. A floor on money or counts is a promise of the whole business, to which no
single gateway is held: it judges a gateway only by levels of the gateway's own. Thresholds are in the unit a person says: money in major units, shares
from 0 to 1, latencies in ms, freshness in minutes.

"No data" is a verdict of its own (UNKNOWN): never 0, never OK.
"""

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, cast

from revtui.core.durations import MINUTE
from revtui.core.errors import UsageError
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME, Kpi, Unit
from revtui.core.reasons import breach_text
from revtui.core.severity import Severity
from revtui.core.spelling import suggestion

FRESHNESS: Final = "freshness"
"""The KPI that live mode judges by the clock."""


class Comparison(StrEnum):
    """A breach is `value <comparison> threshold`."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="

    @property
    def upward(self) -> bool:
        """Whether higher values are worse."""
        return self in {Comparison.ABOVE, Comparison.AT_LEAST}

    @property
    def operator(self) -> Callable[[Any, Any], Any]:
        """Tells whether a value is on the bad side of a threshold; for numbers, or arrays of them."""
        return _OPERATORS[self]


_OPERATORS: Final = {
    Comparison.ABOVE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.BELOW: operator.lt,
    Comparison.AT_MOST: operator.le,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The WARN and the CRIT threshold; None where the rule has no such level.

    Raises:
        UsageError: when neither is set, or one is no finite number.
    """

    warn: float | None = None
    crit: float | None = None

    def __post_init__(self) -> None:
        if self.warn is None and self.crit is None:
            raise UsageError("a rule needs a WARN level, a CRIT level, or both")
        for level in (self.warn, self.crit):
            if level is not None and not math.isfinite(level):
                raise UsageError(f"a threshold must be a finite number, not {level}")

    @property
    def lowest(self) -> float:
        """The level that is reached first."""
        return cast("float", self.crit if self.warn is None else self.warn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fixed threshold (a contract).

    Raises:
        UsageError: when its parts do not fit each other; the message shows the offending value.
    """

    name: str
    kpi: str
    """Name of a KPI in `core.kpis.KPI_BY_NAME`."""
    comparison: Comparison
    levels: Levels
    per_gateway: Mapping[str, Levels] = field(default_factory=dict)
    """Levels for single gateways, in place of `levels`, or of none where the rule is a floor."""
    min_volume: int = 0
    """Fewer observations than this (the KPI's `volume` column) and the rule does not judge."""
    for_: int = 0
    """Microseconds of event time a breach must hold before it fires."""
    clear_ratio: float = 1.0
    """Hysteresis: a firing alert begins to recover when the value is on the good side of threshold × this
    (below 1 for rules that fire above, above 1 for rules that fire below)."""
    keep_firing_for: int = 5 * MINUTE
    """Microseconds of event time without breach before an alert resolves."""
    sla: bool = False
    """Whether a breach of the lowest level is a breach of the SLA."""
    rounded: bool = False
    """Whether the value is rounded to a whole number first, as the classic conditions do."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise UsageError(f"a rule needs a name, not {self.name!r}")
        kpi = _kpi_of(self)
        _refuse_bad_amounts(self, kpi)
        for levels in (self.levels, *self.per_gateway.values()):
            _refuse_bad_levels(self, levels, kpi)

    @property
    def floor(self) -> bool:
        """Whether too little money, or too few of anything, is bad: `levels` then hold for `*` alone."""
        return is_floor(KPI_BY_NAME[self.kpi], self.comparison)

    def levels_for(self, gateway_name: str) -> Levels | None:
        """The levels that hold for a gateway (`*` for all events); None: the rule does not judge it."""
        own = self.per_gateway.get(gateway_name)
        return self.levels if own is None and (gateway_name == ALL_GATEWAYS or not self.floor) else own


def is_floor(kpi: Kpi, comparison: Comparison) -> bool:
    """Whether a rule of these is a floor under an amount, of which a gateway has only a part."""
    return kpi.unit in {Unit.MONEY, Unit.COUNT} and not comparison.upward


def _kpi_of(rule: Rule) -> Kpi:
    kpi = KPI_BY_NAME.get(rule.kpi)
    if kpi is not None:
        return kpi
    raise UsageError(
        f"rule {rule.name!r}: unknown KPI {rule.kpi!r}{suggestion(rule.kpi, KPI_BY_NAME)}",
        hint=f"KPIs: {', '.join(KPI_BY_NAME)}",
    )


def _refuse_bad_amounts(rule: Rule, kpi: Kpi) -> None:
    """Negative volumes or durations, and a volume that the KPI does not have."""
    for name in ("min_volume", "for_", "keep_firing_for"):
        if getattr(rule, name) < 0:
            raise UsageError(
                f"rule {rule.name!r}: {name.rstrip('_')} must not be negative, not {getattr(rule, name)}"
            )
    if rule.min_volume and kpi.volume is None:
        raise UsageError(
            f"rule {rule.name!r}: {kpi.name} rests on no number of observations, so min_volume"
            f" {rule.min_volume} cannot hold",
            hint="leave min_volume out",
        )


def _refuse_bad_levels(rule: Rule, levels: Levels, kpi: Kpi) -> None:
    """CRIT looser than WARN, shares written in percent, hysteresis on the wrong side."""
    if levels.warn is not None and levels.crit is not None:
        looser = levels.crit < levels.warn if rule.comparison.upward else levels.crit > levels.warn
        if looser:
            raise UsageError(
                f"rule {rule.name!r}: CRIT {rule.comparison} {levels.crit:g} is looser than"
                f" WARN {rule.comparison} {levels.warn:g}",
                hint="swap the two levels",
            )
    for level in (levels.warn, levels.crit):
        if level is None:
            continue
        if kpi.unit is Unit.SHARE and not 0 <= level <= 1:
            raise UsageError(
                f"rule {rule.name!r}: {kpi.name} is a share from 0 to 1, not {level:g}",
                hint=f"write {level / 100:g} for {level:g} %",
            )
        clear = level * rule.clear_ratio
        if not math.isfinite(clear) or (clear > level if rule.comparison.upward else clear < level):
            side = "at most 1" if rule.comparison.upward == (level > 0) else "at least 1"
            raise UsageError(
                f"rule {rule.name!r}: clear_ratio {rule.clear_ratio:g} puts the recovery level {clear:g} on the"
                f" wrong side of {level:g}",
                hint=f"a rule with {rule.comparison} {level:g} needs a clear_ratio of {side}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one rule says of one row."""

    rule: str
    kpi: str
    gateway_name: str
    severity: Severity
    """OK, WARN or CRIT; UNKNOWN when the KPI has no data or too little volume."""
    value: float | None
    """In the unit of the threshold."""
    n: int | None
    """Observations behind the value, where the KPI has a volume."""
    threshold: float | None
    """The level breached, or the nearest one when none is."""
    recovered: bool
    """Whether the value is also on the good side of the hysteresis level."""
    sla_breach: bool
    reason: str
    """One line with value, level and volume; empty unless WARN or CRIT."""

    @property
    def breached(self) -> bool:
        """Whether a level is crossed."""
        return self.severity >= Severity.WARN


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All verdicts on one row, and the flags of the public table."""

    verdicts: Sequence[Verdict]
    severity: Severity
    """UNKNOWN when the window holds no event or no rule could judge, unless something worse is known."""
    sla_breach: bool
    reason: str


def of_any_length(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those whose levels hold for windows of any length: of shares and latencies, not of what grows with the length."""
    return tuple(rule for rule in rules if not KPI_BY_NAME[rule.kpi].grows)


def judge(row: Mapping[str, object], rules: Iterable[Rule], *, currency_exponent: int) -> Judgement:
    """Judge one row by every rule.

    The severity is the worst breach. Without one it is UNKNOWN when the window holds no event, or
    when not a single rule could judge; else OK, also when some rules lacked volume. The reasons of
    all breaches are joined by "; ", worst first, then in the order of the rules.

    Args:
        row: A row of ROW_SCHEMA as a mapping, volumes included; money in minor units.
        rules: What to judge by; in their order one verdict each, but for those without levels for the
            row's gateway.
        currency_exponent: Decimals of the currency, by which money is brought to major units.
    """
    gateway_name = cast("str", row["gateway_name"])
    verdicts = _verdicts(row, rules, gateway_name, currency_exponent)
    return _sum_up(verdicts, holds_events=bool(row["events_count"]))


def judge_clock(
    rules: Iterable[Rule], *, now: int, newest_event: int | None, gateway_name: str = ALL_GATEWAYS
) -> Judgement:
    """Judge freshness by the clock: whole minutes from the newest counted event to `now`.

    Rules on other KPIs are passed over. Before the first event every verdict is UNKNOWN.

    Args:
        rules: The configured rules.
        now: Processing time, microseconds.
        newest_event: Event time of the newest counted event, microseconds; None before the first.
        gateway_name: Whose freshness it is.
    """
    minutes = None if newest_event is None else max(0, now - newest_event) // MINUTE
    row = {"data_freshness_minutes": minutes}
    fresh = [rule for rule in rules if rule.kpi == FRESHNESS]
    verdicts = _verdicts(row, fresh, gateway_name, 0)
    return _sum_up(verdicts, holds_events=newest_event is not None)


def unknown(rule: Rule, gateway_name: str, *, value: float | None = None, n: int | None = None) -> Verdict:
    """The verdict of a rule that cannot judge a gateway."""
    levels = rule.levels_for(gateway_name)
    return Verdict(
        rule=rule.name,
        kpi=rule.kpi,
        gateway_name=gateway_name,
        severity=Severity.UNKNOWN,
        value=value,
        n=n,
        threshold=None if levels is None else levels.lowest,
        recovered=False,
        sla_breach=False,
        reason="",
    )


def _verdicts(
    row: Mapping[str, object], rules: Iterable[Rule], gateway_name: str, currency_exponent: int
) -> tuple[Verdict, ...]:
    return tuple(
        [
            _verdict(row, rule, levels, gateway_name, currency_exponent)
            for rule in rules
            if (levels := rule.levels_for(gateway_name)) is not None
        ]
    )


def _verdict(
    row: Mapping[str, object], rule: Rule, levels: Levels, gateway_name: str, currency_exponent: int
) -> Verdict:
    kpi = KPI_BY_NAME[rule.kpi]
    raw = cast("float | None", row[kpi.column])
    n = None if kpi.volume is None else cast("int | None", row[kpi.volume])
    if raw is None or raw != raw or (rule.min_volume and (n or 0) < rule.min_volume):  # noqa: PLR0124 # NaN, without a call
        return unknown(rule, gateway_name, n=n)
    value = raw / 10**currency_exponent if kpi.unit is Unit.MONEY else raw
    if rule.rounded:
        value = round(value)
    breached = rule.comparison.operator
    severity, threshold, reason = Severity.OK, levels.lowest, ""
    if levels.crit is not None and breached(value, levels.crit):
        severity, threshold = Severity.CRIT, levels.crit
    elif breached(value, threshold):
        severity = Severity.WARN
    if severity:
        reason = breach_text(kpi, value, rule.comparison, threshold, n, currency_exponent=currency_exponent)
    return Verdict(
        rule=rule.name,
        kpi=rule.kpi,
        gateway_name=gateway_name,
        severity=severity,
        value=float(value),
        n=n,
        threshold=threshold,
        recovered=not severity and not breached(value, levels.lowest * rule.clear_ratio),
        sla_breach=rule.sla and severity > Severity.OK,
        reason=reason,
    )


def _sum_up(verdicts: tuple[Verdict, ...], *, holds_events: bool) -> Judgement:
    breaches = [verdict for verdict in verdicts if verdict.severity >= Severity.WARN]
    if breaches:
        breaches.sort(key=lambda verdict: -verdict.severity)
        return Judgement(
            verdicts=verdicts,
            severity=breaches[0].severity,
            sla_breach=any(verdict.sla_breach for verdict in breaches),
            reason="; ".join(verdict.reason for verdict in breaches),
        )
    judged = any(verdict.severity is Severity.OK for verdict in verdicts)
    severity = Severity.OK if holds_events and judged else Severity.UNKNOWN
    return Judgement(verdicts=verdicts, severity=severity, sla_breach=False, reason="")
