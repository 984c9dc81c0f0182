"""One sentence for 3 a.m.: what is wrong, where, since when, what it costs; or that nothing is.

Every number in it comes from the snapshot; what failing payments cost is defined in `core.stakes`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from revtui.core.alerts import Alert
from revtui.core.durations import format_duration
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME, OTHER_GATEWAYS
from revtui.core.reasons import sign_text, subject
from revtui.core.rules import FRESHNESS, Rule, Verdict
from revtui.core.severity import Severity
from revtui.core.stakes import FAIL_RATE, sales_at_stake
from revtui.core.text import sanitise
from revtui.engine.snapshot import Snapshot, SourceState, Status
from revtui.views.tables import newest_rows
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
_MINUTE: Final = 60_000_000
_NAMED: Final = 2

Row = Mapping[str, Any]


def sentence(snapshot: Snapshot, *, clock: int) -> str:
    """The verdict on a snapshot at `clock` (microseconds)."""
    return sanitise(_sentence(snapshot, clock))


def _sentence(snapshot: Snapshot, clock: int) -> str:
    newest = snapshot.newest_event
    if newest is None:
        return _no_data(snapshot)
    breached = [verdict for verdict in snapshot.verdicts if verdict.breached]
    rows = {row["gateway_name"]: row for row in newest_rows(snapshot).iter_rows(named=True)}
    wrong = _wrong(snapshot, breached, rows) if breached else ""
    if snapshot.is_stale(clock) or snapshot.catching_up:
        stopped = any(v.kpi == FRESHNESS and v.gateway_name == ALL_GATEWAYS for v in breached)
        return _behind(snapshot, newest, clock, "" if stopped else wrong, stopped=stopped)
    return wrong or _unbreached(snapshot, rows)


def _unbreached(snapshot: Snapshot, rows: Mapping[str, Row]) -> str:
    """What to say when no rule is breached."""
    still_open = [alert for alert in snapshot.alerts if alert.phase.is_open]
    if still_open:
        return _recovering(snapshot, still_open)
    if ALL_GATEWAYS not in rows:
        return "No data yet: the first window is still open"
    return _calm(snapshot, rows)


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


def _behind(snapshot: Snapshot, newest: int, clock: int, wrong: str, *, stopped: bool) -> str:
    """That the newest event is old, and why; `wrong` is what was wrong by then."""
    lag = max(0, clock - newest)
    if snapshot.status is Status.DISCONNECTED:
        return f"Disconnected: no events since {minute_text(newest)}, sales are unknown"
    if snapshot.catching_up:
        then = f"; {wrong}" if wrong else ""
        return f"Catching up: at {minute_text(newest)}, {age_text(lag)} behind{then}"
    silence = f"No events for {_minutes(lag)}"
    if stopped:
        return f"{silence}: the data stopped, sales are unknown"
    return f"{silence}; before that, {wrong}" if wrong else f"{silence}: sales since then are unknown"


def _minutes(us: int) -> str:
    """A silence, in minutes below two hours."""
    return f"{us // _MINUTE} min" if _MINUTE <= us < 120 * _MINUTE else age_text(us)


def _wrong(snapshot: Snapshot, breached: Sequence[Verdict], rows: Mapping[str, Row]) -> str:
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
        return f"No events for {head.value or 0:,.0f} min before {_end_text(rows)}: sales are unknown{more}"
    fact, since, stake = (
        _fact(snapshot, head, rows),
        _since(snapshot, head, same),
        _cost(snapshot, head),
    )
    return f"{place}: {fact}{since}{stake}{more}"


def _names(parts: Sequence[str]) -> str:
    """The first names, and how many more: `adyen, stripe +3`."""
    more = f" +{len(parts) - _NAMED}" if len(parts) > _NAMED else ""
    return ", ".join(parts[:_NAMED]) + more


def _fact(snapshot: Snapshot, head: Verdict, rows: Mapping[str, Row]) -> str:
    """What is measured: counts for the fail rate, the value and its level for everything else."""
    row = rows.get(head.gateway_name)
    if head.kpi == FAIL_RATE and row is not None and row["attempts_count"]:
        failed, attempts = row["payment_failed_count"], row["attempts_count"]
        return f"{failed:,} of {attempts:,} payments fail ({_percent(failed / attempts)})"
    kpi = KPI_BY_NAME[head.kpi]
    rule = _rule(snapshot, head.rule)
    value = value_text(kpi, row[kpi.column] if row is not None else None, snapshot.currency)
    if rule is None or head.threshold is None:
        return f"{subject(kpi)} {value}"
    level = level_text(kpi, head.threshold, snapshot.currency, snapshot.currency_exponent)
    return f"{subject(kpi)} {value} {sign_text(rule.comparison)} {level}"


def _percent(share: float) -> str:
    """A large share needs no decimals."""
    return f"{share * 100:.0f} %" if share >= 0.1 else share_text(share)


def _rule(snapshot: Snapshot, name: str) -> Rule | None:
    return next((rule for rule in snapshot.rules if rule.name == name), None)


def _since(snapshot: Snapshot, head: Verdict, same: Sequence[Verdict]) -> str:
    """When the breach began: of this gateway, or else the earliest of those with the same KPI."""
    keys = {(v.rule, v.gateway_name) for v in same}
    begun = {
        (a.rule, a.gateway_name): a.began_at
        for a in snapshot.alerts
        if (a.rule, a.gateway_name) in keys and a.began_at
    }
    began = begun.get((head.rule, head.gateway_name), min(begun.values(), default=None))
    return f" since {minute_text(began)}" if began is not None else ""


def stake(snapshot: Snapshot, verdict: Verdict) -> int | None:
    """The sales at stake by a breach, minor units per minute; None where it costs none, or nobody can know."""
    rows = {row["gateway_name"]: row for row in newest_rows(snapshot).iter_rows(named=True)}
    row, overall, rule = (
        rows.get(verdict.gateway_name),
        rows.get(ALL_GATEWAYS),
        _rule(snapshot, verdict.rule),
    )
    if not verdict.breached or row is None or overall is None or rule is None:
        return None
    return sales_at_stake(row, overall, rule, length=snapshot.policy.length)


def _cost(snapshot: Snapshot, head: Verdict) -> str:
    """The sales at stake in words; empty below one unit of money."""
    at_stake, exponent = stake(snapshot, head), snapshot.currency_exponent
    if at_stake is None or at_stake < 10**exponent:
        return ""
    return f", about {whole_money(at_stake, snapshot.currency, exponent)}/min of sales at stake"


def _recovering(snapshot: Snapshot, still_open: Sequence[Alert]) -> str:
    """Nothing is breached now, but alerts have not resolved."""
    head = max(still_open, key=lambda alert: (alert.severity, -alert.began_at))
    name = "all gateways" if head.gateway_name == ALL_GATEWAYS else head.gateway_name
    rule = _rule(snapshot, head.rule)
    what = subject(KPI_BY_NAME[rule.kpi]) if rule is not None else head.rule
    more = f" (and {counted(len(still_open) - 1, 'more alert')})" if len(still_open) > 1 else ""
    since = f"since {minute_text(head.began_at)}{more}"
    if head.unknown_since is not None:
        return f"Alert open {since}: {what} of {name} cannot be judged, too little data"
    return f"Recovering: {what} of {name} back within its level, alert open {since}"


def _calm(snapshot: Snapshot, rows: Mapping[str, Row]) -> str:
    """No breach and no open alert: either nothing is wrong, or nothing can be judged."""
    row = rows[ALL_GATEWAYS]
    length = format_duration(snapshot.policy.length)
    if not row["events_count"]:
        return f"No events in the {length} to {minute_text(row['window_end'])}: sales are unknown"
    if not snapshot.rules:
        return f"No rules, so nothing is judged: {_volume(snapshot, rows)}"
    if snapshot.severity is Severity.UNKNOWN:
        return f"Too little to judge by: {counted(row['attempts_count'], 'attempt')} in the {length} to {minute_text(row['window_end'])}"
    return f"{'Nothing wrong' if snapshot.severity < Severity.WARN else 'No breach known'}: {_volume(snapshot, rows)}"


def _end_text(rows: Mapping[str, Row]) -> str:
    """When the newest closed window ended."""
    return minute_text(next(iter(rows.values()))["window_end"])


def _volume(snapshot: Snapshot, rows: Mapping[str, Row]) -> str:
    """What the newest closed window holds."""
    row = rows[ALL_GATEWAYS]
    number = len(rows.keys() - {ALL_GATEWAYS, OTHER_GATEWAYS}) + snapshot.other_gateways
    rate = value_text(KPI_BY_NAME[FAIL_RATE], row["payment_fail_rate"], snapshot.currency)
    return f"{counted(number, 'gateway')}, {counted(row['attempts_count'], 'attempt')}, fail rate {rate}"
