"""The one registry of what a person can do: keys, footer, help and command palette are made from it.

An action is available when every fact it needs holds (`available`), and it is shown only when it is
available; so a key in the footer always does what it says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Fact(Enum):
    """Something true of the screen at the moment, on which actions depend."""

    LIST = auto()  # a list with a cursor is on the screen
    ROW = auto()  # and it has a row under the cursor
    ALERTS = auto()  # the alert log is on the screen
    ALERT = auto()  # and the cursor is on one of its alerts
    ACKNOWLEDGEABLE = auto()  # which is open, not acknowledged yet, and commands are accepted
    CHART = auto()  # a chart is on the screen
    PANELS = auto()  # more than one panel is on the screen
    SORTABLE = auto()  # the gateway table is on the screen
    FILTERED = auto()  # the alert log is filtered
    RULES = auto()  # there are rules whose thresholds can be changed
    PAUSED = auto()
    RUNNING = auto()
    COLOURS = auto()  # colours may be used, so there are themes
    SCREEN = auto()  # no dialog is open
    DIALOG = auto()  # a dialog is open
    THRESHOLDS = auto()  # it is the dialog of the thresholds
    SAVABLE = auto()  # and what it changed can be saved


class Group(Enum):
    """Headings of the help screen, in its order."""

    MOVE = "Move about"
    ALERTS = "Alerts"
    VIEW = "What is shown"
    PROGRAM = "Program"
    DIALOG = "In a dialog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person can do."""

    id: str
    """Stable: keys are rebound by it."""
    keys: tuple[str, ...]
    """As the terminal framework names them; the first is the one taught."""
    shown: str
    """How its keys are printed."""
    label: str
    """One or two words for the footer; empty: not in the footer."""
    help: str
    """One sentence for the help screen and the command palette."""
    group: Group
    needs: frozenset[Fact] = frozenset({Fact.SCREEN})
    rank: int = 50
    """The footer shows low ranks first, as many as fit."""
    anywhere: bool = False
    """Whether it works also while text is being typed or a dialog is open."""


def _needs(*facts: Fact) -> frozenset[Fact]:
    return frozenset({Fact.SCREEN, *facts})


def _in(*facts: Fact) -> frozenset[Fact]:
    return frozenset({Fact.DIALOG, *facts})


TABS: Final = ("overview", "alerts", "gateways", "windows", "system")
"""In the order of their number keys."""

_TAB_HELP: Final = {
    "overview": "The overview: verdict, KPIs, charts, alerts.",
    "alerts": "All alerts, with the detail of one.",
    "gateways": "Every gateway by itself.",
    "windows": "The latest KPI windows as a table.",
    "system": "Sources, accounting, quarantine, timings.",
}

ACTIONS: Final = (
    *(
        Action(id=f"tab.{tab}", keys=(str(number),), shown=str(number), label="", help=_TAB_HELP[tab], group=Group.MOVE)
        for number, tab in enumerate(TABS, 1)
    ),
    Action(id="panel.next", keys=("tab",), shown="tab", label="", help="The next panel.", group=Group.MOVE, needs=_needs(Fact.PANELS)),
    Action(id="panel.previous", keys=("shift+tab",), shown="shift+tab", label="", help="The previous panel.", group=Group.MOVE, needs=_needs(Fact.PANELS)),
    Action(id="row.down", keys=("j", "down"), shown="j ↓", label="", help="Down one row.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.up", keys=("k", "up"), shown="k ↑", label="", help="Up one row.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.page_down", keys=("ctrl+d", "pagedown"), shown="ctrl+d", label="", help="Down one page.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.page_up", keys=("ctrl+u", "pageup"), shown="ctrl+u", label="", help="Up one page.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.top", keys=("g", "home"), shown="g", label="", help="To the first row.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.bottom", keys=("G", "end"), shown="G", label="", help="To the last row; an alert log then follows what is new.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.detail", keys=("enter",), shown="enter", label="detail", help="Everything known about the row under the cursor.", group=Group.MOVE, needs=_needs(Fact.ROW), rank=20),
    Action(id="filter.open", keys=("slash",), shown="/", label="filter", help="Filter the alerts while typing, as in: sev>=warn gw:stripe since:30m.", group=Group.ALERTS, needs=_needs(Fact.ALERTS), rank=10),
    Action(id="filter.clear", keys=("escape",), shown="esc", label="clear filter", help="Clear the filter; closes any dialog first.", group=Group.ALERTS, needs=_needs(Fact.FILTERED), rank=11),
    Action(id="filter.clear_all", keys=("c",), shown="c", label="", help="Clear the filter and the least severity.", group=Group.ALERTS, needs=_needs(Fact.FILTERED)),
    Action(id="filter.least", keys=("comma",), shown=",", label="severity", help="Least severity shown: all, WARN, CRIT.", group=Group.ALERTS, needs=_needs(Fact.ALERTS), rank=45),
    Action(id="alert.acknowledge", keys=("a",), shown="a", label="ack", help="Acknowledge the alert under the cursor: somebody has seen it.", group=Group.ALERTS, needs=_needs(Fact.ACKNOWLEDGEABLE), rank=22),
    Action(id="row.copy", keys=("y",), shown="y", label="copy", help="Copy the row to the terminal's clipboard (OSC 52).", group=Group.ALERTS, needs=_needs(Fact.ROW), rank=48),
    Action(id="pause", keys=("space", "p"), shown="space", label="pause", help="Freeze the screen; collection goes on and what arrives is counted.", group=Group.VIEW, needs=_needs(Fact.RUNNING), rank=15),
    Action(id="resume", keys=("space", "p"), shown="space", label="resume", help="Back to what is happening now.", group=Group.VIEW, needs=_needs(Fact.PAUSED), rank=5),
    Action(id="chart.metric", keys=("m",), shown="m", label="metric", help="The next KPI in the main chart.", group=Group.VIEW, needs=_needs(Fact.CHART), rank=30),
    Action(id="chart.longer", keys=("plus", "equals_sign"), shown="+", label="span", help="A longer span in the charts: 30m 1h 3h 6h 24h 7d all.", group=Group.VIEW, needs=_needs(Fact.CHART), rank=32),
    Action(id="chart.shorter", keys=("minus",), shown="-", label="", help="A shorter span in the charts.", group=Group.VIEW, needs=_needs(Fact.CHART)),
    Action(id="panel.zoom", keys=("z",), shown="z", label="zoom", help="The focused panel alone, and back.", group=Group.VIEW, needs=_needs(Fact.PANELS), rank=34),
    Action(id="layout.cycle", keys=("Z",), shown="Z", label="layout", help="Room for everything, for the alerts, or for the charts.", group=Group.VIEW, needs=_needs(Fact.CHART), rank=60),
    Action(id="sort.previous", keys=("less_than_sign",), shown="< >", label="sort", help="Sort the gateways by the column to the left.", group=Group.VIEW, needs=_needs(Fact.SORTABLE), rank=31),
    Action(id="sort.next", keys=("greater_than_sign",), shown=">", label="", help="Sort the gateways by the column to the right.", group=Group.VIEW, needs=_needs(Fact.SORTABLE)),
    Action(id="sort.reverse", keys=("R",), shown="R", label="reverse", help="Reverse the order of the gateways.", group=Group.VIEW, needs=_needs(Fact.SORTABLE), rank=33),
    Action(id="thresholds", keys=("l",), shown="l", label="thresholds", help="See and change the WARN and CRIT thresholds, with immediate effect.", group=Group.PROGRAM, needs=_needs(Fact.RULES), rank=36),
    Action(id="refresh", keys=("r",), shown="r", label="", help="Draw everything anew.", group=Group.PROGRAM),
    Action(id="theme", keys=("ctrl+t",), shown="ctrl+t", label="theme", help="The next theme.", group=Group.PROGRAM, needs=_needs(Fact.COLOURS), rank=70),
    Action(id="commands", keys=("colon", "ctrl+p"), shown=":", label="commands", help="Every action by name (also ctrl+p).", group=Group.PROGRAM, rank=40),
    Action(id="help", keys=("question_mark", "f1"), shown="?", label="help", help="Keys, filter language, and what each figure means.", group=Group.PROGRAM, rank=2),
    Action(id="quit", keys=("q",), shown="q", label="quit", help="Quit.", group=Group.PROGRAM, rank=3),
    Action(id="dialog.close", keys=("escape", "q"), shown="esc", label="close", help="Close the dialog.", group=Group.DIALOG, needs=_in(), rank=2),
    Action(id="dialog.down", keys=("j", "down"), shown="j ↓", label="", help="Down.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.up", keys=("k", "up"), shown="k ↑", label="", help="Up.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.page_down", keys=("ctrl+d", "pagedown", "space"), shown="ctrl+d", label="", help="Down one page.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.page_up", keys=("ctrl+u", "pageup"), shown="ctrl+u", label="", help="Up one page.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.top", keys=("g", "home"), shown="g", label="", help="To the beginning.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.bottom", keys=("G", "end"), shown="G", label="", help="To the end.", group=Group.DIALOG, needs=_in()),
    Action(id="level.other", keys=("left", "right", "tab", "h", "l"), shown="← →", label="WARN/CRIT", help="The other level of the rule.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), rank=10),
    Action(id="level.edit", keys=("enter",), shown="enter", label="type", help="Type the level; off switches it off. A digit begins at once.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), rank=11),
    Action(id="level.raise", keys=("plus", "equals_sign"), shown="+ -", label="step", help="A little higher.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), rank=12),
    Action(id="level.lower", keys=("minus",), shown="-", label="", help="A little lower.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS)),
    Action(id="level.save", keys=("s",), shown="s", label="save", help="Write the thresholds to the configuration; until then they hold for this run.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS, Fact.SAVABLE), rank=13),
    Action(id="interrupt", keys=("ctrl+c",), shown="ctrl+c", label="", help="Quit at once; pressed again, without waiting for anything.", group=Group.PROGRAM, needs=frozenset(), anywhere=True),
)  # fmt: skip
"""Everything, in the order of the help screen."""

ACTION_BY_ID: Final = {action.id: action for action in ACTIONS}


def available(action: Action, facts: frozenset[Fact]) -> bool:
    """Whether it would do something now."""
    return action.needs <= facts


def footer_actions(facts: frozenset[Fact], actions: Iterable[Action] = ACTIONS) -> tuple[Action, ...]:
    """The actions worth showing, most important first."""
    return tuple(
        sorted(
            (action for action in actions if action.label and available(action, facts)),
            key=lambda action: action.rank,
        )
    )
