"""The text of the System tab: where the rows come from, where each has gone, and how the program fares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from revtui.core.durations import format_duration
from revtui.core.events import Rejected
from revtui.engine.snapshot import Snapshot, SourceState, SourceStatus
from revtui.views.lines import Line
from revtui.views.model import StatusView
from revtui.views.palette import Role, Segment
from revtui.views.values import DASH, age_text, clock_text, file_name
from revtui.views.widths import fit

_LABEL: Final = 12
_STATE_ROLES: Final = {
    SourceState.CONNECTED: Role.OK,
    SourceState.ENDED: Role.DIM,
    SourceState.WAITING: Role.WARN,
    SourceState.IDLE: Role.WARN,
    SourceState.ERROR: Role.CRIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How the program fares."""

    versions: Mapping[str, str]
    """Package -> version."""
    timed: bool = True
    """False in a frame that must look the same every time: only the versions are shown."""
    loop_lag_ms: float = 0.0
    """The longest that the screen's event loop came too late, lately."""
    build_ms: float = 0.0
    """What the last picture took to make."""
    drawn: int = 0
    """Pictures made so far."""
    skipped: int = 0
    """Snapshots that a newer one overtook before they were drawn."""


def labelled(label: str, *segments: Segment) -> Line:
    """A line with a label of fixed width."""
    return ((f"{label:<{_LABEL}}", Role.DIM), *segments)


def data_lines(snapshot: Snapshot, status: StatusView, now: int) -> Sequence[Line]:
    """Sources, the accounting identity, watermark and lag, and what makes the data less than whole."""
    lines: list[Line] = []
    for number, source in enumerate(snapshot.sources):
        lines += _source_lines("source" if number == 0 else "", source, now if snapshot.live else None)
    lines += [
        (),
        *_accounting_lines(snapshot),
        (),
        labelled("watermark", (_moment(snapshot.watermark, now), Role.TEXT)),
        labelled("newest", (_moment(snapshot.newest_event, now), Role.TEXT)),
        labelled("event lag", (status.lag or DASH, Role.TEXT)),
        labelled("rate", (_rate(snapshot), Role.TEXT)),
        labelled("window", (_policy(snapshot), Role.TEXT)),
    ]
    if status.judged_window:
        shown = f"{status.window} windows; alerts go by {status.judged_window}"
        lines.append(labelled("shown", (shown, Role.INFO)))
    lines += [
        labelled("note" if not number else "", (text, Role.WARN))
        for number, text in enumerate(status.problems)
    ]
    reasons = ", ".join(
        f"{reason} {count:,}"
        for reason, count in sorted(snapshot.quarantine_reasons.items(), key=lambda item: -item[1])
    )
    if reasons:
        lines.append(labelled("quarantine", (reasons, Role.WARN)))
    return tuple(lines)


def _rate(snapshot: Snapshot) -> str:
    """How fast rows come; a backlog, or a file, is read as fast as it can be, which says nothing."""
    if snapshot.catching_up:
        return "catching up"
    return f"{snapshot.events_per_second:,.1f} rows/s" if snapshot.live else DASH


def _source_lines(label: str, source: SourceStatus, now: int | None) -> list[Line]:
    """A source with what it is doing; for how long is known where there is a clock."""
    detail: list[Segment] = [(f"  {source.detail}", Role.DIM)] if source.detail else []
    since = "" if now is None else f" for {age_text(max(now - source.since, 0))}"
    return [
        labelled(
            label,
            (source.name, Role.STRONG),
            (f"  {source.state}", _STATE_ROLES[source.state]),
            (since, Role.DIM),
        ),
        labelled(
            "",
            (
                f"{source.read:,} rows, {source.quarantined:,} quarantined, offset {source.offset:,}",
                Role.TEXT,
            ),
            *detail,
        ),
    ]


def _accounting_lines(snapshot: Snapshot) -> list[Line]:
    books = snapshot.accounting
    parts = (
        ("counted", books.counted),
        ("duplicate", books.duplicate),
        ("late", books.late),
        ("quarantined", books.quarantined),
        ("filtered", books.filtered),
    )
    sign, look = ("=", Role.OK) if books.balanced else ("≠", Role.CRIT)
    width = len(f"{max(books.read, 0):,}")
    lines: list[Line] = [labelled("rows read", (f"{books.read:>{width},}", Role.STRONG))]
    for number, (name, count) in enumerate(parts):
        lines.append(
            labelled(
                "",
                (f"{count:>{width},}", Role.TEXT),
                (f" {name}", Role.DIM),
                *(
                    ((f"  {sign} adds up" if books.balanced else f"  {sign} does not add up", look),)
                    if number == len(parts) - 1
                    else ()
                ),
            )
        )
    return lines


def _moment(us: int | None, now: int) -> str:
    if us is None:
        return DASH
    return f"{clock_text(us, now=now)}Z  ({age_text(max(now - us, 0))} ago)"


def _policy(snapshot: Snapshot) -> str:
    policy = snapshot.policy
    return (
        f"{format_duration(policy.length)} every {format_duration(policy.hop)}, bound {format_duration(policy.bound)},"
        f" lateness {format_duration(policy.lateness)}, horizon {format_duration(policy.horizon)}"
    )


def program_lines(figures: Figures) -> Sequence[Line]:
    """Timings of the screen, and versions."""
    named = tuple(labelled(name, (version, Role.TEXT)) for name, version in figures.versions.items())
    if not figures.timed:
        return named
    look = Role.WARN if figures.loop_lag_ms > 100 else Role.TEXT
    return (
        labelled("loop lag", (f"{figures.loop_lag_ms:,.0f} ms at most", look)),
        labelled("picture", (f"{figures.build_ms:,.1f} ms to build", Role.TEXT)),
        labelled("pictures", (f"{figures.drawn:,} drawn, {figures.skipped:,} skipped", Role.TEXT)),
        (),
        *named,
    )


def rejected_line(row: Rejected, *, named: bool) -> Line:
    """A quarantined row; `named`: with its source, where there are several."""
    place = f"{file_name(row.source)} " if named else ""
    return (
        (fit(row.reason, 15), Role.WARN),
        (f" {place}offset {row.offset:,}  ", Role.DIM),
        (f"{row.detail}  " if row.detail else "", Role.TEXT),
        (row.raw, Role.DIM),
    )
