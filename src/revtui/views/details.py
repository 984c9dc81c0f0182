"""What the detail dialog says of a row, whatever kind of row it is, and what is copied of it."""

from collections.abc import Sequence

from revtui.core.durations import format_duration
from revtui.core.events import Rejected
from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.text import sanitise
from revtui.engine.snapshot import Snapshot
from revtui.views import tables
from revtui.views.alerts import alert_detail
from revtui.views.days import DAY_COLUMNS
from revtui.views.lengths import newest_end
from revtui.views.lines import Line, labelled_lines
from revtui.views.model import AlertRow, DayRow, GatewayRow, WindowRow
from revtui.views.palette import Role
from revtui.views.tables import WINDOW_COLUMNS
from revtui.views.values import stamp_text

_SHOWN_WINDOWS = 30


def detail_of(row: object, snapshot: Snapshot, width: int) -> tuple[str, Sequence[Line]]:
    """Title and lines of `width` cells for an alert, a gateway, a window, a day or a quarantined row."""
    match row:
        case AlertRow():
            return f"Alert {row.id}", labelled_lines(alert_detail(row, snapshot), width)
        case GatewayRow():
            return f"Gateway {row.name}, {format_duration(snapshot.window)} windows", _gateway_lines(
                row, snapshot, width
            )
        case WindowRow():
            window = format_duration(snapshot.window)
            return f"{window} window to {row.cells[0]}", labelled_lines(
                tuple(zip(WINDOW_COLUMNS, row.cells, strict=True)), width
            )
        case DayRow():
            pairs = tuple(zip(DAY_COLUMNS, row.cells, strict=True))
            return f"Business day {row.cells[0]}, {snapshot.timezone}", labelled_lines(pairs, width)
        case Rejected():
            pairs = (
                ("reason", row.reason),
                ("detail", row.detail),
                ("source", row.source),
                ("offset", f"{row.offset:,}"),
                ("raw", row.raw),
            )
            return "Quarantined row", labelled_lines(pairs, width)
        case _:
            return "Detail", ()


def copied(row: object, snapshot: Snapshot) -> str:
    """A row as one line of text for a ticket or a chat: whole, with its date, without padding."""
    match row:
        case AlertRow():
            gateway = "all gateways" if row.gateway == ALL_GATEWAYS else row.gateway
            parts = [row.sev.name, stamp_text(row.at), f"{row.rule} of {gateway}", f"{row.state}: {row.text}"]
        case GatewayRow():
            end, window = newest_end(snapshot), format_duration(snapshot.window)
            parts = [row.severity.name, "" if end is None else f"{window} to {stamp_text(end)}", row.name]
            parts += [f"{label} {value}" for label, value in _figures(row)]
        case WindowRow():
            parts = [f"{format_duration(snapshot.window)} window to {stamp_text(row.end)}"]
            parts += [f"{name} {cell}" for name, cell in zip(WINDOW_COLUMNS, row.cells, strict=True) if cell][
                1:
            ]
        case DayRow():
            parts = [f"{row.cells[0]} {snapshot.timezone}"]
            parts += [f"{name} {cell}" for name, cell in zip(DAY_COLUMNS, row.cells, strict=True) if cell][1:]
        case Rejected():
            parts = [row.reason, f"{row.source} at offset {row.offset:,}", row.detail, row.raw]
        case _:
            parts = []
    return sanitise(", ".join(filter(None, parts)))


def _figures(row: GatewayRow) -> tuple[tuple[str, str], ...]:
    return (
        ("revenue", row.revenue),
        ("fail rate", row.fail_rate),
        ("p95", row.p95),
        ("attempts", row.attempts),
        ("users", row.users),
    )


def _gateway_lines(row: GatewayRow, snapshot: Snapshot, width: int) -> Sequence[Line]:
    lines: list[Line] = list(labelled_lines(_figures(row), width))
    lines += [
        (),
        (("end            events  purchases  failed      revenue  fail rate        p95  flag", Role.DIM),),
    ]
    for window in tables.windows(snapshot, gateway=row.name, limit=_SHOWN_WINDOWS):
        end, events, purchases, failed, revenue, rate, p95, *_rest = window.cells
        flag = window.cells[WINDOW_COLUMNS.index("flag")]
        lines.append(
            (
                (
                    f"{end:<14} {events:>6}  {purchases:>9}  {failed:>6}  {revenue:>11}  {rate:>9}  {p95:>9}  {flag}",
                    Role.DIM if window.provisional else Role.TEXT,
                ),
            )
        )
    return tuple(lines)
