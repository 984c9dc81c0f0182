"""The monitor: a feed in a thread of its own, pictures polled from its mailbox, keys turned into state.

* Nothing here ever waits for the feed, and the feed never waits for the screen.
* Keys become actions of the registry; an action changes the view's state, or sends a command.
* A tick without news writes nothing.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from revtui.core.alerts import Phase
from revtui.core.errors import RevtuiError
from revtui.core.rules import Rule
from revtui.tui import state as views
from revtui.tui.actions import ACTION_BY_ID, ACTIONS, Fact, available, footer_actions
from revtui.tui.deeds import Deeds
from revtui.tui.ending import Ending
from revtui.tui.feed import Feed
from revtui.tui.filtering import FilterControl
from revtui.tui.keys import KeysInOrder
from revtui.tui.paint import THEME_DEFAULTS, THEMES
from revtui.tui.printable import Ascii, Colourless, Printable
from revtui.tui.screens.monitor import MonitorScreen
from revtui.tui.session import Picture, Session
from revtui.tui.terminal import Capabilities
from revtui.tui.widgets.bars import TabBar
from revtui.tui.widgets.filter_bar import FilterBar
from revtui.tui.widgets.rows import RowList
from revtui.views.model import AlertRow
from revtui.views.palette import MONO, OKABE_DARK
from revtui.views.system import Figures

POLL_SECONDS: Final = 0.1
ANSWER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a person wants the monitor."""

    capabilities: Capabilities = field(default_factory=Capabilities)
    theme: str = OKABE_DARK.name
    view: views.ViewState = field(default_factory=views.ViewState)
    """What is shown at first."""
    user: str = ""
    """Who acknowledges."""
    readonly: bool = False
    """Commands are refused."""
    save_rules: Callable[[Sequence[Rule]], str] | None = None
    """Writes thresholds to the configuration and says where; None: they cannot be saved."""
    versions: Mapping[str, str] = field(default_factory=dict)
    timed: bool = True
    """Whether the System tab shows timings; not in a frame that must look the same every time."""
    blocks: bool = False
    """For consoles whose font has no braille."""
    still: bool = False
    """A frame that nobody can press a key in: no cursor, and no keys are named."""


def _bindings() -> list[BindingType]:
    """The keys of the registry; all are done by the app itself, before any widget sees them."""
    return [
        Binding(
            key, f"perform('{action.id}', '{key}')", show=False, priority=True, id=f"{action.id}.{number}"
        )
        for action in ACTIONS
        if Fact.DIALOG not in action.needs
        for number, key in enumerate(action.keys)
    ]


class MonitorApp(KeysInOrder, inherit_bindings=False):
    """The terminal front end."""

    TITLE = "revtui"
    CSS_PATH = "revtui.tcss"
    BINDINGS: ClassVar[list[BindingType]] = _bindings()
    ALLOW_SELECT = False
    ENABLE_COMMAND_PALETTE = False  # ours lists the registry

    def __init__(
        self,
        feed: Feed,
        settings: Settings | None = None,
        *,
        ending: Ending | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        **options: object,
    ) -> None:
        """Show `feed`; `ending` is told about the app, `monotonic` tells seconds, `options` go to the framework."""
        super().__init__(**options)
        self.settings = settings or Settings()
        self.feed = feed
        self.session = Session(feed, monotonic=monotonic)
        self.view = self.settings.view
        self._monotonic = monotonic
        self.failure: BaseException | None = None
        """Why the feed ended early."""
        self.picture: Picture | None = None
        self._ending = ending or Ending(feed.stop)
        self._monitor = MonitorScreen(
            blocks=self.settings.blocks, tab=self.view.tab, readonly=self.settings.readonly
        )
        self.filtering = FilterControl(self)
        self._own_filters = self._make_filters()
        self._lag_ms, self._build_ms, self._drawn, self._skipped = 0.0, 0.0, 0, 0
        self._tick_at, self._began = 0.0, False
        self._shape: tuple[str, ...] = ()
        self._answer = ""
        self._deeds = Deeds(self)
        for theme in THEMES:
            self.register_theme(theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line passes on its way out: the framework's filters, then ours.

        Whether there are colours is decided by the capabilities alone: under NO_COLOR the framework would
        turn them into greys.
        """
        theirs = [one for one in super().get_line_filters() if not isinstance(one, Monochrome | NoColor)]
        return [*theirs, *self._own_filters]

    def _make_filters(self) -> list[LineFilter]:
        able = self.settings.capabilities
        return [Printable(), *([Ascii()] if able.ascii else []), *([] if able.colour else [Colourless()])]

    # --- life ---

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the style sheet needs under any theme."""
        return dict(THEME_DEFAULTS)

    def get_default_screen(self) -> Screen[None]:
        """The one screen."""
        return self._monitor

    @property
    def monitor(self) -> MonitorScreen:
        """The one screen, also while a dialog covers it."""
        return self._monitor

    def on_mount(self) -> None:
        """Start the feed and the polling."""
        able = self.settings.capabilities
        self.animation_level = "full" if able.animation else "none"
        self.theme = self.settings.theme if able.colour else MONO.name
        self.set_class(able.ascii, "-ascii")
        self.set_class(self.settings.still, "-still")
        loop = asyncio.get_running_loop()

        def ask(status: int) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has just closed: the app is leaving already
                loop.call_soon_threadsafe(self.leave, status)

        self._ending.attach(ask)
        # The terminal enters the alternate screen again, and that is blank.
        self.app_resume_signal.subscribe(self, lambda _app: self.refresh(repaint=True, layout=True))
        self.monitor.give_room(self.view.layout)
        self.run_worker(self._run_feed, name="feed", thread=True, exit_on_error=False)
        self._tick_at = self._monotonic()
        self.set_interval(POLL_SECONDS, self.tick)

    def on_monitor_screen_ready(self) -> None:
        """The widgets are there: show the first picture as soon as they have their sizes."""
        self.call_after_refresh(self._first)

    def on_unmount(self) -> None:
        """The feed's thread is joined when the loop closes: it must know."""
        self.feed.stop()

    def _run_feed(self) -> None:
        try:
            asyncio.run(self.feed.run())
        finally:
            self._ending.feed_done.set()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The feed has ended: well, or with a failure that is shown or ends the program."""
        if event.worker.name != "feed" or event.state not in {WorkerState.SUCCESS, WorkerState.ERROR}:
            return
        self.failure = event.worker.error or self.feed.failure
        if self.failure is None:
            return
        self.session.poll()
        if isinstance(self.failure, RevtuiError) and self.session.snapshot is not None:
            self.redraw()
        else:
            self.leave(1)

    def leave(self, status: int) -> None:
        """Leave with an exit status."""
        self.exit(return_code=status)

    # --- pictures ---

    def _first(self) -> None:
        self._began = True
        self.session.poll()
        self.redraw()

    def tick(self) -> None:
        """Look into the mailbox, and draw if there is anything new; called ten times a second."""
        now = self._monotonic()
        self._lag_ms = max(self._lag_ms * 0.98, (now - self._tick_at - POLL_SECONDS) * 1000)
        self._tick_at = now
        if not self._alive:
            return
        before = self.session.revision
        if self.session.poll():
            self._skipped += max(self.session.revision - before - 1, 0) if before else 0
            self.redraw()
        elif self.monitor.shape() != self._shape:
            self.redraw()

    @property
    def _alive(self) -> bool:
        """Whether the widgets are all there: not yet while starting, no more while leaving."""
        return self._began and self.is_running

    def redraw(self) -> None:
        """Show what there is now; widgets compare, and write only what differs."""
        if not self._alive:
            return
        started = time.perf_counter()
        self._shape = self.monitor.shape()
        self.picture = self.session.picture(self.view)
        if self.picture is None:
            self.monitor.present_nothing()
        else:
            self._drawn += 1
            self.monitor.present(
                self.picture,
                self.view,
                compiled=self.session.compiled(self.view.query) if self.view.query else None,
                figures=self.figures,
                note="" if self.size.width < 100 else self.theme,
            )
            self._build_ms = (time.perf_counter() - started) * 1000
        self.show_keys()

    @property
    def settled(self) -> bool:
        """Whether everything on the screen is drawn, charts included."""
        return (
            self._drawn > 0 and self.monitor.charts_settled
            if self.session.snapshot is not None
            else self._began
        )

    @property
    def figures(self) -> Figures:
        """How the screen fares."""
        return Figures(
            versions=self.settings.versions,
            timed=self.settings.timed,
            loop_lag_ms=round(self._lag_ms),
            build_ms=round(self._build_ms),
            drawn=self._drawn,
            skipped=self._skipped,
        )

    def show_keys(self) -> None:
        """Show the keys that do something now."""
        if not self._alive:
            return
        lost = f"source lost: {self.failure.message}" if isinstance(self.failure, RevtuiError) else ""
        self.monitor.show_keys(footer_actions(self.facts), message=self._answer or lost)

    def answer(self, text: str) -> None:
        """Say something beside the keys, for a few seconds: why a key does nothing."""

        def fade() -> None:
            if self._answer is text:
                self._answer = ""
                self.show_keys()

        self._answer = text
        self.show_keys()
        self.set_timer(ANSWER_SECONDS, fade)

    def on_resize(self, _event: events.Resize) -> None:
        """How many cards there are depends on the room."""
        if self._alive:
            self.call_after_refresh(self.redraw)

    def on_descendant_focus(self) -> None:
        """Other keys may work in another panel, and the cursor shows where they do."""
        if not self._alive:
            return
        bar = self.monitor.filter_bar
        if bar.is_open and self.monitor.focused is not bar.field:
            self.filtering.left()
        for rows in self.screen.query(RowList):
            rows.repaint()
        self.call_later(self.show_keys)

    def on_row_list_moved(self) -> None:
        """Another row: its detail, and its keys."""
        if not self._alive:
            return
        if (log := self.monitor.alert_log) is not None:
            log.moved()
        if self.view.tab == "alerts" and self.picture is not None:
            self.monitor.show_detail(self.picture)
        self.show_keys()

    def on_row_list_chosen(self) -> None:
        """A double click opens the row."""
        self._deeds.detail()

    def on_tab_bar_picked(self, event: TabBar.Picked) -> None:
        """A click on a tab."""
        self.open_tab(event.tab)

    # --- actions ---

    @property
    def facts(self) -> frozenset[Fact]:
        """Everything that holds now, of the screen below any dialog."""
        if not self._alive:
            return frozenset()
        found = set(self.monitor.facts())
        if Fact.SCREEN not in found:
            return frozenset(found)
        found.add(Fact.PAUSED if self.session.paused else Fact.RUNNING)
        if self.view.filtered:
            found.add(Fact.FILTERED)
        if self.settings.capabilities.colour:
            found.add(Fact.COLOURS)
        if self.settings.readonly:
            found.add(Fact.READONLY)
        if self.session.snapshot is not None and self.session.snapshot.rules:
            found.add(Fact.RULES)
        if self.session.snapshot is not None and len(self.session.snapshot.lengths) > 1:
            found.add(Fact.LENGTHS)
        if Fact.ALERT in found and self.acknowledgeable() is not None:
            found.add(Fact.ACKNOWLEDGEABLE)
        return frozenset(found)

    def acknowledgeable(self) -> AlertRow | None:
        """The alert under the cursor, if it is open and nobody has acknowledged it."""
        log = self.monitor.alert_log
        row = log.alert if log is not None else None
        is_open = row is not None and Phase(row.state).is_open
        return row if row is not None and is_open and not row.acked else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does anything now."""
        if action != "perform":
            return super().check_action(action, parameters)
        chosen = ACTION_BY_ID[str(parameters[0])]
        if self.screen is not self.monitor and not chosen.anywhere:
            return False
        return available(chosen, self.facts)

    async def action_perform(self, action_id: str, _key: str = "") -> None:
        """Do what an action of the registry says; a dialog that opens is there when this returns."""
        if available(ACTION_BY_ID[action_id], self.facts):
            outcome = self._deeds.table[action_id]()
            if isawaitable(outcome):
                await outcome

    def open_tab(self, tab: str) -> None:
        """Open a tab."""
        self._deeds.open(tab)

    def look(self, view: views.ViewState) -> None:
        """Look at something else."""
        if view != self.view:
            self.view = view
            self.redraw()

    # --- the filter line ---

    def on_filter_bar_typed(self, event: FilterBar.Typed) -> None:
        """Apply what is typed, if it is a query; a word of it that comes after the typing was ended, no more."""
        if self.monitor.filter_bar.is_open:
            self.filtering.typed(event.query)
