"""The command palette: every action that would do something now, found by typing part of its name."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from revtui.tui.actions import Action, Fact, spelled
from revtui.tui.screens.dialog import Dialog
from revtui.tui.widgets.rows import RowList, said
from revtui.views.lines import Line
from revtui.views.palette import Role
from revtui.views.widths import fit

_NAME = 22
_KEY = 10


class Commands(Dialog):
    """Type to narrow down, arrows to choose, enter to do."""

    AUTO_FOCUS = "#search"
    DEFAULT_CSS: ClassVar[str] = """
    Commands > Vertical { max-width: 90; height: 20; max-height: 90%; }
    Commands #search { height: 1; border: none; padding: 0 2; background: $surface; }
    """

    def __init__(self, actions: Sequence[Action], perform: Callable[[str], object]) -> None:
        """`perform(action id)` is called with the one chosen, after the dialog is gone."""
        super().__init__()
        self._actions, self._perform = actions, perform

    def compose(self) -> ComposeResult:
        """A field, and what matches."""
        with Vertical():
            yield Input(id="search", compact=True, placeholder="type a command", max_length=60)
            yield RowList[Action](draw=_line, key=lambda action: action.id, id="body")

    @property
    def list(self) -> RowList[Action]:
        """What matches."""
        return self.query_one("#body", RowList)

    def on_mount(self) -> None:
        """Show all."""
        self._match("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow down."""
        event.stop()
        self._match(event.value)

    def on_row_list_chosen(self) -> None:
        """A double click does it too."""
        self.app.call_later(self._choose)

    @property
    def facts(self) -> frozenset[Fact]:
        """Characters are what is searched for."""
        return frozenset({Fact.DIALOG, Fact.COMMANDS})

    def performers(self) -> dict[str, Callable[[], object]]:
        """The field has the focus; the keys that are no text are for the list."""
        rows = self.list
        return {
            **super().performers(),
            "dialog.down": lambda: rows.move(1),
            "dialog.up": lambda: rows.move(-1),
            "dialog.page_down": lambda: rows.move(max(rows.page - 1, 1)),
            "dialog.page_up": lambda: rows.move(-max(rows.page - 1, 1)),
            "command.do": self._choose,
        }

    def _match(self, text: str) -> None:
        found = matching(text, self._actions)
        self.list.entitle(
            (("Commands", Role.STRONG),), ((f"{len(found)}", Role.DIM),), foot_left=self._foot()
        )
        self.list.show_rows(found, empty=said("No command is called that."))
        self.list.move_to(0)

    def _foot(self) -> Line:
        return (("↑ ↓", Role.STRONG), (" choose  ", Role.DIM), *self.keys_line())

    def _choose(self) -> object:
        chosen = self.list.selected
        self.dismiss(None)
        return self._perform(chosen.id) if chosen is not None else None


def matching(text: str, actions: Sequence[Action]) -> list[Action]:
    """The actions that every word of `text` is found in: by name first, at its beginning before within it."""
    words = text.lower().split()

    def rank(action: Action) -> int:
        name = action.name.lower()
        if name.startswith(text.strip().lower()):
            return 0
        return 1 if all(word in name for word in words) else 2

    found = [one for one in actions if all(word in f"{one.name} {one.help}".lower() for word in words)]
    return sorted(found, key=rank)


def _line(action: Action, width: int) -> Line:
    return (
        (fit(action.name, _NAME), Role.STRONG),
        (fit(action.help, max(width - _NAME - _KEY, 0)), Role.TEXT),
        (fit(spelled(action.keys[0]), _KEY, right=True), Role.DIM),
    )
