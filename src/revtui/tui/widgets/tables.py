"""The tables: gateways, the latest KPI windows, quarantined rows."""

from collections.abc import Sequence
from typing import Final

from textual import events

from revtui.core.events import Rejected
from revtui.tui.widgets.columns import GAP, Column, table_line, widths_of
from revtui.tui.widgets.panel import NOTHING, drawn_once
from revtui.tui.widgets.rows import RowList, said
from revtui.views.days import DAY_COLUMNS
from revtui.views.lines import Line
from revtui.views.model import DayRow, GatewayRow, WindowRow
from revtui.views.palette import Role, glyph, role, word
from revtui.views.sparkline import sparkline
from revtui.views.system import rejected_line
from revtui.views.tables import GATEWAY_COLUMNS, WINDOW_COLUMNS
from revtui.views.widths import fit

_GATEWAY_COLUMNS: Final = (
    Column(title="sev", right=False),
    Column(title="gateway", right=False, most=20),
    Column(title="revenue"),
    Column(title="fail rate"),
    Column(title="p95", rank=1),
    Column(title="attempts", rank=3),
    Column(title="users", rank=2),
)
_SPARK_WIDTH: Final = 24
_SPARK_TITLE: Final = "fail rate, 30m"

_WINDOW_COLUMNS: Final = tuple(
    Column(title=title, right=title not in {"end", "flag", "reason"}, rank=rank, most=60)
    for title, rank in zip(WINDOW_COLUMNS, (0, 5, 6, 7, 0, 0, 2, 3, 4, 0, 8), strict=True)
)


_DAY_COLUMNS: Final = tuple(
    Column(title=title, right=title not in {"day", "of the day"}, rank=rank, most=40)
    for title, rank in zip(DAY_COLUMNS, (0, 0, 3, 0, 5, 4, 0, 2, 1), strict=True)
)


class GatewayTable(RowList[GatewayRow]):
    """Every gateway in the newest window."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start empty."""
        super().__init__(draw=self._line, key=lambda row: row.name, id=id)
        self._widths: tuple[int, ...] = (0,) * len(_GATEWAY_COLUMNS)
        self._spark = 0
        self._shown: tuple[Sequence[GatewayRow], int, bool, str] = ((), 0, False, "")

    @drawn_once
    def present(
        self, rows: Sequence[GatewayRow], *, sort: int = 0, reverse: bool = False, window: str = ""
    ) -> None:
        """Show gateways, already sorted by GATEWAY_COLUMNS[sort]; `window`: the length that was chosen, if one was."""
        self._shown = (rows, sort, reverse, window)
        room = max(self.room[0] - 1, 0)
        cells = [_gateway_cells(row) for row in rows]
        self._widths = widths_of(_GATEWAY_COLUMNS, cells, room)
        used = sum(width + GAP for width in self._widths if width)
        self._spark = min(room - used, _SPARK_WIDTH) if room - used >= len(_SPARK_TITLE) else 0
        titles = [column.title for column in _GATEWAY_COLUMNS]
        order = "reversed" if reverse else ""
        heading = (
            *table_line(
                _GATEWAY_COLUMNS,
                self._widths,
                titles,
                [Role.STRONG if index == sort else Role.DIM for index in range(len(titles))],
            ),
            ("  " + fit(_SPARK_TITLE, self._spark) if self._spark else "", Role.DIM),
        )
        self.entitle(
            ((f"Gateways {len(rows)}", Role.STRONG), *(((f"  {window}", Role.INFO),) if window else ())),
            ((f"by {_GATEWAY_COLUMNS[sort].title} {order}".rstrip(), Role.DIM),),
        )
        self.show_rows(
            rows, heading=heading if rows else NOTHING, empty=said("No gateway has been seen yet.")
        )
        self.repaint()

    def on_resize(self, event: events.Resize) -> None:
        """Use the room there is now."""
        super().on_resize(event)
        rows, sort, reverse, window = self._shown
        self.present(rows, sort=sort, reverse=reverse, window=window)

    def _line(self, row: GatewayRow, _width: int) -> Line:
        roles = [
            role(row.severity),
            Role.STRONG if row.severity.is_alarm else Role.TEXT,
            *(role(row.alarms[name]) if name in row.alarms else Role.TEXT for name in GATEWAY_COLUMNS[2:]),
        ]
        line = table_line(_GATEWAY_COLUMNS, self._widths, _gateway_cells(row), roles)
        if not self._spark:
            return line
        return (
            *line,
            ("  ", Role.TEXT),
            (sparkline(row.spark, self._spark, ascii=self.plain), row.trend),
        )


def _gateway_cells(row: GatewayRow) -> tuple[str, ...]:
    badge = f"{glyph(row.severity)} {word(row.severity)}"
    return (badge, row.name, row.revenue, row.fail_rate, row.p95, row.attempts, row.users)


class WindowTable(RowList[WindowRow]):
    """The latest KPI windows, newest first."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start empty."""
        super().__init__(draw=self._line, key=lambda row: row.end, id=id)
        self._widths: tuple[int, ...] = (0,) * len(_WINDOW_COLUMNS)
        self._shown: tuple[Sequence[WindowRow], str, str] = ((), "", "")

    @drawn_once
    def present(self, rows: Sequence[WindowRow], *, length: str, judged: str) -> None:
        """Show windows of a length; `judged`: that of the windows which alerts go by, if it is another."""
        self._shown = (rows, length, judged)
        self._widths = widths_of(
            _WINDOW_COLUMNS, [_window_cells(row) for row in rows], max(self.room[0] - 1, 0)
        )
        heading = table_line(
            _WINDOW_COLUMNS, self._widths, list(WINDOW_COLUMNS), [Role.DIM] * len(_WINDOW_COLUMNS)
        )
        note = f"alerts go by {judged} windows" if judged else f"{len(rows)} windows"
        self.entitle(
            (("Latest KPI windows", Role.STRONG), (f"  {length}", Role.INFO if judged else Role.DIM)),
            ((note, Role.INFO if judged else Role.DIM),),
        )
        self.show_rows(
            rows,
            heading=heading if rows else NOTHING,
            empty=said("No window yet: the first opens with the first event."),
        )

    def on_resize(self, event: events.Resize) -> None:
        """Use the room there is now."""
        super().on_resize(event)
        rows, length, judged = self._shown
        self.present(rows, length=length, judged=judged)

    def _line(self, row: WindowRow, _width: int) -> Line:
        text = Role.DIM if row.provisional else Role.TEXT
        roles = [text] * len(WINDOW_COLUMNS)
        if not row.provisional:
            roles[WINDOW_COLUMNS.index("flag")] = role(row.severity)
            roles[WINDOW_COLUMNS.index("reason")] = role(row.severity) if row.severity.is_alarm else Role.DIM
        return table_line(_WINDOW_COLUMNS, self._widths, _window_cells(row), roles)


def _window_cells(row: WindowRow) -> Sequence[str]:
    flag = WINDOW_COLUMNS.index("flag")
    if row.provisional:
        return row.cells
    return (*row.cells[:flag], f"{glyph(row.severity)} {row.cells[flag]}", *row.cells[flag + 1 :])


class DayTable(RowList[DayRow]):
    """The latest business days, newest first."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start empty."""
        super().__init__(draw=self._line, key=lambda row: row.start, id=id)
        self._widths: tuple[int, ...] = (0,) * len(_DAY_COLUMNS)
        self._shown: tuple[Sequence[DayRow], str] = ((), "")

    @drawn_once
    def present(self, rows: Sequence[DayRow], *, zone: str) -> None:
        """Show days of a time zone."""
        self._shown = (rows, zone)
        self._widths = widths_of(_DAY_COLUMNS, [row.cells for row in rows], max(self.room[0] - 1, 0))
        heading = table_line(_DAY_COLUMNS, self._widths, list(DAY_COLUMNS), [Role.DIM] * len(DAY_COLUMNS))
        self.entitle((("Business days", Role.STRONG), (f"  {zone}", Role.DIM)))
        self.show_rows(
            rows,
            heading=heading if rows else NOTHING,
            empty=said("No day yet: the first begins with the first event."),
        )

    def on_resize(self, event: events.Resize) -> None:
        """Use the room there is now."""
        super().on_resize(event)
        rows, zone = self._shown
        self.present(rows, zone=zone)

    def _line(self, row: DayRow, _width: int) -> Line:
        roles = [Role.TEXT] * len(DAY_COLUMNS)
        roles[-1] = Role.DIM
        return table_line(_DAY_COLUMNS, self._widths, row.cells, roles)


class QuarantineTable(RowList[Rejected]):
    """Rows that were rejected, the newest last."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start empty."""
        super().__init__(draw=self._line, key=lambda row: (row.source, row.offset), follow=True, id=id)
        self._named = False

    @drawn_once
    def present(self, rows: Sequence[Rejected], *, total: int, named: bool) -> None:
        """Show the newest of `total` rejected rows; `named`: with their source, where there are several."""
        self._named = named
        newest = f"newest {len(rows)}" if total > len(rows) else ""
        self.entitle(((f"Quarantine {total:,}", Role.STRONG),), ((newest, Role.DIM),) if newest else NOTHING)
        self.show_rows(rows, empty=said("Nothing has been rejected."))

    def _line(self, row: Rejected, _width: int) -> Line:
        return rejected_line(row, named=self._named)
