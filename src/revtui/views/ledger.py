"""The alert log: transitions folded into one row per alert, and what is known of the open ones now.

An alert is known by rule, gateway and when it began (`core.incidents.alert_id`), so a replay gives
the same rows with the same ids. Rows are ordered by their newest transition, the newest last: a log
that follows its tail shows what just happened. A breach that was over before it fired leaves no row.

A transition tells what was true at its moment. While an alert is open, its row shows what the newest
snapshot knows of it instead: the value of now, and since when it cannot be judged any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from revtui.core.alerts import Alert, Phase, Transition
from revtui.core.incidents import alert_id
from revtui.core.kpis import KPI_BY_NAME
from revtui.core.money import EXPONENTS
from revtui.core.reasons import subject
from revtui.core.rules import Rule
from revtui.engine.snapshot import Snapshot
from revtui.views.model import AlertRow
from revtui.views.values import DASH, VOLUMES, minute_text, reason_text, said_text

MOST_ALERTS: Final = 20_000
"""More alerts than these are not kept: the oldest that are over give way."""
_SILENCED: Final = "silenced"


class AlertLedger:
    """The log, kept up to date by adding what is new; cheap for tens of thousands of alerts."""

    def __init__(
        self,
        *,
        source: str = "",
        currency: str = "USD",
        rules: Sequence[Rule] = (),
        most: int = MOST_ALERTS,
    ) -> None:
        """An empty log. `source` stands in every row; `rules` tell which KPI a rule watches."""
        self.cursor = 0
        """Sequence number of the newest transition added; what `TransitionLog.since` wants."""
        self.dropped = 0
        """Alerts that are over and were left out, since there are too many; and changes that came too late."""
        self.users_estimated = False
        """Whether active users are an estimate, by the newest snapshot."""
        self._source = source
        self._currency = currency
        self._rules = {rule.name: rule for rule in rules}
        self._most = most
        self._rows: dict[str, AlertRow] = {}
        self._open: set[str] = set()

    @classmethod
    def of(cls, snapshot: Snapshot) -> "AlertLedger":
        """An empty log of the run that a snapshot is of."""
        names = [source.name for source in snapshot.sources]
        return cls(
            source=names[0] if len(names) == 1 else "", currency=snapshot.currency, rules=snapshot.rules
        )

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, transitions: Iterable[Transition]) -> tuple[AlertRow, ...]:
        """Take in transitions in order; those at or before the cursor change nothing. Returns the rows changed."""
        changed: dict[str, AlertRow] = {}
        for transition in transitions:
            if transition.seq <= self.cursor:
                continue
            self.dropped += transition.seq - self.cursor - 1
            self.cursor = transition.seq
            key = alert_id(transition.rule, transition.gateway_name, transition.began_at)
            before = self._rows.pop(key, None)  # taken out, so that it comes last again
            changed.pop(key, None)
            if transition.to is Phase.INACTIVE:
                self._open.discard(key)
                continue
            row = self._row(key, transition, before)
            self._rows[key] = changed[key] = row
            (self._open.add if row.ended_at is None else self._open.discard)(key)
        self._forget()
        return tuple(row for key, row in changed.items() if key in self._rows)

    def rows(self, now: int, alerts: Sequence[Alert] = ()) -> tuple[AlertRow, ...]:
        """All rows at `now` (microseconds), the newest transition last.

        Args:
            now: For how long open alerts have lasted.
            alerts: The alerts of the snapshot: what holds now of those that are open.
        """
        held = {alert.id: alert for alert in alerts}
        for key in self._open:
            row, alert = self._rows[key], held.get(key)
            if alert is not None:
                row = self._up_to_date(row, alert, now)
            self._rows[key] = replace(row, dur=max(0, now - row.began_at))
        return tuple(self._rows.values())

    def _forget(self) -> None:
        """Let the oldest alerts go that are over, when there are too many."""
        over = len(self._rows) - self._most
        if over <= 0:
            return
        gone = [key for key in self._rows if key not in self._open][:over]
        for key in gone:
            del self._rows[key]
        self.dropped += len(gone)

    def _row(self, key: str, transition: Transition, before: AlertRow | None) -> AlertRow:
        """The row of an alert after one more transition."""
        ended = transition.at if transition.to is Phase.RESOLVED else None
        fired = transition.to is Phase.FIRING and transition.from_ is not Phase.FIRING
        rule = self._rules.get(transition.rule)
        measured = self._measured(rule, transition.value, transition.n)
        return AlertRow(
            id=key,
            seq=transition.seq,
            sev=transition.severity,
            state=transition.to.value,
            acked=before.acked if before is not None else False,
            silenced=transition.muted_by == _SILENCED,
            kpi=transition.rule if rule is None else rule.kpi,
            rule=transition.rule,
            gateway=transition.gateway_name,
            value=transition.value,
            value_text=self._said(rule, transition.value),
            measured=measured,
            fired_at=transition.at if fired else None if before is None else before.fired_at,
            fired_with=measured if fired else "" if before is None else before.fired_with,
            began_at=transition.began_at,
            ended_at=ended,
            at=transition.at,
            dur=max(0, transition.at - transition.began_at),
            count=(before.count if before is not None else 0) + fired,
            source=self._source,
            ack_by=before.ack_by if before is not None else "",
            text=reason_text(transition.reason, estimated=self.users_estimated),
            incident_id=transition.incident_id,
        )

    def _up_to_date(self, row: AlertRow, alert: Alert, now: int) -> AlertRow:
        """The row with what holds now; a snapshot that is older than its newest transition changes nothing."""
        by = alert.acknowledged_by or ""
        row = replace(row, acked=bool(by), ack_by=by)
        if alert.phase.value != row.state:
            return row
        rule = self._rules.get(alert.rule)
        return replace(
            row,
            value=alert.value,
            value_text=self._said(rule, alert.value),
            measured=self._measured(rule, alert.value, alert.n),
            unknown_since=alert.unknown_since,
            text=self._reason(row, alert, rule, now),
        )

    def _reason(self, row: AlertRow, alert: Alert, rule: Rule | None, now: int) -> str:
        """What is wrong, with the value of now; and since when nobody can tell."""
        text = reason_text(alert.reason, estimated=self.users_estimated) or row.text
        if rule is not None and alert.value is not None and rule.kpi in KPI_BY_NAME:
            within = alert.threshold is None or not rule.comparison.operator(alert.value, alert.threshold)
            value = f"{subject(KPI_BY_NAME[rule.kpi])} {self._said(rule, alert.value)}"
            if alert.phase is Phase.RECOVERING:
                text = f"recovering: {value}"
            elif within:
                text = f"{value}, hardly back within its level"
        if alert.unknown_since is None:
            return text
        return f"no data since {minute_text(alert.unknown_since, now=now)}; {text}"

    def _said(self, rule: Rule | None, value: float | None) -> str:
        if rule is None:
            return DASH
        kpi, exponent = KPI_BY_NAME[rule.kpi], EXPONENTS.get(self._currency, 2)
        return said_text(kpi, value, self._currency, exponent, estimated=self.users_estimated)

    def _measured(self, rule: Rule | None, value: float | None, n: int | None) -> str:
        """A value with what it rests on: `78.8 % of 52 attempts`."""
        said = self._said(rule, value)
        volume = None if rule is None else KPI_BY_NAME[rule.kpi].volume
        return said if volume is None or not n else f"{said} of {n:,} {VOLUMES[volume]}"


def fold(
    transitions: Iterable[Transition],
    *,
    now: int,
    source: str,
    currency: str = "USD",
    rules: Sequence[Rule] = (),
    alerts: Sequence[Alert] = (),
    users_estimated: bool = False,
) -> tuple[AlertRow, ...]:
    """The whole log of `transitions` at once; the same rows as a ledger that was fed bit by bit."""
    ledger = AlertLedger(source=source, currency=currency, rules=rules)
    ledger.users_estimated = users_estimated
    ledger.add(transitions)
    return ledger.rows(now, alerts)
