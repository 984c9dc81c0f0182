"""The command palette: every action that would do something now, found by typing part of its name."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from revtui.tui.actions import Action, Fact
from revtui.tui.paint import Line
from revtui.tui.screens.dialog import Dialog
from revtui.tui.widgets.rows import RowList, said
from revtui.views.palette import Role
from revtui.views.widths import fit

_NAME = 20
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
        words = text.lower().split()
        found = [
            action
            for action in self._actions
            if all(word in f"{action.id} {action.help}".lower() for word in words)
        ]
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


def _line(action: Action, width: int) -> Line:
    return (
        (fit(action.id, _NAME), Role.STRONG),
        (fit(action.help, max(width - _NAME - _KEY, 0)), Role.TEXT),
        (fit(action.footer_key, _KEY, right=True), Role.DIM),
    )
