"""The filter line: appears on `/`, applies while typing, and says under the text what is wrong with it."""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer  # noqa: TC002 - beside its siblings
from textual.widgets import Input

from revtui.tui.widgets.bars import Bar
from revtui.views.palette import Role

DEBOUNCE_SECONDS: Final = 0.08
MAX_LENGTH: Final = 500
_PROMPT: Final = " / "


class _Prompt(Bar):
    DEFAULT_CSS: ClassVar[str] = "_Prompt { width: 3; }"


class FilterBar(Vertical):
    """A text field of one line, and a line for what is wrong with it."""

    DEFAULT_CSS: ClassVar[str] = """
    FilterBar { height: auto; display: none; }
    FilterBar.-open { display: block; }
    FilterBar Horizontal { height: 1; }
    FilterBar Input { height: 1; border: none; padding: 0; width: 1fr; background: $surface; }
    FilterBar Input:focus { border: none; }
    FilterBar #filter-problem { display: none; }
    FilterBar.-invalid #filter-problem { display: block; }
    """

    class Typed(Message):
        """The text has stood still for a moment."""

        def __init__(self, query: str) -> None:
            """`query` is the text."""
            super().__init__()
            self.query = query

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start closed."""
        super().__init__(id=id)
        self._pending: Timer | None = None

    def compose(self) -> ComposeResult:
        """A prompt, the field, and the line below."""
        with Horizontal():
            yield _Prompt(id="filter-prompt")
            yield Input(
                id="filter-input",
                compact=True,
                max_length=MAX_LENGTH,
                placeholder="sev>=warn gw:stripe since:30m -word /regex/",
                select_on_focus=False,
            )
        yield Bar(id="filter-problem")

    @property
    def field(self) -> Input:
        """Where the text is typed."""
        return self.query_one("#filter-input", Input)

    @property
    def is_open(self) -> bool:
        """Whether it can be seen."""
        return self.has_class("-open")

    def open(self, query: str) -> None:
        """Show the field, with the filter that holds now in it; the next key is already typed into it."""
        self.add_class("-open")
        self.query_one("#filter-prompt", Bar).show([((_PROMPT, Role.STRONG),)])
        self.field.value = query
        self.field.cursor_position = len(query)
        self.screen.set_focus(self.field)

    def close(self) -> None:
        """Hide the field."""
        self._stop()
        self.remove_class("-open")
        self.explain("", None)

    def explain(self, message: str, position: int | None) -> None:
        """Say what is wrong, with a caret under the place; an empty message hides the line."""
        self.set_class(bool(message), "-invalid")
        if message:
            column = min(position or 0, max(self.size.width - len(_PROMPT) - 2, 0))
            caret = " " * (len(_PROMPT) + column) + "^ "
            line = self.query_one("#filter-problem", Bar)
            fits = len(caret) + len(message) <= self.size.width
            line.show(
                [((caret, Role.CRIT), (message, Role.CRIT))] if fits else [((f"   {message}", Role.CRIT),)]
            )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Wait until typing pauses."""
        event.stop()
        if not self.is_open:
            return
        self._stop()
        self._pending = self.set_timer(DEBOUNCE_SECONDS, self._typed)

    def _typed(self) -> None:
        self._stop()
        self.post_message(self.Typed(self.field.value))

    def _stop(self) -> None:
        if self._pending is not None:
            self._pending.stop()
            self._pending = None
