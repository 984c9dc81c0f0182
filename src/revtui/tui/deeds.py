"""What each action of the registry does to the app: one table, one short function each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from revtui.core.durations import format_duration
from revtui.core.rules import Rule
from revtui.engine.commands import Acknowledge, SetRule, ShowWindows
from revtui.tui import state as views
from revtui.tui.actions import TABS, offered
from revtui.tui.guide import guide_lines
from revtui.tui.paint import THEMES
from revtui.tui.screens.commands import Commands
from revtui.tui.screens.dialog import PageDialog
from revtui.tui.screens.thresholds import Thresholds
from revtui.tui.widgets.rows import RowList
from revtui.views.details import copied, detail_of
from revtui.views.tables import GATEWAY_COLUMNS

if TYPE_CHECKING:
    from revtui.tui.app import MonitorApp

READ_ONLY: Final = "read-only (--readonly)"
LEVELS_STAY: Final = "levels cannot be changed"
CLIPBOARD_LIMIT: Final = 74_000
"""Bytes; terminals drop longer OSC 52 sequences."""


class Deeds:
    """The doing behind the registry."""

    def __init__(self, app: "MonitorApp") -> None:
        """`app` is what it is done to."""
        self._app = app
        self.table = self._table()
        """Action -> what does it."""

    def _commands(self) -> object:
        actions = [
            action
            for action in offered(self._app.facts)
            if action.id in self.table and action.id != "commands"
        ]
        return self._app.push_screen(Commands(actions, self._app.action_perform))

    def _table(self) -> dict[str, Callable[[], object]]:
        """Action -> what does it."""
        return {
            **{f"tab.{tab}": partial(self.open, tab) for tab in TABS},
            "panel.next": lambda: self._app.monitor.step_focus(1),
            "panel.previous": lambda: self._app.monitor.step_focus(-1),
            "row.down": lambda: self._scroll(1),
            "row.up": lambda: self._scroll(-1),
            "row.page_down": lambda: self._page(1),
            "row.page_up": lambda: self._page(-1),
            "row.top": lambda: self._to_edge(end=False),
            "row.bottom": lambda: self._to_edge(end=True),
            "row.detail": self.detail,
            "row.copy": self._copy,
            "filter.open": self._app.filtering.open,
            "filter.clear": self._app.filtering.clear,
            "typing.keep": self._app.filtering.keep,
            "typing.list": self._app.filtering.keep,
            "typing.clear": self._app.filtering.drop,
            "filter.least": lambda: self._app.look(views.next_least(self._app.view)),
            "alert.acknowledge": self._acknowledge,
            "pause": self._pause,
            "resume": self._resume,
            "windows.next": lambda: self._windows(1),
            "windows.previous": lambda: self._windows(-1),
            "chart.metric": lambda: self._app.look(views.next_metric(self._app.view)),
            "chart.longer": lambda: self._app.look(views.with_span(self._app.view, 1)),
            "chart.shorter": lambda: self._app.look(views.with_span(self._app.view, -1)),
            "panel.zoom": self._zoom,
            "layout.cycle": self._layout,
            "sort.previous": lambda: self._app.look(
                views.with_sort(self._app.view, -1, len(GATEWAY_COLUMNS))
            ),
            "sort.next": lambda: self._app.look(views.with_sort(self._app.view, 1, len(GATEWAY_COLUMNS))),
            "sort.reverse": lambda: self._app.look(views.reversed_sort(self._app.view)),
            "thresholds": self._thresholds,
            "refresh": self._refresh,
            "theme": self._next_theme,
            "commands": self._commands,
            "help": lambda: self._app.push_screen(PageDialog("Help", guide_lines(self._dialog_room))),
            "quit": lambda: self._app.leave(0),
            "interrupt": lambda: self._app.leave(130),
        }

    def open(self, tab: str) -> None:
        """Open a tab."""
        self._app.monitor.open_tab(tab)
        self._app.look(replace(self._app.view, tab=tab))
        self._app.show_keys()

    def _scroll(self, step: int) -> None:
        if (scroller := self._app.monitor.scroller) is not None:
            scroller.move(step)

    def _page(self, direction: int) -> None:
        if (scroller := self._app.monitor.scroller) is not None:
            scroller.move(direction * max(scroller.page - 1, 1))

    def _to_edge(self, *, end: bool) -> None:
        if (scroller := self._app.monitor.scroller) is not None:
            scroller.to_end() if end else scroller.move_to(0)

    def detail(self) -> object:
        """Show everything known about the row under the cursor."""
        scroller = self._app.monitor.scroller
        if not isinstance(scroller, RowList) or scroller.selected is None or self._app.picture is None:
            return None
        title, lines = detail_of(scroller.selected, self._app.picture.snapshot, self._dialog_room)
        return self._app.push_screen(PageDialog(title, lines))

    @property
    def _dialog_room(self) -> int:
        """Columns for the text of a dialog."""
        return min(self._app.size.width * 9 // 10, 100) - 4

    def _copy(self) -> None:
        scroller = self._app.monitor.scroller
        if not isinstance(scroller, RowList) or scroller.selected is None or self._app.picture is None:
            return
        text = copied(scroller.selected, self._app.picture.snapshot)
        if len(text.encode()) > CLIPBOARD_LIMIT:
            self._app.notify("too long for the terminal's clipboard", severity="warning", markup=False)
            return
        self._app.copy_to_clipboard(text)
        self._app.notify("sent to the terminal's clipboard (OSC 52)", markup=False, timeout=2)

    def _acknowledge(self) -> None:
        row = self._app.acknowledgeable()
        if self._app.settings.readonly:
            self._app.answer(f"{READ_ONLY}: alerts cannot be acknowledged")
        elif row is not None:
            self._app.feed.submit(
                Acknowledge(alert_ids=(row.id,), by=self._app.settings.user, at=self._app.session.now)
            )

    def _pause(self) -> None:
        self._app.session.pause()
        self._app.redraw()

    def _resume(self) -> None:
        self._app.session.resume()
        self._app.redraw()

    def _windows(self, step: int) -> None:
        """Ask for windows of another length: they are on the screen with the next picture."""
        snapshot = self._app.session.snapshot
        if snapshot is None:
            return
        if self._app.session.paused:
            self._app.answer("paused: other windows need new pictures")
            return
        view, passed = views.next_window(self._app.view, snapshot, step)
        self._app.look(view)
        self._app.feed.submit(ShowWindows(length=view.window or snapshot.policy.length))
        if passed:
            lengths = ", ".join(format_duration(length) for length in passed)
            hop = format_duration(snapshot.policy.hop)
            self._app.answer(f"no {lengths} windows: not a multiple of the {hop} hop")

    def _zoom(self) -> None:
        self._app.monitor.toggle_zoom()
        self._app.call_after_refresh(self._app.redraw)

    def _layout(self) -> None:
        self._app.look(views.next_layout(self._app.view))
        self._app.monitor.give_room(self._app.view.layout)
        self._app.call_after_refresh(self._app.redraw)

    def _thresholds(self) -> object:
        snapshot = self._app.session.snapshot
        if snapshot is None:
            return None
        readonly = self._app.settings.readonly
        if readonly:
            self._app.answer(f"{READ_ONLY}: {LEVELS_STAY}")
        return self._app.push_screen(
            Thresholds(
                rules=self._newest_rules,
                submit=lambda rule: self._app.feed.submit(SetRule(rule=rule)),
                save=self._app.settings.save_rules,
                currency=snapshot.currency,
                refusal=f"{READ_ONLY}: {LEVELS_STAY}" if readonly else "",
            )
        )

    def _newest_rules(self) -> Sequence[Rule]:
        newest = self._app.feed.mailbox.peek()
        return newest.rules if newest is not None else ()

    def _refresh(self) -> None:
        self._app.redraw()
        self._app.monitor.refresh(repaint=True, layout=True)

    def _next_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        here = names.index(self._app.theme) if self._app.theme in names else -1
        self._app.theme = names[(here + 1) % len(names)]
        self._app.redraw()
