"""The Markdown snapshot: one page for a ticket or a chat, from the view model.

Names from data are escaped, so that they can open no table cell, link or tag.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from revtui.core.text import sanitise
from revtui.core.times import format_instant
from revtui.engine.snapshot import Snapshot
from revtui.views.days import DAY_COLUMNS, day_rows
from revtui.views.model import AlertRow, OverviewView
from revtui.views.palette import glyph
from revtui.views.tables import WINDOW_COLUMNS, windows
from revtui.views.values import age_text

_WINDOWS: Final = 5
_ALERTS: Final = 20
_SPECIAL: Final = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>|#~!&"})


def to_markdown(snapshot: Snapshot, overview: OverviewView, alerts: Sequence[AlertRow]) -> str:
    """Status, verdict, KPIs, gateways, the newest windows, days and alerts; ends in a newline.

    Args:
        snapshot: For the windows table.
        overview: What is shown of it.
        alerts: The alert log, newest last; the newest 20 are written, newest first.
    """
    status = overview.status
    simulated = " SIMULATED" if status.simulated else ""
    lines = [
        f"# revtui {status.word}{simulated} {status.clock}",
        "",
        f"**{_cell(str(status.severity))}** {_cell(overview.verdict)}",
        "",
        f"Source {_cell(status.source)}, window {status.window}{f', lag {status.lag}' if status.lag else ''}.",
        f"Rows {status.accounting}.",
        *(f"- {_cell(problem)}" for problem in status.problems),
        "",
        *_table(("KPI", "value", "change", "threshold", "severity"), _kpis(overview)),
        "",
        *_table(
            ("gateway", "severity", "revenue", "fail rate", "p95", "attempts", "users"), _gateways(overview)
        ),
        "",
        *_table(WINDOW_COLUMNS, (row.cells for row in windows(snapshot, limit=_WINDOWS))),
        "",
        f"Business days, {_cell(snapshot.timezone)}:",
        "",
        *_table(DAY_COLUMNS, (day.cells for day in day_rows(snapshot, snapshot.taken_at))),
        "",
        *_table(
            ("time", "severity", "KPI", "gateway", "reason", "state", "lasted"),
            map(_alert, reversed(alerts[-_ALERTS:])),
        ),
    ]
    return "\n".join(lines) + "\n"


def _kpis(overview: OverviewView) -> Iterable[Sequence[str]]:
    for card in overview.cards:
        severity = f"{glyph(card.severity)} {card.severity}" if card.judged else ""
        yield card.label, f"{card.value} {card.stale}".strip(), card.change, card.threshold, severity


def _gateways(overview: OverviewView) -> Iterable[Sequence[str]]:
    for row in overview.gateways:
        yield (
            row.name,
            f"{glyph(row.severity)} {row.severity}",
            row.revenue,
            row.fail_rate,
            row.p95,
            row.attempts,
            row.users,
        )


def _alert(row: AlertRow) -> Sequence[str]:
    return (
        format_instant(row.at),
        f"{glyph(row.sev)} {row.sev}",
        row.kpi,
        row.gateway,
        row.text,
        row.state,
        age_text(row.dur),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; a line that says so when it is empty."""
    body = [_line(map(_cell, cells)) for cells in rows]
    return [_line(head), _line("---" for _ in head), *(body or [_line(["none", *[""] * (len(head) - 1)])])]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Text that Markdown takes literally."""
    return sanitise(text).translate(_SPECIAL)
