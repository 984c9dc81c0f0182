"""The book of all alerts: steps them pane by pane, numbers the transitions, groups them to incidents.

Rules kept here:
* The order within a pane is fixed: `*`, then gateways by name; within a gateway, rules as configured.
* Only alerts that are pending, open, or just resolved are in the book: a quiet rule costs nothing.
* An alert of the book without a verdict is judged UNKNOWN: a gateway that fell silent has not recovered.
* A pane that was judged is judged no second time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

from revtui.core.alerts import (
    Alert,
    AlertPolicy,
    Phase,
    Transition,
    acknowledge,
    is_history,
    kind_of,
    rests,
    step,
)
from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.rules import Judgement, Rule, Verdict, unknown
from revtui.core.severity import Severity

Key = tuple[str, str]
"""Rule and gateway."""


class AlertBook:
    """All alerts of one engine, and the last sequence number given."""

    def __init__(self, policy: AlertPolicy | None = None) -> None:
        """An empty book."""
        self.policy = policy or AlertPolicy()
        self.last_seq = 0
        self._alerts: dict[Key, Alert] = {}
        self._judged: dict[str, int] = {}

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Pending, firing, recovering and just resolved alerts: `*` first, then by gateway and rule."""
        return tuple(self._alerts[key] for key in sorted(self._alerts, key=_place))

    @property
    def gateways(self) -> frozenset[str]:
        """The gateways that have an alert in the book."""
        return frozenset(gateway for _rule, gateway in self._alerts)

    @property
    def at_rest(self) -> bool:
        """Whether verdicts as severe as the last ones would make no transition, however late they came."""
        return all(rests(alert) for alert in self._alerts.values())

    def step(
        self, judgements: Iterable[Judgement], rules: Sequence[Rule], *, at: int, clock: bool = False
    ) -> tuple[Transition, ...]:
        """Judge one pane: every alert of `rules` moves by its verdict.

        One call per pane holds all its gateways. Alerts of rules that are not in `rules` stay as
        they are, so that the clock can judge freshness alone while panes judge the rest.

        Args:
            judgements: Those of the pane's rows.
            rules: The rules that were judged by.
            at: End of the pane, microseconds (or the clock's time); a rule judged at this time or
                a later one already is passed over.
            clock: Whether `at` is the clock's time.
        """
        due = {rule.name: rule for rule in rules if self._judged.get(rule.name, at - 1) < at}
        self._judged.update(dict.fromkeys(due, at))
        verdicts = self._verdicts(judgements, due)
        order = {name: place for place, name in enumerate(due)}
        found: list[Transition] = []
        for key in sorted(verdicts, key=lambda key: (key[1] != ALL_GATEWAYS, key[1], order[key[0]])):
            alert, drafts = step(
                self._alert(key, due[key[0]], at),
                verdicts[key],
                at=at,
                rule=due[key[0]],
                policy=self.policy,
                clock=clock,
            )
            self._keep(key, alert)
            found.extend(self._number(drafts))
        return tuple(found)

    def retire(self, rules: Iterable[Rule], *, at: int) -> tuple[Transition, ...]:
        """Close the alerts of rules that are configured no longer; `rules` are those that are."""
        names = {rule.name for rule in rules}
        found: list[Transition] = []
        for key in sorted(self._alerts, key=_place):
            if key[0] in names:
                continue
            alert = self._alerts.pop(key)
            if alert.phase is not Phase.RESOLVED:
                found.extend(self._number([_retirement(alert, at)]))
        for name in self._judged.keys() - names:
            del self._judged[name]
        return tuple(found)

    def acknowledge(
        self, ids: Iterable[str], *, by: str, at: int, until: int | None = None
    ) -> tuple[Alert, ...]:
        """Acknowledge open alerts by their id or their incident's; returns those that were open."""
        wanted, seen = frozenset(ids), []
        for key in sorted(self._alerts, key=_place):
            alert = self._alerts[key]
            if alert.phase.is_open and not wanted.isdisjoint({alert.id, alert.incident_id}):
                self._alerts[key] = acknowledge(alert, by=by, at=at, policy=self.policy, until=until)
                seen.append(self._alerts[key])
        return tuple(seen)

    def dump(self) -> dict[str, Any]:
        """The state as JSON has it: numbers, texts, lists, objects."""
        return {
            "last_seq": self.last_seq,
            "judged": dict(self._judged),
            "alerts": [_dumped(alert) for alert in self.alerts],
        }

    @classmethod
    def load(cls, state: Mapping[str, Any], policy: AlertPolicy | None = None) -> "AlertBook":
        """The book that `dump` described."""
        book = cls(policy)
        book.last_seq = int(state["last_seq"])
        book._judged = {str(name): int(at) for name, at in state["judged"].items()}
        for fields in state["alerts"]:
            alert = _loaded(fields)
            book._alerts[alert.rule, alert.gateway_name] = alert
        return book

    def _verdicts(self, judgements: Iterable[Judgement], due: Mapping[str, Rule]) -> dict[Key, Verdict]:
        """What moves something: breaches, and whatever concerns an alert in the book."""
        found: dict[Key, Verdict] = {
            key: unknown(due[key[0]], key[1]) for key in self._alerts if key[0] in due
        }
        for judgement in judgements:
            for verdict in judgement.verdicts:
                key = (verdict.rule, verdict.gateway_name)
                if key in found or (verdict.breached and verdict.rule in due):
                    found[key] = verdict
        return found

    def _alert(self, key: Key, rule: Rule, at: int) -> Alert:
        """The alert of the book, or a new one that joins an incident of its kind and gateway."""
        known = self._alerts.get(key)
        if known is not None and not is_history(known, at=at, policy=self.policy):
            return known
        kind = kind_of(rule)
        peers = (  # these share one incident, so any of them will do
            alert.incident_id
            for alert in self._alerts.values()
            if (alert.kind, alert.gateway_name) == (kind, key[1])
            and not is_history(alert, at=at, policy=self.policy)
        )
        return Alert(rule=key[0], kind=kind, gateway_name=key[1], incident_id=next(peers, ""))

    def _keep(self, key: Key, alert: Alert) -> None:
        if alert.phase is Phase.INACTIVE:
            self._alerts.pop(key, None)
        else:
            self._alerts[key] = alert

    def _number(self, drafts: Iterable[Transition]) -> list[Transition]:
        numbered = [replace(draft, seq=self.last_seq + place) for place, draft in enumerate(drafts, 1)]
        self.last_seq += len(numbered)
        return numbered


def _place(key: Key) -> tuple[bool, str, str]:
    return key[1] != ALL_GATEWAYS, key[1], key[0]


def _retirement(alert: Alert, at: int) -> Transition:
    return Transition(
        seq=0,
        at=at,
        rule=alert.rule,
        kind=alert.kind,
        gateway_name=alert.gateway_name,
        from_=alert.phase,
        to=Phase.RESOLVED if alert.phase.is_open else Phase.INACTIVE,
        severity=alert.severity,
        value=alert.value,
        expected=alert.threshold,
        n=alert.n,
        z=None,
        money_at_risk=None,
        began_at=alert.began_at,
        incident_id=alert.incident_id,
        muted_by=None,
        clock=False,
        reason=f"rule {alert.rule} is no longer configured",
    )


def _dumped(alert: Alert) -> dict[str, Any]:
    fields = asdict(alert)
    return fields | {
        "phase": alert.phase.value,
        "severity": alert.severity.name,
        "worst": alert.worst.name,
        "refired_at": list(alert.refired_at),
    }


def _loaded(fields: Mapping[str, Any]) -> Alert:
    return Alert(
        **cast("dict[str, Any]", dict(fields))
        | {
            "phase": Phase(fields["phase"]),
            "severity": Severity[fields["severity"]],
            "worst": Severity[fields["worst"]],
            "refired_at": tuple(fields["refired_at"]),
        }
    )
