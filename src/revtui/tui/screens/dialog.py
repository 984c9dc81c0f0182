"""Dialogs: a framed box over the dimmed screen, with the keys that work in it at its foot."""

from collections.abc import Callable, Sequence
from inspect import isawaitable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from revtui.tui.actions import ACTION_BY_ID, ACTIONS, Action, Fact, available, footer_actions, is_text
from revtui.tui.widgets.pager import Pager
from revtui.tui.widgets.panel import NOTHING
from revtui.views.lines import Line
from revtui.views.palette import Role, Segment

_BASE: Final = frozenset({Fact.DIALOG})


def dialog_bindings() -> list[BindingType]:
    """The keys of the registry that work in dialogs."""
    return [
        Binding(
            key, f"perform('{action.id}', '{key}')", show=False, priority=True, id=f"{action.id}.{number}"
        )
        for action in ACTIONS
        if Fact.DIALOG in action.needs
        for number, key in enumerate(action.keys)
    ]


class Dialog(ModalScreen[None]):
    """A box that escape closes; its keys come from the registry of actions."""

    BINDINGS: ClassVar[list[BindingType]] = dialog_bindings()
    AUTO_FOCUS = "#body"

    pressed = ""
    """The key that asked for what is being done."""

    DEFAULT_CSS: ClassVar[str] = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical { width: 90%; max-width: 100; height: 90%; max-height: 40; background: $surface; }
    """

    @property
    def facts(self) -> frozenset[Fact]:
        """What holds in this dialog."""
        return _BASE

    def performers(self) -> dict[str, Callable[[], object]]:
        """What each action of a dialog does here."""
        return {"dialog.close": self.close}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does anything now; while text is typed, the keys of text are text."""
        if action != "perform":
            return super().check_action(action, parameters)
        action_id, key = map(str, parameters)
        typing = not {Fact.COMMANDS, Fact.EDITING}.isdisjoint(self.facts)
        return (
            action_id in self.performers()
            and available(ACTION_BY_ID[action_id], self.facts)
            and not (typing and is_text(key))
        )

    async def action_perform(self, action_id: str, key: str) -> None:
        """Called by the keys, which have been checked; done before the next key is looked at."""
        self.pressed = key
        outcome = self.performers()[action_id]()
        if isawaitable(outcome):
            await outcome

    def keys_line(self) -> Line:
        """The keys that work now."""
        line: list[Segment] = []
        for action in self.shown_actions():
            line += [(action.footer_key, Role.STRONG), (f" {action.label}  ", Role.DIM)]
        return tuple(line)

    def shown_actions(self) -> Sequence[Action]:
        """The actions with a label that do something here."""
        mine = self.performers()
        return [action for action in footer_actions(self.facts) if action.id in mine]

    def close(self) -> None:
        """Back to the screen below."""
        self.dismiss(None)


class PageDialog(Dialog):
    """Something to read."""

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        """Show `lines` under `title`."""
        super().__init__()
        self._title, self._lines = title, lines

    def compose(self) -> ComposeResult:
        """One page."""
        with Vertical():
            yield Pager(id="body")

    @property
    def pager(self) -> Pager:
        """The page."""
        return self.query_one("#body", Pager)

    def on_mount(self) -> None:
        """Fill it."""
        box = self.query_one(Vertical)
        box.styles.height = min(len(self._lines) + 2, 40)
        box.styles.max_height = "90%"
        self.pager.entitle(((self._title, Role.STRONG),), NOTHING, foot_left=self.keys_line())
        self.pager.show(self._lines)

    def performers(self) -> dict[str, Callable[[], object]]:
        """Scrolling."""
        pager = self.pager
        return {
            **super().performers(),
            "dialog.down": lambda: pager.move(1),
            "dialog.up": lambda: pager.move(-1),
            "dialog.page_down": lambda: pager.move(max(pager.page - 1, 1)),
            "dialog.page_up": lambda: pager.move(-max(pager.page - 1, 1)),
            "dialog.top": lambda: pager.move_to(0),
            "dialog.bottom": pager.to_end,
        }
