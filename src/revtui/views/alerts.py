"""How alerts read: one line in a log of any width, the dates between them, and all details of one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from revtui.core.alerts import Alert
from revtui.core.durations import MICROSECONDS_PER_SECOND, format_duration
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME
from revtui.core.reasons import sign_text, subject
from revtui.core.rules import Rule
from revtui.core.text import sanitise
from revtui.engine.snapshot import Snapshot
from revtui.views.lines import fitted
from revtui.views.model import AlertRow
from revtui.views.palette import Role, Segment, glyph, role, word
from revtui.views.values import (
    DASH,
    VOLUMES,
    age_text,
    clock_text,
    counted,
    level_text,
    minute_text,
    moment,
    said_text,
    same_day,
    stamp_text,
)
from revtui.views.widths import fit

_SHORT_STATES: Final = MappingProxyType({"firing": "open", "recovering": "calm", "pending": "pend"})
_BRIEF_BELOW: Final = 100
"""Cells; a narrower line names the KPI in its column only, and has the numbers first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSeparator:
    """Stands in the log before the first row of a day."""

    text: str
    """`Thu 2026-03-05`."""


def with_dates(rows: Sequence[AlertRow], now: int) -> Iterator[AlertRow | DateSeparator]:
    """The rows with a separator where the day changes and before the first, unless all are of the day of `now`.

    Days are UTC's, as the times in the rows are.
    """
    day: int | None = None
    if rows and same_day(rows[0].at, now) and same_day(rows[-1].at, now):
        day = now
    for row in rows:
        if day is None or not same_day(row.at, day):
            day = row.at
            yield DateSeparator(text=f"{moment(day):%a %Y-%m-%d}")
        yield row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Widths of the columns of a line; what is left is the reason's. 0: no such column."""

    kpi: int = 0
    gateway: int = 0
    count: int = 0
    state: int = 0
    id: int = 0

    @property
    def total(self) -> int:
        """All columns with one blank before each."""
        return sum(width + 1 for width in (self.kpi, self.gateway, self.count, self.state, self.id) if width)


_LAYOUTS: Final[Mapping[int, _Columns]] = {
    140: _Columns(kpi=13, gateway=20, count=5, state=14, id=8),
    100: _Columns(kpi=12, gateway=14, count=4, state=10, id=4),
    80: _Columns(kpi=11, gateway=10, count=4, state=10),
    60: _Columns(kpi=8, gateway=9, state=5),
    0: _Columns(gateway=8),
}
"""From this width on, widest first."""

_HEAD: Final = 15
"""`■ CRIT 12:40:55`."""


def alert_line(
    row: AlertRow,
    width: int,
    now: int,
    *,
    ascii: bool = False,  # noqa: A002 - the front ends' name for it
) -> list[Segment]:
    """One alert as segments of exactly `width` cells together.

    Severity, time, KPI, gateway, reason, how often, state, id; columns fall away as room gets
    scarce. `now` is for open alerts: their state tells how long they have lasted.
    """
    columns = next(layout for least, layout in _LAYOUTS.items() if width >= least)
    kpi = KPI_BY_NAME.get(row.kpi)
    name = row.kpi if columns.kpi > 8 or kpi is None else kpi.short
    colour = role(row.sev) if row.ended_at is None else Role.DIM
    body = Role.TEXT if row.ended_at is None else Role.DIM
    parts: list[tuple[str, int, Role]] = [
        (f"{glyph(row.sev, ascii_only=ascii)} {word(row.sev):<4}", 6, colour),
        (clock_text(row.at), 8, Role.DIM),
        (name, columns.kpi, body),
        (row.gateway, columns.gateway, body),
        (
            row.text if width >= _BRIEF_BELOW else _brief(row, now),
            max(0, width - _HEAD - columns.total - 1),
            body,
        ),
        (_times(row.count), columns.count, Role.DIM),
        (_state(row, now, columns.state), columns.state, colour),
        (row.id[: columns.id], columns.id, Role.DIM),
    ]
    segments: list[Segment] = []
    for text, size, part in parts:
        if size and segments:
            segments.append((" ", body))
        if size:
            segments.append((fit(text, size, ascii_only=ascii), part))
    return fitted(segments, width, ascii_only=ascii)


def _brief(row: AlertRow, now: int) -> str:
    """The reason with its numbers first: what is cut off then is what the other columns say too."""
    kpi = KPI_BY_NAME.get(row.kpi)
    if row.unknown_since is not None:
        return f"since {minute_text(row.unknown_since, now=now)} no data, last {row.value_text}"
    text = row.text if kpi is None else row.text.replace(f"{subject(kpi)} ", "", 1)
    return text.removeprefix("resolved ").removeprefix("recovering: ")


def _times(count: int) -> str:
    """How often it fired, in at most four cells: `×4`, `×999`, `×12k`; once goes without saying."""
    if count < 2:
        return ""
    return f"×{count}" if count < 1000 else f"×{count // 1000}k"


def _state(row: AlertRow, now: int, width: int) -> str:
    """The state as a word: who acknowledged it, that it is silenced, or how long it has lasted."""
    if row.ended_at is not None:
        return row.state if width >= 8 else "ended"
    if row.silenced:
        return "silenced" if width >= 8 else "sil"
    if row.acked:
        return f"ack {row.ack_by}" if width >= 8 else "ack"
    if width < 8:
        return _SHORT_STATES.get(row.state, row.state)
    lasted = age_text(max(0, now - row.began_at) // MICROSECONDS_PER_SECOND * MICROSECONDS_PER_SECOND)
    return f"{row.state} {lasted}" if width >= len(row.state) + len(lasted) + 1 else row.state


def alert_detail(row: AlertRow, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """All that is known of one alert, as lines of label and value.

    Peak, level and volume are known while the alert is in the snapshot (15 minutes past its end).
    """
    alert = next((alert for alert in snapshot.alerts if alert.id == row.id), None)
    rule = next((rule for rule in snapshot.rules if rule.name == row.rule), None)
    lines = [
        ("alert", f"{row.id}  {word(row.sev)} {row.state}"),
        ("what", f"{row.kpi} of {row.gateway if row.gateway != ALL_GATEWAYS else 'all gateways'}"),
        ("reason", row.text),
        *_measures(alert, row, snapshot),
        *_levels(rule, row, snapshot),
        ("began", _stamp(row.began_at, snapshot.timezone)),
        ("ended", DASH if row.ended_at is None else _stamp(row.ended_at, snapshot.timezone)),
        ("lasted", age_text(row.dur)),
        ("fired", "once" if row.count == 1 else counted(row.count, "time")),
        ("seen by", row.ack_by or DASH),
        ("incident", row.incident_id or DASH),
        ("source", row.source or DASH),
    ]
    if row.kpi in KPI_BY_NAME:
        lines.append(("formula", KPI_BY_NAME[row.kpi].formula))
    return tuple((label, sanitise(value)) for label, value in lines)


def _measures(alert: Alert | None, row: AlertRow, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """The value now, at its worst, and when it fired, each with its moment."""
    kpi = KPI_BY_NAME.get(row.kpi)
    if row.ended_at is None:
        yield "now", row.measured
    if row.unknown_since is not None:
        yield "no data", f"since {_stamp(row.unknown_since, snapshot.timezone)}: timers stand still"
    if alert is not None and kpi is not None:
        currency, exponent = snapshot.currency, snapshot.currency_exponent
        worst = said_text(kpi, alert.peak, currency, exponent, estimated=snapshot.users_estimated)
        yield "worst", worst
    if row.fired_at is not None:
        yield "at firing", f"{row.fired_with}, {_stamp(row.fired_at, snapshot.timezone)}"
    if row.ended_at is not None:
        yield "at end", row.measured


def _levels(rule: Rule | None, row: AlertRow, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """The rule with its levels for this gateway."""
    if rule is None or rule.kpi not in KPI_BY_NAME:
        yield "rule", row.rule
        return
    levels = rule.levels_for(row.gateway) or rule.levels
    said = [
        f"{name} {sign_text(rule.comparison)} "
        + level_text(KPI_BY_NAME[rule.kpi], level, snapshot.currency, snapshot.currency_exponent)
        for name, level in (("WARN", levels.warn), ("CRIT", levels.crit))
        if level is not None
    ]
    needed = VOLUMES[str(KPI_BY_NAME[rule.kpi].volume)] if rule.min_volume else ""
    volume = f", needs {rule.min_volume:,} {needed}" if rule.min_volume else ""
    held = f", held for {format_duration(rule.for_)}" if rule.for_ else ""
    yield "rule", f"{rule.name}: {', '.join(said) or 'no level'}{volume}{held}"


def _stamp(us: int, zone: str) -> str:
    """Date and time in UTC, with the business zone's time of day beside it."""
    local = "" if zone == "UTC" else f" ({moment(us, zone):%H:%M:%S %Z})"
    return stamp_text(us) + local
