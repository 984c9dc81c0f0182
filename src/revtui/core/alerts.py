"""The alert state machine: one rule, one gateway, one verdict per evaluation.

Nothing here reads a clock or sends anything. The engine calls `step` once per closed pane with the
event time of that pane, so replaying a day of events gives the same transitions, in the same
order, as the day itself did.

    inactive ──breach──> pending ──held for `for_`──> firing ──good side of hysteresis──> recovering
        ^                   │                           ^ │                                  │
        └────no breach──────┘                           │ └─severity up or down─> firing     │
        ^                                               ├────────────── breach again ────────┤
        │                                               │                                    │
        └─15 min later── resolved ──breach again────────┘ <───held for keep_firing_for───────┘

* Every arrow but "15 min later" is a transition. A rule that need not hold takes two at once.
* A pending alert is INFO; a firing one has the severity of its rule. It gets worse at once, and
  milder only after `keep_firing_for` without the worse level.
* Without data nothing moves: an alert never resolves on "no data". For two window lengths the
  timers run on, then they stand still until there is data again.
* Firing again, from recovering or within 15 min of resolved, is a flap of the same incident.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from revtui.core.durations import format_duration
from revtui.core.incidents import alert_id, incident_id
from revtui.core.kpis import KPI_BY_NAME
from revtui.core.reasons import subject, value_text
from revtui.core.rules import FRESHNESS, Rule, Verdict
from revtui.core.severity import Severity

_MINUTE: Final = 60_000_000
FLAPPING: Final = "flapping"
"""`muted_by` of the transitions of an alert that flaps."""


class Phase(StrEnum):
    """Where an alert is in its life."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    RESOLVED = "resolved"

    @property
    def is_open(self) -> bool:
        """Whether it has fired and not resolved."""
        return self in {Phase.FIRING, Phase.RECOVERING}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """What all alerts have in common; durations in microseconds."""

    window_length: int = 5 * _MINUTE
    """Timers stand still after two of these without data."""
    currency_exponent: int = 2
    """Decimals of money in reasons."""
    rejoin_within: int = 15 * _MINUTE
    """A resolved alert that fires again within this is the same incident."""
    flap_cycles: int = 4
    """This often fired again within `flap_span`, an alert is flapping."""
    flap_span: int = 60 * _MINUTE
    acknowledged_for: Mapping[Severity, int] = field(
        default_factory=lambda: {Severity.CRIT: 30 * _MINUTE, Severity.WARN: 240 * _MINUTE}
    )
    """How long an acknowledgement holds when no end is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of an alert's phase or severity; the log of these is append-only."""

    seq: int
    """Counts from 1 within a run, without gaps; 0 before the book has numbered it."""
    at: int
    """Microseconds: the end of the pane judged."""
    rule: str
    kind: str
    """`contract` for fixed thresholds, `freshness` for the rule on freshness; detectors bring more."""
    gateway_name: str
    from_: Phase
    to: Phase
    severity: Severity
    """Of the alert after it: INFO while pending; recovering and resolved keep what it fired with."""
    value: float | None
    expected: float | None
    """The threshold for a contract, the expectation for a detector."""
    n: int | None
    z: float | None
    money_at_risk: int | None
    began_at: int
    incident_id: str
    muted_by: str | None
    clock: bool
    """Judged by the clock, not by event time: not repeatable in a replay."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Memory of one rule over one gateway."""

    rule: str
    kind: str
    gateway_name: str
    phase: Phase = Phase.INACTIVE
    severity: Severity = Severity.OK
    began_at: int = 0
    """When the breach began that led to this alert: the end of the first pane that showed it."""
    phase_since: int = 0
    """When it got into its phase; of a pending one, moved on by the time that timers stood still."""
    last_breach_at: int = 0
    value: float | None = None
    peak: float | None = None
    """The most extreme value since it began."""
    n: int | None = None
    threshold: float | None = None
    reason: str = ""
    """Of the newest breach."""
    flaps: int = 0
    """How often it fired again while recovering or just resolved."""
    unknown_since: int | None = None
    """Since when there was no data to judge by; timers stand still."""
    incident_id: str = ""
    """Of an inactive alert: the incident to join if it fires, empty to open one."""
    acknowledged_by: str | None = None
    acknowledged_until: int | None = None
    worst: Severity = Severity.OK
    """The worst severity since it began."""
    quiet_since: int | None = None
    """Since when the value is on the good side of hysteresis, without a break."""
    milder_since: int | None = None
    """Since when the verdicts are milder than `severity`, without a break."""
    refired_at: tuple[int, ...] = ()
    """When it fired again, within the last `flap_span`."""
    told: bool = False
    """Whether the present firing was not muted; its resolve is then not muted either."""

    @property
    def id(self) -> str:
        """Short and stable name of this alert; see `core.incidents`."""
        return alert_id(self.rule, self.gateway_name, self.began_at)


def kind_of(rule: Rule) -> str:
    """`freshness` for a rule on freshness, else `contract`."""
    return FRESHNESS if rule.kpi == FRESHNESS else "contract"


def is_history(alert: Alert, *, at: int, policy: AlertPolicy) -> bool:
    """Whether it resolved so long ago that firing again would be another incident."""
    return alert.phase is Phase.RESOLVED and at - alert.phase_since > policy.rejoin_within


def flapping(alert: Alert, *, at: int, policy: AlertPolicy) -> bool:
    """Whether the alert has fired again so often of late that its transitions are muted."""
    return sum(moment > at - policy.flap_span for moment in alert.refired_at) >= policy.flap_cycles


def rests(alert: Alert) -> bool:
    """Whether a verdict as severe as the last one would make no transition, however late it came."""
    if alert.phase is Phase.RESOLVED or alert.unknown_since is not None:
        return True
    return alert.phase is Phase.FIRING and alert.milder_since is None and alert.quiet_since is None


def acknowledge(alert: Alert, *, by: str, at: int, policy: AlertPolicy, until: int | None = None) -> Alert:
    """The alert, seen by a person until `until` (by default 30 min for CRIT, 4 h else).

    An alert that is not open any more is returned unchanged.
    """
    if not alert.phase.is_open:
        return alert
    if until is None:
        until = at + policy.acknowledged_for.get(alert.severity, policy.acknowledged_for[Severity.WARN])
    return replace(alert, acknowledged_by=by, acknowledged_until=until)


def step(
    alert: Alert, verdict: Verdict, *, at: int, rule: Rule, policy: AlertPolicy, clock: bool = False
) -> tuple[Alert, tuple[Transition, ...]]:
    """The alert after one verdict, and the transitions that led there (not numbered yet).

    Laws: the same verdict at the same time again changes nothing; an UNKNOWN verdict makes no
    transition; each firing is followed by at most one resolved before the next.

    Args:
        alert: Its memory so far.
        verdict: The rule's verdict on the pane.
        at: End of the pane (or the clock's time), microseconds, never less than before.
        rule: The rule judged by.
        policy: What all alerts have in common.
        clock: Whether `at` is the clock's time.
    """
    alert = _aged(alert, at, policy)
    if verdict.severity is Severity.UNKNOWN:
        return (alert if alert.unknown_since is not None else replace(alert, unknown_since=at)), ()
    alert = _observed(_thawed(alert, at, policy), verdict, at, rule)
    drafts: list[Transition] = []
    while (moved := _moved(alert, verdict, at, rule, policy)) is not None:
        drafts.append(_draft(alert, moved, verdict, at, rule, policy, clock=clock))
        alert = _noted(alert, moved, drafts[-1])
    return alert, tuple(drafts)


def _aged(alert: Alert, at: int, policy: AlertPolicy) -> Alert:
    """What time alone does: acknowledgements expire, resolved alerts become history."""
    if is_history(alert, at=at, policy=policy):
        return _fresh(alert)
    if alert.acknowledged_until is not None and at >= alert.acknowledged_until:
        return replace(alert, acknowledged_by=None, acknowledged_until=None)
    return alert


def _fresh(alert: Alert) -> Alert:
    return Alert(rule=alert.rule, kind=alert.kind, gateway_name=alert.gateway_name)


def _thawed(alert: Alert, at: int, policy: AlertPolicy) -> Alert:
    """There is data again: timers go on where they stood still."""
    if alert.unknown_since is None:
        return alert
    frozen = max(0, at - alert.unknown_since - 2 * policy.window_length)
    return replace(
        alert,
        unknown_since=None,
        phase_since=alert.phase_since + (frozen if alert.phase is Phase.PENDING else 0),
        quiet_since=None if alert.quiet_since is None else alert.quiet_since + frozen,
        milder_since=None if alert.milder_since is None else alert.milder_since + frozen,
    )


def _observed(alert: Alert, verdict: Verdict, at: int, rule: Rule) -> Alert:
    """The alert with the newest value; pending and open ones only, the others keep their last."""
    if alert.phase in {Phase.INACTIVE, Phase.RESOLVED}:
        return alert
    milder = verdict.severity < alert.severity
    return replace(
        alert,
        value=verdict.value,
        n=verdict.n,
        threshold=verdict.threshold,
        peak=_more_extreme(alert.peak, verdict.value, rule),
        reason=verdict.reason or alert.reason,
        last_breach_at=at if verdict.breached else alert.last_breach_at,
        quiet_since=_since(alert.quiet_since, at, holds=verdict.recovered),
        milder_since=_since(alert.milder_since, at, holds=milder),
    )


def _since(before: int | None, at: int, *, holds: bool) -> int | None:
    if not holds:
        return None
    return at if before is None else before


def _more_extreme(peak: float | None, value: float | None, rule: Rule) -> float | None:
    if peak is None or value is None:
        return value if peak is None else peak
    return max(peak, value) if rule.comparison.upward else min(peak, value)


def _moved(alert: Alert, verdict: Verdict, at: int, rule: Rule, policy: AlertPolicy) -> Alert | None:
    """The alert after the one arrow that leads away from here now; None when it stays."""
    moved: Alert | None = None
    match alert.phase:
        case Phase.INACTIVE if verdict.breached:
            moved = _begun(alert, verdict, at)
        case Phase.PENDING if not verdict.breached:
            moved = _fresh(alert)
        case Phase.PENDING if at - alert.phase_since >= rule.for_:
            moved = _fired(alert, verdict, at)
        case Phase.FIRING if verdict.recovered:
            moved = replace(alert, phase=Phase.RECOVERING, phase_since=at)
        case Phase.FIRING:
            moved = _regraded(alert, verdict, at, rule)
        case Phase.RECOVERING | Phase.RESOLVED if verdict.breached:
            moved = _fired_again(alert, verdict, at, rule, policy)
        case Phase.RECOVERING if (
            alert.quiet_since is not None and at - alert.quiet_since >= rule.keep_firing_for
        ):
            moved = replace(alert, phase=Phase.RESOLVED, phase_since=at)
    return moved


def _begun(alert: Alert, verdict: Verdict, at: int) -> Alert:
    return replace(
        alert,
        phase=Phase.PENDING,
        severity=Severity.INFO,
        began_at=at,
        phase_since=at,
        last_breach_at=at,
        value=verdict.value,
        peak=verdict.value,
        n=verdict.n,
        threshold=verdict.threshold,
        reason=verdict.reason,
        incident_id=alert.incident_id or incident_id(alert.kind, alert.gateway_name, at),
    )


def _fired(alert: Alert, verdict: Verdict, at: int) -> Alert:
    return replace(
        alert,
        phase=Phase.FIRING,
        phase_since=at,
        severity=verdict.severity,
        worst=verdict.severity,
        milder_since=None,
    )


def _fired_again(alert: Alert, verdict: Verdict, at: int, rule: Rule, policy: AlertPolicy) -> Alert:
    """A flap: recovering alerts keep the worse severity, resolved ones take the new."""
    severity = verdict.severity
    if alert.phase is Phase.RECOVERING:
        severity = max(alert.severity, severity)
    recent = tuple(moment for moment in alert.refired_at if moment > at - policy.flap_span)
    again = replace(
        alert,
        phase=Phase.FIRING,
        phase_since=at,
        severity=severity,
        worst=max(alert.worst, severity),
        flaps=alert.flaps + 1,
        refired_at=(*recent, at),
    )
    if severity > alert.severity:
        again = replace(again, acknowledged_by=None, acknowledged_until=None)
    return _observed(again, verdict, at, rule)


def _regraded(alert: Alert, verdict: Verdict, at: int, rule: Rule) -> Alert | None:
    """A firing alert that is worse now, or has been milder for long enough."""
    if verdict.severity > alert.severity:
        return replace(
            alert,
            severity=verdict.severity,
            worst=max(alert.worst, verdict.severity),
            acknowledged_by=None,
            acknowledged_until=None,
        )
    if alert.milder_since is None or at - alert.milder_since < rule.keep_firing_for:
        return None
    has_warn = (rule.levels_for(alert.gateway_name) or rule.levels).warn is not None
    milder = max(verdict.severity, Severity.WARN if has_warn else Severity.CRIT)
    if milder == alert.severity:
        return None
    return replace(alert, severity=milder, milder_since=at if verdict.severity < milder else None)


def _draft(
    before: Alert, after: Alert, verdict: Verdict, at: int, rule: Rule, policy: AlertPolicy, *, clock: bool
) -> Transition:
    known = before if after.phase is Phase.INACTIVE else after
    return Transition(
        seq=0,
        at=at,
        rule=before.rule,
        kind=before.kind,
        gateway_name=before.gateway_name,
        from_=before.phase,
        to=after.phase,
        severity=known.severity,
        value=verdict.value,
        expected=verdict.threshold,
        n=verdict.n,
        z=None,
        money_at_risk=None,
        began_at=known.began_at,
        incident_id=known.incident_id,
        muted_by=FLAPPING if _muted(before, after, at, policy) else None,
        clock=clock,
        reason=verdict.reason or _reason_of_calm(known, after.phase, verdict, at, rule, policy),
    )


def _noted(before: Alert, after: Alert, transition: Transition) -> Alert:
    """The alert that knows whether its firing was told: when it fires anew, or gets worse."""
    anew = before.phase in {Phase.PENDING, Phase.RESOLVED}
    if after.phase is not Phase.FIRING or not (anew or after.severity > before.severity):
        return after
    return replace(after, told=transition.muted_by is None or (before.told and not anew))


def _muted(before: Alert, after: Alert, at: int, policy: AlertPolicy) -> bool:
    """Whether flapping mutes it: never what is worse than ever, and an end just when its beginning was."""
    if after.phase is Phase.RESOLVED:
        return not before.told
    return after.worst <= before.worst and flapping(after, at=at, policy=policy)


def _reason_of_calm(
    alert: Alert, phase: Phase, verdict: Verdict, at: int, rule: Rule, policy: AlertPolicy
) -> str:
    """What to say when nothing is breached any more."""
    kpi = KPI_BY_NAME[rule.kpi]
    texts = [
        "?" if value is None else value_text(kpi, value, currency_exponent=policy.currency_exponent)
        for value in (verdict.value, alert.peak)
    ]
    now = f"{subject(kpi)} {texts[0]}"
    lasted = format_duration(at - alert.began_at)
    match phase:
        case Phase.RECOVERING:
            return f"recovering: {now}"
        case Phase.RESOLVED:
            return f"resolved after {lasted}: {now}, at worst {texts[1]}"
        case Phase.INACTIVE:
            return f"over before it had held for {format_duration(rule.for_)}: {now}"
        case _:
            return f"milder since {format_duration(rule.keep_firing_for)}: {now}"
