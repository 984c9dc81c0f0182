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

    def open(self) -> None:
        """Begin to type, with the filter in force as the text."""
        self._app.monitor.make_room_for_log()
        self._app.monitor.filter_bar.open(self._app.view.query)
        self._app.show_keys()

    def typed(self, query: str) -> None:
        """Apply the text if it is a query; else say what is wrong and keep the last that was."""
        bar = self._app.monitor.filter_bar
        query = query.strip()
        try:
            if query:
                self._app.session.compiled(query)
        except FilterError as error:
            bar.explain(error.message, error.position)
            return
        bar.explain("", None)
        self._app.look(replace(self._app.view, query=query))

    def closed(self, *, keep: bool) -> None:
        """Typing is over: the filter stays, or is cleared."""
        monitor = self._app.monitor
        monitor.filter_bar.close()
        if not keep:
            self._app.look(replace(self._app.view, query=""))
        if monitor.alert_log is not None:
            monitor.alert_log.focus()
        self._app.show_keys()

    def clear(self) -> None:
        """Show all alerts again."""
        self._app.look(replace(self._app.view, query="", least=Severity.OK))
