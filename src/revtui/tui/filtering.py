"""The conversation about the filter: typing, applying, complaining, clearing."""

from dataclasses import replace
from typing import TYPE_CHECKING

from revtui.core.filters import FilterError
from revtui.core.severity import Severity

if TYPE_CHECKING:
    from revtui.tui.app import MonitorApp


class FilterControl:
    """Between the filter line and the view's state; invalid text leaves the last valid filter in force."""

    def __init__(self, app: "MonitorApp") -> None:
        """`app` holds the state."""
        self._app = app
        self._back: str | None = None

    def open(self) -> None:
        """Begin to type, with the filter in force as the text, where there is a list of alerts to see it work."""
        monitor = self._app.monitor
        self._back = None
        if monitor.alert_log is None:
            self._back = monitor.tab
            self._app.open_tab("alerts")
        monitor.make_room_for_log()
        monitor.filter_bar.open(self._app.view.query)
        self._app.show_keys()

    def typed(self, query: str) -> bool:
        """Apply the text if it is a query, which it returns; else say what is wrong and keep the last that was."""
        bar = self._app.monitor.filter_bar
        query = query.strip()
        try:
            if query:
                self._app.session.compiled(query)
        except FilterError as error:
            bar.explain(error.message, error.position)
            return False
        bar.explain("", None)
        self._app.look(replace(self._app.view, query=query))
        return True

    def keep(self) -> None:
        """Typing is over, and the filter stays; a text that is no query is not done with yet."""
        bar = self._app.monitor.filter_bar
        if self.typed(bar.field.value):
            self._close()

    def drop(self) -> None:
        """Typing is over, and the filter is cleared; back to the tab without alerts that it was begun on."""
        self._app.look(replace(self._app.view, query=""))
        self._close()
        if self._back is not None:
            self._app.open_tab(self._back)

    def left(self) -> None:
        """The focus went elsewhere, as by a click: the last valid filter stays."""
        self._app.monitor.filter_bar.close()
        self._app.show_keys()

    def _close(self) -> None:
        monitor = self._app.monitor
        monitor.filter_bar.close()
        monitor.set_focus(monitor.alert_log)
        self._app.show_keys()

    def clear(self) -> None:
        """Show all alerts again."""
        self._app.look(replace(self._app.view, query="", least=Severity.OK))
