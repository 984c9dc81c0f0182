"""One sentence for 3 a.m.: what is wrong, where, since when, what it costs; or that nothing is.

Like the alerts, it is of the windows of the configured length, whichever are shown. Every number in it comes from the snapshot; what failing payments cost is defined in `core.stakes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from revtui.core.alerts import Alert, Phase
from revtui.core.durations import MINUTE, format_duration
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME, OTHER_GATEWAYS
from revtui.core.reasons import sign_text, subject
from revtui.core.rules import FRESHNESS, Rule, Verdict
from revtui.core.severity import Severity
from revtui.core.stakes import FAIL_RATE, sales_at_stake
from revtui.core.text import sanitise
from revtui.engine.snapshot import Snapshot, SourceState, Status
from revtui.views.lengths import is_another
from revtui.views.values import (
    age_text,
    counted,
    level_text,
    minute_text,
    share_text,
    value_text,
    whole_money,
)

_RANK: Final = {name: rank for rank, name in enumerate((FRESHNESS, FAIL_RATE, "revenue"))}
_NAMED: Final = 2

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What a sentence is made from."""

    snapshot: Snapshot
    clock: int
    rows: Mapping[str, Row]
    """Of the newest closed window of the configured length, by gateway."""
    over: int
    """Alerts that are over."""

    def time(self, us: int) -> str:
        """A time of day, with its date unless it is that of the clock."""
        return minute_text(us, now=self.clock)

    @property
    def window(self) -> str:
        """`5m to 12:40Z`: the newest closed window."""
        end = next(iter(self.rows.values()))["window_end"]
        return f"{format_duration(self.snapshot.policy.length)} to {self.time(end)}"

    @property
    def span(self) -> str:
        """` in 5m`: what its figures are of, when other windows than the configured ones are shown."""
        snapshot = self.snapshot
        return f" in {format_duration(snapshot.policy.length)}" if is_another(snapshot) else ""

    def rule(self, name: str) -> Rule | None:
        """The rule of that name, unless it is configured no longer."""
        return next((rule for rule in self.snapshot.rules if rule.name == name), None)


def sentence(snapshot: Snapshot, *, clock: int, over: int = 0) -> str:
    """The verdict on a snapshot.

    Args:
        snapshot: What is known.
        clock: Microseconds: when it is looked at.
        over: How many alerts fired and are over; of finite data that have ended it is worth a word.
    """
    rows = {row["gateway_name"]: row for row in snapshot.judged.iter_rows(named=True)}
    return sanitise(_sentence(_Evidence(snapshot=snapshot, clock=clock, rows=rows, over=over)))


def stake(snapshot: Snapshot, verdict: Verdict) -> int | None:
    """The sales at stake by a breach, minor units per minute; None where it costs none, or nobody can know."""
    rows = {row["gateway_name"]: row for row in snapshot.judged.iter_rows(named=True)}
    return _stake(_Evidence(snapshot=snapshot, clock=snapshot.taken_at, rows=rows, over=0), verdict)


def _sentence(seen: _Evidence) -> str:
    snapshot, newest = seen.snapshot, seen.snapshot.newest_event
    if newest is None:
        return _no_data(snapshot)
    breached = [verdict for verdict in snapshot.verdicts if verdict.breached]
    wrong = _wrong(seen, breached) if breached else ""
    if snapshot.is_stale(seen.clock) or snapshot.catching_up:
        stopped = any(v.kpi == FRESHNESS and v.gateway_name == ALL_GATEWAYS for v in breached)
        return _behind(seen, newest, "" if stopped else wrong, stopped=stopped)
    if snapshot.status is Status.END and seen.rows:
        return _ended(seen, wrong)
    return wrong or _unbreached(seen)


def _no_data(snapshot: Snapshot) -> str:
    """Before the first event, with the reason where a source knows it."""
    for source in snapshot.sources:
        if source.state is SourceState.ERROR:
            return f"No data yet: {source.name} cannot be read" + (
                f": {source.detail}" if source.detail else ""
            )
        if source.state is SourceState.WAITING:
            return f"No data yet: waiting for {source.name}"
    if snapshot.status is Status.END:
        return "No data: the input held no event that counts"
    return "No data yet"


# --- what the clock says -----------------------------------------------------------------------------


def _behind(seen: _Evidence, newest: int, wrong: str, *, stopped: bool) -> str:
    """That the newest event is old, and why; `wrong` is what was wrong by then."""
    lag = max(0, seen.clock - newest)
    if seen.snapshot.status is Status.DISCONNECTED:
        return f"Disconnected: no events since {seen.time(newest)}, sales are unknown"
    if seen.snapshot.catching_up:
        then = f"; {wrong}" if wrong else ""
        return f"Catching up: at {seen.time(newest)}, {age_text(lag)} behind{then}"
    silence = f"No events for {_minutes(lag)}"
    if stopped:
        return f"{silence}: the data stopped, sales are unknown"
    return f"{silence}; before that, {wrong}" if wrong else f"{silence}: sales since then are unknown"


def _minutes(us: int) -> str:
    """A silence, in minutes below two hours."""
    return f"{us // MINUTE} min" if MINUTE <= us < 120 * MINUTE else age_text(us)


def _ended(seen: _Evidence, wrong: str) -> str:
    """The end of finite data: only its last window is judged, and what was before it must not be forgotten."""
    before = f"; {counted(seen.over, 'alert')} before" if seen.over else "; no alert before"
    if wrong:
        return f"{wrong}, in the last window ({seen.window}){before}"
    judged = seen.snapshot.rules and seen.snapshot.severity < Severity.UNKNOWN
    still_open = any(alert.phase.is_open for alert in seen.snapshot.alerts)
    if judged and not still_open and seen.rows[ALL_GATEWAYS]["events_count"]:
        return f"Nothing wrong in the last window ({seen.window}): {_volume(seen)}{before}"
    return _unbreached(seen) + before


# --- what the rules say ------------------------------------------------------------------------------


def _wrong(seen: _Evidence, breached: Sequence[Verdict]) -> str:
    """The gravest breach, with its cause where it is one gateway, and how many more there are."""
    head = min(
        breached,
        key=lambda v: (
            -v.severity,
            _RANK.get(v.kpi, len(_RANK)),
            v.gateway_name != ALL_GATEWAYS,
            -(v.n or 0),
        ),
    )
    same = [v for v in breached if v.kpi == head.kpi]
    parts = sorted({v.gateway_name for v in same} - {ALL_GATEWAYS})
    if len(parts) == 1:
        head = max((v for v in same if v.gateway_name == parts[0]), key=lambda v: v.severity)
        place = head.gateway_name
    elif head.gateway_name == ALL_GATEWAYS:
        place = f"Overall ({_names(parts)})" if parts else "Overall"
    else:
        place = f"{head.gateway_name} (also {_names([name for name in parts if name != head.gateway_name])})"
    others = len({(v.kpi, v.gateway_name) for v in breached if v.kpi != head.kpi})
    more = f" (and {others:,} more breach{'' if others == 1 else 'es'})" if others else ""
    if head.kpi == FRESHNESS and head.gateway_name == ALL_GATEWAYS:
        end = seen.time(next(iter(seen.rows.values()))["window_end"])
        return f"No events for {head.value or 0:,.0f} min before {end}: sales are unknown{more}"
    parts_of_it = (_fact(seen, head), _since(seen, head, same), _cost(seen, head), _not_firing(seen, same))
    return f"{place}: {''.join(parts_of_it)}{more}"


def _names(parts: Sequence[str]) -> str:
    """The first names, and how many more: `adyen, stripe +3`."""
    more = f" +{len(parts) - _NAMED}" if len(parts) > _NAMED else ""
    return ", ".join(parts[:_NAMED]) + more


def _fact(seen: _Evidence, head: Verdict) -> str:
    """What is measured: counts for the fail rate, the value and its level for everything else."""
    row, snapshot = seen.rows.get(head.gateway_name), seen.snapshot
    if head.kpi == FAIL_RATE and row is not None and row["attempts_count"]:
        failed, attempts = row["payment_failed_count"], row["attempts_count"]
        return f"{failed:,} of {attempts:,} payments fail{seen.span} ({_percent(failed / attempts)})"
    kpi = KPI_BY_NAME[head.kpi]
    rule = seen.rule(head.rule)
    measured = row[kpi.column] if row is not None else None
    value = value_text(kpi, measured, snapshot.currency, estimated=snapshot.users_estimated)
    if rule is None or head.threshold is None:
        return f"{subject(kpi)} {value}{seen.span}"
    level = level_text(kpi, head.threshold, snapshot.currency, snapshot.currency_exponent)
    return f"{subject(kpi)} {value} {sign_text(rule.comparison)} {level}{seen.span}"


def _percent(share: float) -> str:
    """A large share needs no decimals."""
    return f"{share * 100:.0f} %" if share >= 0.1 else share_text(share)


def _alerts_of(seen: _Evidence, verdicts: Sequence[Verdict]) -> dict[tuple[str, str], Alert]:
    """The alerts of the rules and gateways that verdicts are on."""
    keys = {(v.rule, v.gateway_name) for v in verdicts}
    alerts = {(alert.rule, alert.gateway_name): alert for alert in seen.snapshot.alerts}
    return {key: alert for key, alert in alerts.items() if key in keys}


def _since(seen: _Evidence, head: Verdict, same: Sequence[Verdict]) -> str:
    """When the breach began: of this gateway, or else the earliest of those with the same KPI."""
    begun = {key: alert.began_at for key, alert in _alerts_of(seen, same).items() if alert.began_at}
    began = begun.get((head.rule, head.gateway_name), min(begun.values(), default=None))
    return f" since {seen.time(began)}" if began is not None else ""


def _not_firing(seen: _Evidence, same: Sequence[Verdict]) -> str:
    """Why no alert is counted yet, where none is: a breach must hold before it fires."""
    alerts = _alerts_of(seen, same).values()
    if seen.snapshot.status is Status.END or any(alert.phase.is_open for alert in alerts):
        return ""
    return ", alert pending" if any(a.phase is Phase.PENDING for a in alerts) else ", no alert yet"


def _stake(seen: _Evidence, verdict: Verdict) -> int | None:
    row, overall, rule = (
        seen.rows.get(verdict.gateway_name),
        seen.rows.get(ALL_GATEWAYS),
        seen.rule(verdict.rule),
    )
    if not verdict.breached or row is None or overall is None or rule is None:
        return None
    return sales_at_stake(row, overall, rule, length=seen.snapshot.policy.length)


def _cost(seen: _Evidence, head: Verdict) -> str:
    """The sales at stake in words; empty below one unit of money."""
    at_stake, exponent = _stake(seen, head), seen.snapshot.currency_exponent
    if at_stake is None or at_stake < 10**exponent:
        return ""
    return f", about {whole_money(at_stake, seen.snapshot.currency, exponent)}/min of sales at stake"


# --- when no rule is breached ------------------------------------------------------------------------


def _unbreached(seen: _Evidence) -> str:
    """What to say when no rule is breached."""
    still_open = [alert for alert in seen.snapshot.alerts if alert.phase.is_open]
    if still_open:
        return _recovering(seen, still_open)
    if ALL_GATEWAYS not in seen.rows:
        return "No data yet: the first window is still open"
    return _calm(seen)


def _recovering(seen: _Evidence, still_open: Sequence[Alert]) -> str:
    """Nothing is breached now, but alerts have not resolved."""
    head = max(still_open, key=lambda alert: (alert.severity, -alert.began_at))
    name = "all gateways" if head.gateway_name == ALL_GATEWAYS else head.gateway_name
    rule = seen.rule(head.rule)
    what = subject(KPI_BY_NAME[rule.kpi]) if rule is not None else head.rule
    more = f" (and {counted(len(still_open) - 1, 'more alert')})" if len(still_open) > 1 else ""
    since = f"since {seen.time(head.began_at)}{more}"
    if head.unknown_since is not None:
        return f"Alert open {since}: {what} of {name} cannot be judged, too little data"
    return f"Recovering: {what} of {name} back within its level, alert open {since}"


def _calm(seen: _Evidence) -> str:
    """No breach and no open alert: either nothing is wrong, or nothing can be judged."""
    row, severity = seen.rows[ALL_GATEWAYS], seen.snapshot.severity
    if not row["events_count"]:
        return f"No events in the {seen.window}: sales are unknown"
    if not seen.snapshot.rules:
        return f"No rules, so nothing is judged: {_volume(seen)}"
    if severity is Severity.UNKNOWN:
        return f"Too little to judge by: {counted(row['attempts_count'], 'attempt')} in the {seen.window}"
    return f"{'No breach known' if severity.is_alarm else 'Nothing wrong'}: {_volume(seen)}"


def _volume(seen: _Evidence) -> str:
    """What the newest closed window holds."""
    row = seen.rows[ALL_GATEWAYS]
    number = len(seen.rows.keys() - {ALL_GATEWAYS, OTHER_GATEWAYS}) + seen.snapshot.other_gateways
    rate = value_text(KPI_BY_NAME[FAIL_RATE], row["payment_fail_rate"], seen.snapshot.currency)
    attempts = counted(row["attempts_count"], "attempt")
    return f"{counted(number, 'gateway')}, {attempts}{seen.span}, fail rate {rate}"
