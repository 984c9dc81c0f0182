"""The one screen: status, tabs with their panels, the filter line, the keys."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from revtui.core.filters import Query
from revtui.tui.actions import TABS, Action, Fact
from revtui.tui.session import Picture
from revtui.tui.state import Layout, ViewState
from revtui.tui.widgets.alert_log import AlertLog
from revtui.tui.widgets.bars import Bar, FurtherKpis, KeyBar, StatusBar, TabBar, VerdictBar
from revtui.tui.widgets.card import KpiCard
from revtui.tui.widgets.chart import ChartPanel
from revtui.tui.widgets.filter_bar import FilterBar
from revtui.tui.widgets.pager import Pager
from revtui.tui.widgets.rows import RowList
from revtui.tui.widgets.tables import DayTable, GatewayTable, QuarantineTable, WindowTable
from revtui.views import tables
from revtui.views.alerts import alert_detail
from revtui.views.days import day_rows
from revtui.views.lines import labelled_lines
from revtui.views.model import GatewayRow
from revtui.views.palette import Role
from revtui.views.system import Figures, data_lines, program_lines

LEAST_WIDTH: Final = 60
LEAST_HEIGHT: Final = 16
CARDS: Final = 6

_PANELS: Final[Mapping[str, Sequence[str]]] = {
    "overview": ("overview-log", "overview-gateways", "chart-main", "chart-second"),
    "alerts": ("alerts-log", "alerts-detail"),
    "gateways": ("gateways",),
    "windows": ("windows-latest", "windows-days"),
    "system": ("system-quarantine", "system-data", "system-program"),
}
"""What tab goes round, the first one first."""


class TooSmall(Bar):
    """What to do about a terminal without room."""

    DEFAULT_CSS: ClassVar[str] = "TooSmall { height: 1fr; }"

    def on_resize(self, event: events.Resize) -> None:
        """Say what is needed."""
        size = self.screen.size
        text = f"needs {LEAST_WIDTH}x{LEAST_HEIGHT}, have {size.width}x{size.height}"
        self.show([*[()] * (event.size.height // 2), ((text.center(size.width), Role.WARN),)])


class MonitorScreen(Screen[None], inherit_bindings=False):
    """Everything that is always there; what it shows is handed to `present`."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - declared so by the framework
        (0, "-too-narrow"),
        (LEAST_WIDTH, "-narrow"),
        (100, "-normal"),
        (120, "-roomy"),
        (150, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - declared so by the framework
        (0, "-too-short"),
        (LEAST_HEIGHT, "-tiny"),
        (22, "-short"),
        (30, "-tall"),
    ]

    AUTO_FOCUS = None

    def __init__(self, *, blocks: bool, tab: str, readonly: bool) -> None:
        """`blocks`: draw charts for a console without braille; `tab` is open at first; `readonly` is said."""
        super().__init__()
        self._blocks, self._first_tab, self._readonly = blocks, tab, readonly
        self._zoomed = False
        self._places: dict[str, Widget] = {}

    def compose(self) -> ComposeResult:
        """The fixed tree of widgets."""
        yield StatusBar(id="status")
        yield TabBar(id="tabs")
        with ContentSwitcher(initial=self._first_tab, id="panes"):
            with Vertical(id="overview"):
                yield VerdictBar(id="verdict")
                with Horizontal(id="cards"):
                    for number in range(CARDS):
                        yield KpiCard(id=f"card-{number}")
                yield FurtherKpis(id="further")
                with Horizontal(id="charts"):
                    yield ChartPanel(id="chart-main", blocks=self._blocks)
                    yield ChartPanel(id="chart-second", blocks=self._blocks)
                with Horizontal(id="logs"):
                    yield AlertLog(id="overview-log")
                    yield GatewayTable(id="overview-gateways")
            with Vertical(id="alerts"):
                yield AlertLog(id="alerts-log")
                yield Pager(id="alerts-detail")
            yield GatewayTable(id="gateways")
            with Vertical(id="windows"):
                yield WindowTable(id="windows-latest")
                yield DayTable(id="windows-days")
            with Vertical(id="system"):
                with Horizontal(id="system-top"):
                    yield Pager(id="system-data")
                    yield Pager(id="system-program")
                yield QuarantineTable(id="system-quarantine")
        yield FilterBar(id="filter")
        yield KeyBar(id="keys")
        yield TooSmall(id="too-small")

    class Ready(Message):
        """Every widget is there."""

    def on_mount(self) -> None:
        """The tab's first panel has the focus."""
        self.query_one(f"#{_PANELS[self._first_tab][0]}").focus()
        self.post_message(self.Ready())

    # --- where things are ---

    @property
    def filter_bar(self) -> FilterBar:
        """The filter line."""
        return self.query_one(FilterBar)

    @property
    def tab(self) -> str:
        """The tab that is open."""
        return self.query_one(ContentSwitcher).current or TABS[0]

    @property
    def alert_log(self) -> AlertLog | None:
        """The alert log of the open tab."""
        names = {"overview": "#overview-log", "alerts": "#alerts-log"}
        return self.query_one(names[self.tab], AlertLog) if self.tab in names else None

    @property
    def scroller(self) -> "RowList[object] | Pager | None":
        """What the keys of movement move: the focused list, or else the tab's first."""
        for panel in (self._focused_here, self.panels()[0] if self.panels() else None):
            if isinstance(panel, RowList | Pager):
                return panel
        first = self.query_one(f"#{_PANELS[self.tab][0]}")
        return first if isinstance(first, RowList) and first.display else None

    @property
    def _focused_here(self) -> Widget | None:
        """The focused panel of the open tab; right after a change of tab the focus is still on the old one."""
        return self.focused if self.focused is not None and self.focused.id in _PANELS[self.tab] else None

    @property
    def charts_settled(self) -> bool:
        """Whether the charts that can be seen are drawn."""
        return all(chart.settled for chart in self.query(ChartPanel) if chart.region.area)

    def panels(self) -> list[Widget]:
        """The panels of the open tab that can be seen."""
        return [panel for name in _PANELS[self.tab] if (panel := self._place(name)).region.area]

    def _place(self, name: str) -> Widget:
        """The widget of that id; looked for once, since the tree is fixed and asked about ten times a second."""
        if name not in self._places:
            self._places[name] = self.query_one(f"#{name}")
        return self._places[name]

    def shape(self) -> tuple[str, ...]:
        """Which cards and panels of the open tab can be seen; it changes a moment after the terminal's size."""
        cards = (self._place(f"card-{number}") for number in range(CARDS))
        return tuple(str(widget.id) for widget in (*cards, *self.panels()) if widget.region.area)

    def facts(self) -> frozenset[Fact]:
        """What holds of the widgets at the moment."""
        if self.filter_bar.is_open:
            return frozenset({Fact.TYPING})
        found = {Fact.SCREEN}
        scroller = self.scroller
        if scroller is not None:
            found.add(Fact.LIST)
            if isinstance(scroller, RowList) and scroller.selected is not None:
                found.add(Fact.ROW)
        if self.alert_log is not None:
            found.add(Fact.ALERTS)
        if scroller is self.alert_log and self.alert_log is not None and self.alert_log.alert is not None:
            found.add(Fact.ALERT)
        if self.tab == "overview":
            found.add(Fact.CHART)
        if self.tab == "gateways" or (self.tab == "overview" and isinstance(scroller, GatewayTable)):
            found.add(Fact.SORTABLE)
        if len(self.panels()) > 1 or self._zoomed:
            found.add(Fact.PANELS)
        return frozenset(found)

    # --- what is shown ---

    def present(
        self, picture: Picture, state: ViewState, *, compiled: Query | None, figures: Figures, note: str
    ) -> None:
        """Show a picture: the bars, and the panels of the open tab."""
        self._hold_focus()
        view = picture.view
        self.query_one(StatusBar).present(view.status, readonly=self._readonly)
        still_open = sum(count for _severity, count in view.status.counts)
        rejected = picture.snapshot.accounting.quarantined
        badges = {
            "alerts": f"({still_open:,})" if still_open else "",
            "system": f"({rejected:,}!)" if rejected else "",
        }
        self.query_one(TabBar).present(state.tab, badges=badges, note=note)
        if state.tab == "overview":
            self._present_overview(picture, state, compiled)
        elif state.tab == "alerts":
            self._present_log(picture, state, compiled)
            self.show_detail(picture)
        elif state.tab == "gateways":
            self._present_gateways("#gateways", picture, state)
        elif state.tab == "windows":
            self._present_windows(picture)
        else:
            self._present_system(picture, figures)

    def _hold_focus(self) -> None:
        """A panel that vanished for want of room took the focus with it; give it to the first there is."""
        panels = self.panels()
        if self.focused is None and self.is_current and panels:
            panels[0].focus()

    def _present_overview(self, picture: Picture, state: ViewState, compiled: Query | None) -> None:
        view = picture.view
        self.query_one(VerdictBar).present(view)
        shown = 0
        for number in range(CARDS):
            card = self.query_one(f"#card-{number}", KpiCard)
            if card.region.area or self.size.width >= LEAST_WIDTH:
                card.present(view.cards[number])
            shown += bool(card.region.area)
        self.query_one(FurtherKpis).present(view.cards[shown or CARDS :], view.today)
        self.query_one("#chart-main", ChartPanel).present(view.main_chart, now=picture.now)
        self.query_one("#chart-second", ChartPanel).present(view.second_chart, now=picture.now)
        self._present_log(picture, state, compiled)
        self._present_gateways("#overview-gateways", picture, state)

    def _present_gateways(self, name: str, picture: Picture, state: ViewState) -> None:
        status = picture.view.status
        self.query_one(name, GatewayTable).present(
            _sorted_gateways(picture, state),
            sort=state.sort,
            reverse=state.reverse,
            window=status.window if status.judged_window else "",
        )

    def _present_windows(self, picture: Picture) -> None:
        status, snapshot = picture.view.status, picture.snapshot
        self.query_one("#windows-latest", WindowTable).present(
            tables.windows(snapshot), length=status.window, judged=status.judged_window
        )
        days, table = day_rows(snapshot, picture.now), self.query_one("#windows-days", DayTable)
        table.styles.max_height = len(days) + 3  # rather more windows than a frame around nothing
        table.present(days, zone=snapshot.timezone)

    def _present_log(self, picture: Picture, state: ViewState, compiled: Query | None) -> None:
        if self.alert_log is not None:
            self.alert_log.present(
                picture.alerts,
                total=picture.total,
                query=state.query,
                least=state.least,
                compiled=compiled,
                now=picture.now,
                dropped=picture.dropped,
            )

    def _present_system(self, picture: Picture, figures: Figures) -> None:
        data, program = self.query_one("#system-data", Pager), self.query_one("#system-program", Pager)
        data.entitle((("Data", Role.STRONG),))
        data.show(data_lines(picture.snapshot, picture.view.status, picture.now))
        program.entitle((("Program", Role.STRONG),))
        program.show(program_lines(figures))
        quarantine = self.query_one("#system-quarantine", QuarantineTable)
        quarantine.present(
            picture.snapshot.quarantine,
            total=picture.snapshot.accounting.quarantined,
            named=len(picture.snapshot.sources) > 1,
        )

    def show_detail(self, picture: Picture) -> None:
        """The detail beside the list of alerts: of the one under the cursor."""
        pager = self.query_one("#alerts-detail", Pager)
        alert = self.query_one("#alerts-log", AlertLog).alert
        pager.entitle((("Detail", Role.STRONG),))
        pager.show(
            () if alert is None else labelled_lines(alert_detail(alert, picture.snapshot), pager.room[0])
        )

    def present_nothing(self) -> None:
        """Before the first snapshot."""
        self.query_one(StatusBar).show(
            [((" revtui", Role.STRONG), ("  starting: waiting for the first data", Role.DIM))]
        )
        self.query_one(TabBar).present(self.tab, badges={}, note="")
        self.query_one(VerdictBar).show([((" ○ No data yet", Role.UNKNOWN),)])

    def show_keys(self, actions: Sequence[Action], *, message: str = "") -> None:
        """Show the keys that do something now."""
        self.query_one(KeyBar).present(actions, message=message)

    def open_tab(self, tab: str) -> None:
        """Show another tab, with the focus on its first panel."""
        self.unzoom()
        self.query_one(ContentSwitcher).current = tab
        self.set_focus(self.query_one(f"#{_PANELS[tab][0]}"))

    def give_room(self, layout: Layout) -> None:
        """Give the room to everything, the alerts, or the charts."""
        for option in Layout:
            self.set_class(layout is option, f"-layout-{option.value}")

    # --- focus and zoom ---

    def step_focus(self, step: int) -> None:
        """Focus the next panel of the tab, or the one before."""
        panels = self.panels()
        if panels:
            here = panels.index(self.focused) if self.focused in panels else -1
            self.set_focus(panels[(here + step) % len(panels)])

    def toggle_zoom(self) -> None:
        """The focused panel alone; or everything again."""
        if self._zoomed:
            self.unzoom()
            return
        panels = self.panels()
        chosen = self.focused if self.focused in panels else panels[0]
        self._zoomed = True
        inner: Widget = chosen
        while isinstance(inner.parent, Widget) and inner.id != self.tab:
            for sibling in inner.parent.children:
                sibling.set_class(sibling is not inner, "-hidden")
            inner.add_class("-zoomed")
            inner = inner.parent
        self.set_focus(chosen)

    def unzoom(self) -> None:
        """Everything again."""
        if self._zoomed:
            self._zoomed = False
            for widget in self.query("#panes .-hidden, #panes .-zoomed"):
                widget.remove_class("-hidden", "-zoomed")

    def make_room_for_log(self) -> None:
        """Leave the zoom of another panel: the filter's result must be seen."""
        if self.alert_log is not None and not self.alert_log.region.area:
            self.unzoom()


def _sorted_gateways(picture: Picture, state: ViewState) -> Sequence[GatewayRow]:
    if state.sort == 0 and not state.reverse:
        return picture.view.gateways
    return tables.gateways(
        picture.snapshot,
        sort=tables.GATEWAY_COLUMNS[state.sort],
        reverse=state.reverse,
        stale=picture.snapshot.is_stale(picture.now),
    )
