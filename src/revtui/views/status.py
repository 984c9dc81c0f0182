"""The status line: one word, the clock, the accounting, and all that makes the data less than whole."""

from collections.abc import Callable, Iterator

from revtui.core.alerts import Phase
from revtui.core.durations import MICROSECONDS_PER_SECOND, format_duration
from revtui.core.events import Accounting
from revtui.core.money import format_money
from revtui.core.severity import Severity
from revtui.core.text import sanitise
from revtui.engine.snapshot import Snapshot, SourceState, Status
from revtui.views.lengths import is_another
from revtui.views.model import PauseInfo, StatusView
from revtui.views.values import (
    DASH,
    age_text,
    clock_text,
    counted,
    file_name,
    minute_text,
    moment,
    same_day,
    stamp_text,
)


def clock_of(snapshot: Snapshot, now: int, paused: PauseInfo | None) -> int:
    """The time the screen shows: the clock while live, the frozen picture's own time otherwise."""
    return now if snapshot.live and paused is None else snapshot.taken_at


def build_status(snapshot: Snapshot, *, now: int, paused: PauseInfo | None) -> StatusView:
    """The status line of a snapshot."""
    clock = clock_of(snapshot, now, paused)
    lag = snapshot.lag(clock)
    return StatusView(
        word=Status.PAUSED.value if paused is not None else snapshot.status.value,
        detail=_detail(snapshot, now, paused),
        simulated=snapshot.simulated,
        clock=f"{clock_text(clock)}Z" if snapshot.live and same_day(clock, now) else stamp_text(clock),
        local_clock="" if snapshot.timezone == "UTC" else f"{moment(clock, snapshot.timezone):%H:%M %Z}",
        source=_source_text(snapshot, lambda name: name),
        source_short=_source_text(snapshot, file_name),
        window=format_duration(snapshot.window),
        judged_window=format_duration(snapshot.policy.length) if is_another(snapshot) else "",
        lag=age_text(lag) if lag is not None else DASH if snapshot.live else "",
        counts=_counts(snapshot),
        pending=sum(a.phase is Phase.PENDING and a.unknown_since is None for a in snapshot.alerts),
        severity=snapshot.severity_at(clock),
        accounting=accounting_text(snapshot.accounting),
        problems=tuple(sanitise(problem) for problem in _problems(snapshot, clock)),
    )


def accounting_text(accounting: Accounting) -> str:
    """The identity that every row read obeys.

    >>> accounting_text(Accounting(read=3, counted=2, late=1))
    'read 3 = 2 counted + 0 duplicate + 1 late + 0 quarantined + 0 filtered'
    """
    return (
        f"read {accounting.read:,} = {accounting.counted:,} counted + {accounting.duplicate:,} duplicate"
        f" + {accounting.late:,} late + {accounting.quarantined:,} quarantined + {accounting.filtered:,} filtered"
    )


def _detail(snapshot: Snapshot, now: int, paused: PauseInfo | None) -> str:
    """What stands beside the status word."""
    if paused is not None:
        minutes, seconds = divmod(max(0, now - paused.since) // MICROSECONDS_PER_SECOND, 60)
        return f"{minutes:02d}:{seconds:02d} (+{paused.events:,} ev, +{counted(paused.alerts, 'alert')})"
    if snapshot.status is Status.DISCONNECTED:
        return next((sanitise(s.detail) for s in snapshot.sources if s.state is SourceState.ERROR), "")
    return "catching up" if snapshot.catching_up else ""


def _source_text(snapshot: Snapshot, name_of: Callable[[str], str]) -> str:
    """The first source with its state when that is worth a word, and how many more there are."""
    if not snapshot.sources:
        return DASH
    first = snapshot.sources[0]
    usual = {SourceState.CONNECTED, SourceState.ENDED if snapshot.status is Status.END else None}
    state = "" if first.state in usual else f" ({first.state})"
    more = f" +{len(snapshot.sources) - 1}" if len(snapshot.sources) > 1 else ""
    return sanitise(name_of(first.name)) + state + more


def _counts(snapshot: Snapshot) -> tuple[tuple[Severity, int], ...]:
    """Open alerts by severity, worst first; CRIT and WARN even when there is none."""
    found = {Severity.CRIT: 0, Severity.WARN: 0}
    for alert in snapshot.alerts:
        if alert.phase.is_open:
            found[alert.severity] = found.get(alert.severity, 0) + 1
    return tuple(sorted(found.items(), reverse=True))


def _problems(snapshot: Snapshot, clock: int) -> Iterator[str]:
    """Whatever makes the data less than whole, the gravest first."""
    for source in snapshot.sources:
        if source.state in {SourceState.ERROR, SourceState.WAITING, SourceState.IDLE}:
            detail = f": {source.detail}" if source.detail else ""
            yield f"{source.name} {source.state} since {minute_text(source.since, now=clock)}{detail}"
        elif source.detail:
            yield f"{source.name}: {source.detail}"
    if not snapshot.accounting.balanced:
        yield f"the accounting does not add up: {accounting_text(snapshot.accounting)}"
    for money in snapshot.excluded:
        yield (
            f"excluded from revenue: {format_money(money.amount_minor, money.currency)}"
            f" in {counted(money.events, 'event')} in {money.currency}"
        )
    if snapshot.accounting.quarantined:
        yield f"{snapshot.accounting.quarantined:,} quarantined{_top_reason(snapshot)}"
    if snapshot.accounting.late:
        yield f"{counted(snapshot.accounting.late, 'event')} too late for any window"
    if snapshot.accounting.conflicts:
        yield f"{counted(snapshot.accounting.conflicts, 'duplicate')} with another payload"
    if snapshot.other_gateways:
        yield f"(other) hides {counted(snapshot.other_gateways, 'gateway')}"
    if snapshot.users_estimated:
        yield "active users are an estimate (~)"


def _top_reason(snapshot: Snapshot) -> str:
    """The commonest reason of quarantine, ties by name."""
    if not snapshot.quarantine_reasons:
        return ""
    reason, number = min(snapshot.quarantine_reasons.items(), key=lambda item: (-item[1], item[0]))
    return f", mostly {reason} ({number:,})"
