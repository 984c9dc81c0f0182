"""The one registry of what a person can do: keys, footer, help and command palette are made from it.

An action is available when every fact it needs holds (`available`), and it is shown only when it is
available; so a key in the footer always does what it says. While text is typed, the keys of text are
text (`is_text`), whatever they do elsewhere.
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
    ACKNOWLEDGEABLE = auto()  # which is open, and nobody has acknowledged it yet
    LENGTHS = auto()  # windows of other lengths can be shown
    CHART = auto()  # a chart is on the screen
    PANELS = auto()  # more than one panel is on the screen
    SORTABLE = auto()  # the gateway table is on the screen
    FILTERED = auto()  # the alert log is filtered
    RULES = auto()  # there are rules whose thresholds can be looked at
    PAUSED = auto()
    RUNNING = auto()
    COLOURS = auto()  # colours may be used, so there are themes
    READONLY = auto()  # nothing can be changed from here
    SCREEN = auto()  # no dialog is open, and no filter is being typed
    TYPING = auto()  # a filter is being typed: characters are text
    DIALOG = auto()  # a dialog is open
    COMMANDS = auto()  # it is the list of commands, and characters are what is searched for
    THRESHOLDS = auto()  # it is the dialog of the thresholds
    EDITING = auto()  # it is that dialog, and characters are a level
    SAVABLE = auto()  # and what it changed can be saved


class Group(Enum):
    """Headings of the help screen, in its order."""

    MOVE = "Move about"
    ALERTS = "Alerts"
    VIEW = "What is shown"
    PROGRAM = "Program"
    TYPING = "While a filter is typed"
    DIALOG = "In a dialog"


_SPELLINGS: Final = {
    "slash": "/", "colon": ":", "comma": ",", "full_stop": ".", "plus": "+", "equals_sign": "=", "minus": "-",
    "less_than_sign": "<", "greater_than_sign": ">", "question_mark": "?", "f1": "F1", "escape": "esc",
    "up": "↑", "down": "↓", "left": "←", "right": "→", "pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End",
}  # fmt: skip
_DIGITS: Final = tuple("0123456789")
_OF_TEXT: Final = frozenset({"space", "left", "right", "home", "end", "ctrl+u", "ctrl+d"})
"""Keys that a field of text uses itself, besides those of single characters."""


def spelled(key: str) -> str:
    """A key as people write it.

    >>> spelled("less_than_sign"), spelled("ctrl+t"), spelled("f1")
    ('<', 'ctrl+t', 'F1')
    """
    return _SPELLINGS.get(key, key)


def is_text(key: str) -> bool:
    """Whether a field of text takes the key for itself.

    >>> is_text("slash"), is_text("G"), is_text("escape"), is_text("up")
    (True, True, False, False)
    """
    return key in _OF_TEXT or (len(spelled(key)) == 1 and spelled(key).isascii())


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person can do."""

    id: str
    """Stable: keys are rebound by it."""
    name: str
    """What it is called in the command palette."""
    keys: tuple[str, ...]
    """As the terminal framework names them; the first is the one taught."""
    shown: str = ""
    """How the footer prints its keys, perhaps with those of its neighbour; empty: its first key."""
    label: str = ""
    """One or two words for the footer; empty: not in the footer."""
    help: str
    """One sentence for the help screen and the command palette."""
    group: Group
    needs: frozenset[Fact] = frozenset({Fact.SCREEN})
    rank: int = 50
    """The footer shows low ranks first, as many as fit."""
    anywhere: bool = False
    """Whether it works also while text is being typed or a dialog is open."""
    writes: bool = False
    """Whether it changes more than what is looked at; a read-only screen answers with the reason."""
    fresh: bool = False
    """Whether only a new picture can show it; a paused screen answers with the reason."""

    @property
    def footer_key(self) -> str:
        """What stands before its label in the footer."""
        return self.shown or spelled(self.keys[0])

    @property
    def all_keys(self) -> str:
        """Every key that does it, as help lists them."""
        keys = [spelled(key) for key in self.keys if key not in _DIGITS or self.keys[:10] != _DIGITS]
        return " ".join(["0-9", *keys] if self.keys[:10] == _DIGITS else keys)


def _needs(*facts: Fact) -> frozenset[Fact]:
    return frozenset({Fact.SCREEN, *facts})


def _in(*facts: Fact) -> frozenset[Fact]:
    return frozenset({Fact.DIALOG, *facts})


TABS: Final = ("overview", "alerts", "gateways", "windows", "system")
"""In the order of their number keys."""

_TABS: Final = {
    "overview": ("Overview", "The overview: verdict, KPIs, charts, alerts."),
    "alerts": ("Alerts", "All alerts, with the detail of one."),
    "gateways": ("Gateways", "Every gateway by itself."),
    "windows": ("Windows", "The latest KPI windows as a table."),
    "system": ("System", "Sources, accounting, quarantine, timings."),
}

ACTIONS: Final = (
    *(
        Action(
            id=f"tab.{tab}", name=f"Tab {_TABS[tab][0]}", keys=(str(number),), shown=f"1-{len(TABS)}",
            label="tabs" if number == 1 else "", help=_TABS[tab][1], group=Group.MOVE, rank=4,
        )
        for number, tab in enumerate(TABS, 1)
    ),
    Action(id="panel.next", name="Next panel", keys=("tab",), help="The next panel.", group=Group.MOVE, needs=_needs(Fact.PANELS)),
    Action(id="panel.previous", name="Previous panel", keys=("shift+tab",), help="The previous panel.", group=Group.MOVE, needs=_needs(Fact.PANELS)),
    Action(id="row.down", name="Row down", keys=("j", "down"), help="Down one row.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.up", name="Row up", keys=("k", "up"), help="Up one row.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.page_down", name="Page down", keys=("ctrl+d", "pagedown"), help="Down one page.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.page_up", name="Page up", keys=("ctrl+u", "pageup"), help="Up one page.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.top", name="First row", keys=("g", "home"), help="To the first row.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.bottom", name="Last row", keys=("G", "end"), help="To the last row; an alert log then follows what is new.", group=Group.MOVE, needs=_needs(Fact.LIST)),
    Action(id="row.detail", name="Detail", keys=("enter",), label="detail", help="Everything known about the row under the cursor.", group=Group.MOVE, needs=_needs(Fact.ROW), rank=20),
    Action(id="filter.open", name="Filter", keys=("slash",), label="filter", help="Filter the alerts while typing, as in: sev>=warn gw:stripe since:30m.", group=Group.ALERTS, rank=10),
    Action(id="filter.clear", name="Clear filter", keys=("escape", "c"), label="clear filter", help="Clear the filter and the least severity.", group=Group.ALERTS, needs=_needs(Fact.FILTERED), rank=11),
    Action(id="filter.least", name="Least severity", keys=("comma",), label="severity", help="Least severity shown: all, WARN, CRIT.", group=Group.ALERTS, needs=_needs(Fact.ALERTS), rank=45),
    Action(id="alert.acknowledge", name="Acknowledge", keys=("a",), label="ack", help="Acknowledge the alert under the cursor: somebody has seen it.", group=Group.ALERTS, needs=_needs(Fact.ACKNOWLEDGEABLE), rank=22, writes=True),
    Action(id="row.copy", name="Copy row", keys=("y",), label="copy", help="Copy the row to the terminal's clipboard (OSC 52).", group=Group.ALERTS, needs=_needs(Fact.ROW), rank=48),
    Action(id="pause", name="Pause", keys=("space", "p"), label="pause", help="Freeze the screen; collection goes on and what arrives is counted.", group=Group.VIEW, needs=_needs(Fact.RUNNING), rank=15),
    Action(id="resume", name="Resume", keys=("space", "p"), label="resume", help="Back to what is happening now.", group=Group.VIEW, needs=_needs(Fact.PAUSED), rank=5),
    Action(id="windows.next", name="Longer windows", keys=("w",), shown="w W", label="window", help="Windows of the next length on the screen: 1m 5m 15m 1h; alerts go by the configured one, whatever is shown.", group=Group.VIEW, needs=_needs(Fact.LENGTHS), rank=28, fresh=True),
    Action(id="windows.previous", name="Shorter windows", keys=("W",), help="Windows of the length before.", group=Group.VIEW, needs=_needs(Fact.LENGTHS), fresh=True),
    Action(id="chart.metric", name="Metric", keys=("m",), label="metric", help="The next KPI in the main chart.", group=Group.VIEW, needs=_needs(Fact.CHART), rank=30),
    Action(id="chart.longer", name="Longer span", keys=("plus", "equals_sign"), label="span", help="A longer span in the charts: 30m 1h 3h 6h 24h 7d all.", group=Group.VIEW, needs=_needs(Fact.CHART), rank=32),
    Action(id="chart.shorter", name="Shorter span", keys=("minus",), help="A shorter span in the charts.", group=Group.VIEW, needs=_needs(Fact.CHART)),
    Action(id="panel.zoom", name="Zoom", keys=("z",), label="zoom", help="The focused panel alone, and back.", group=Group.VIEW, needs=_needs(Fact.PANELS), rank=34),
    Action(id="layout.cycle", name="Layout", keys=("Z",), label="layout", help="Room for everything, for the alerts, or for the charts.", group=Group.VIEW, needs=_needs(Fact.CHART), rank=60),
    Action(id="sort.previous", name="Sort by column left", keys=("less_than_sign",), shown="< >", label="sort", help="Sort the gateways by the column to the left.", group=Group.VIEW, needs=_needs(Fact.SORTABLE), rank=31),
    Action(id="sort.next", name="Sort by column right", keys=("greater_than_sign",), help="Sort the gateways by the column to the right.", group=Group.VIEW, needs=_needs(Fact.SORTABLE)),
    Action(id="sort.reverse", name="Reverse the order", keys=("R",), label="reverse", help="Reverse the order of the gateways.", group=Group.VIEW, needs=_needs(Fact.SORTABLE), rank=33),
    Action(id="thresholds", name="Thresholds", keys=("l",), label="thresholds", help="See and change the WARN and CRIT thresholds, with immediate effect.", group=Group.PROGRAM, needs=_needs(Fact.RULES), rank=36),
    Action(id="refresh", name="Draw anew", keys=("r",), help="Draw everything anew.", group=Group.PROGRAM),
    Action(id="theme", name="Theme", keys=("ctrl+t",), label="theme", help="The next theme.", group=Group.PROGRAM, needs=_needs(Fact.COLOURS), rank=70),
    Action(id="commands", name="Commands", keys=("colon", "ctrl+p"), label="commands", help="Every action by name.", group=Group.PROGRAM, rank=40),
    Action(id="help", name="Help", keys=("question_mark", "f1"), label="help", help="Keys, filter language, and what each figure means.", group=Group.PROGRAM, rank=2),
    Action(id="quit", name="Quit", keys=("q",), label="quit", help="Quit.", group=Group.PROGRAM, rank=3),
    Action(id="typing.keep", name="Keep the filter", keys=("enter",), label="keep", help="Keep the filter, and back to the list.", group=Group.TYPING, needs=frozenset({Fact.TYPING}), rank=2),
    Action(id="typing.list", name="To the list", keys=("down",), label="to the list", help="Keep the filter, and back to the list.", group=Group.TYPING, needs=frozenset({Fact.TYPING}), rank=4),
    Action(id="typing.clear", name="Clear the filter", keys=("escape",), label="clear filter", help="Clear the filter, and back to the list.", group=Group.TYPING, needs=frozenset({Fact.TYPING}), rank=3),
    Action(id="dialog.close", name="Close", keys=("escape", "q"), label="close", help="Close the dialog.", group=Group.DIALOG, needs=_in(), rank=2),
    Action(id="dialog.down", name="Down", keys=("j", "down"), help="Down.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.up", name="Up", keys=("k", "up"), help="Up.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.page_down", name="Page down", keys=("ctrl+d", "pagedown", "space"), help="Down one page.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.page_up", name="Page up", keys=("ctrl+u", "pageup"), help="Up one page.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.top", name="Beginning", keys=("g", "home"), help="To the beginning.", group=Group.DIALOG, needs=_in()),
    Action(id="dialog.bottom", name="End", keys=("G", "end"), help="To the end.", group=Group.DIALOG, needs=_in()),
    Action(id="command.do", name="Do the command", keys=("enter",), label="do", help="Do the command under the cursor.", group=Group.DIALOG, needs=_in(Fact.COMMANDS), rank=1),
    Action(id="level.other", name="Other level", keys=("left", "right", "tab", "h", "l"), shown="← →", label="WARN/CRIT", help="The other level of the rule.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), rank=10),
    Action(id="level.edit", name="Type the level", keys=("enter",), label="type", help="Type the level; off switches it off.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), rank=11, writes=True),
    Action(id="level.begin", name="Begin a level", keys=(*_DIGITS, "full_stop"), help="Begin to type the level with this digit.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), writes=True),
    Action(id="level.raise", name="Higher", keys=("plus", "equals_sign"), shown="+ -", label="step", help="A little higher.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), rank=12, writes=True),
    Action(id="level.lower", name="Lower", keys=("minus",), help="A little lower.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS), writes=True),
    Action(id="level.save", name="Save", keys=("s",), label="save", help="Write the thresholds to the configuration; until then they hold for this run.", group=Group.DIALOG, needs=_in(Fact.THRESHOLDS, Fact.SAVABLE), rank=13, writes=True),
    Action(id="level.set", name="Set the level", keys=("enter",), label="set", help="Set the level as typed.", group=Group.DIALOG, needs=_in(Fact.EDITING), rank=1),
    Action(id="interrupt", name="Quit at once", keys=("ctrl+c",), help="Quit at once; pressed again, without waiting for anything.", group=Group.PROGRAM, needs=frozenset(), anywhere=True),
)  # fmt: skip
"""Everything, in the order of the help screen."""

ACTION_BY_ID: Final = {action.id: action for action in ACTIONS}


def available(action: Action, facts: frozenset[Fact]) -> bool:
    """Whether it would do something now."""
    return action.needs <= facts


def offered(facts: frozenset[Fact], actions: Iterable[Action] = ACTIONS) -> tuple[Action, ...]:
    """The actions that would do what they say now, in the order of the help screen."""
    return tuple(
        action
        for action in actions
        if available(action, facts)
        and not (action.writes and Fact.READONLY in facts)
        and not (action.fresh and Fact.PAUSED in facts)
    )


def footer_actions(facts: frozenset[Fact], actions: Iterable[Action] = ACTIONS) -> tuple[Action, ...]:
    """Those worth showing in a footer, most important first."""
    return tuple(
        sorted((action for action in offered(facts, actions) if action.label), key=lambda action: action.rank)
    )
