"""The dialog of the thresholds: WARN and CRIT of every rule, changed from the keyboard at once.

A change travels as a `SetRule` command; the rules shown are those of the newest snapshot, with
what has been sent but not come back yet laid over them.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from revtui.core.durations import format_duration
from revtui.core.errors import RevtuiError, UsageError
from revtui.core.kpis import KPI_BY_NAME
from revtui.core.money import exponent
from revtui.core.reasons import sign_text
from revtui.core.rules import Rule
from revtui.core.severity import Severity
from revtui.tui.actions import ACTION_BY_ID, Fact, spelled
from revtui.tui.levels import Which, level_of, nudged, parse_level, with_level
from revtui.tui.screens.dialog import Dialog
from revtui.tui.widgets.bars import Bar
from revtui.tui.widgets.panel import NOTHING
from revtui.tui.widgets.rows import RowList
from revtui.views.lines import Line
from revtui.views.palette import Role, Segment, glyph
from revtui.views.values import level_text
from revtui.views.widths import fit

_NAME: Final = 14
_LEVEL: Final = 12


class Thresholds(Dialog):
    """Rules in rows, WARN and CRIT in columns."""

    DEFAULT_CSS: ClassVar[str] = """
    Thresholds > Vertical { max-width: 84; height: auto; max-height: 90%; }
    Thresholds #body { height: 8; }
    Thresholds #editor { height: 1; border: none; padding: 0 2; display: none; background: $surface; }
    Thresholds.-editing #editor { display: block; }
    Thresholds #note { height: 1; }
    """

    def __init__(
        self,
        *,
        rules: Callable[[], Sequence[Rule]],
        submit: Callable[[Rule], None],
        save: Callable[[Sequence[Rule]], str] | None,
        currency: str,
        refusal: str = "",
    ) -> None:
        """`rules` gives those of the newest snapshot; `save` returns what to tell the person; `refusal` is why
        nothing can be changed, if so.
        """
        super().__init__()
        self._newest, self._submit, self._save, self._currency = rules, submit, save, currency
        self._refusal = refusal
        self._sent: dict[str, Rule] = {}
        self._which: Which = "warn"
        self._note: Line = self._complaint(refusal) if refusal else NOTHING

    def compose(self) -> ComposeResult:
        """The rules, a field to type in, and a line for what is wrong."""
        with Vertical():
            yield RowList[Rule](draw=self._line, key=lambda rule: rule.name, id="body")
            yield Input(id="editor", compact=True, max_length=20, select_on_focus=False)
            yield Bar(id="note")

    @property
    def list(self) -> RowList[Rule]:
        """The rules."""
        return self.query_one("#body", RowList)

    @property
    def editor(self) -> Input:
        """Where a level is typed."""
        return self.query_one("#editor", Input)

    @property
    def facts(self) -> frozenset[Fact]:
        """Saving needs somewhere to save to; while a level is typed, nothing else can be done."""
        if self.has_class("-editing"):
            return frozenset({Fact.DIALOG, Fact.EDITING})
        found = {Fact.DIALOG, Fact.THRESHOLDS}
        if self._save is not None:
            found.add(Fact.SAVABLE)
        if self._refusal:
            found.add(Fact.READONLY)
        return frozenset(found)

    async def action_perform(self, action_id: str, key: str) -> None:
        """As every dialog does, but a read-only one answers with the reason."""
        if self._refusal and ACTION_BY_ID[action_id].writes:
            self._say(self._complaint(self._refusal))
        else:
            await super().action_perform(action_id, key)

    def rules(self) -> Sequence[Rule]:
        """The rules as they hold, or will as soon as the engine has seen the change."""
        newest = self._newest()
        self._sent = {
            rule.name: self._sent[rule.name]
            for rule in newest
            if rule.name in self._sent and self._sent[rule.name] != rule
        }
        return tuple(self._sent.get(rule.name, rule) for rule in newest)

    def on_mount(self) -> None:
        """Show the rules, and keep them up to date."""
        self.list.styles.height = min(len(self._newest()) + 3, 16)
        self._draw()
        self.set_interval(0.25, self._draw)

    def _draw(self) -> None:
        marks = {which: Role.STRONG if which == self._which else Role.DIM for which in ("warn", "crit")}
        heading: Line = (
            (fit("rule", _NAME), Role.DIM),
            (fit("breach", 12), Role.DIM),
            (fit(f"{glyph(Severity.WARN)} WARN", _LEVEL), marks["warn"]),
            ("  ", Role.TEXT),
            (fit(f"{glyph(Severity.CRIT)} CRIT", _LEVEL), marks["crit"]),
            ("  from    held for", Role.DIM),
        )
        self.list.entitle(
            (("Thresholds", Role.STRONG),),
            (("read-only" if self._refusal else "effective at once", Role.DIM),),
            foot_left=self.keys_line(),
        )
        self.list.show_rows(self.rules(), heading=heading)
        self.query_one("#note", Bar).show([self._note])

    def _line(self, rule: Rule, _width: int) -> Line:
        chosen = self.list.selected
        mine = chosen is not None and chosen.name == rule.name
        own = f"  {len(rule.per_gateway)} gateways have their own" if rule.per_gateway else ""
        return (
            (fit(rule.name, _NAME), Role.TEXT),
            (fit(f"{KPI_BY_NAME[rule.kpi].short} {sign_text(rule.comparison)}", 12), Role.DIM),
            self._cell(rule, "warn", mine=mine),
            ("  ", Role.TEXT),
            self._cell(rule, "crit", mine=mine),
            (f"  {rule.min_volume or '–':<6}  {format_duration(rule.for_)}", Role.DIM),
            (own, Role.DIM),
        )

    def _cell(self, rule: Rule, which: Which, *, mine: bool) -> Segment:
        text = self._text(rule, which)
        current = mine and which == self._which
        look = (
            (Role.WARN if which == "warn" else Role.CRIT) if level_of(rule, which) is not None else Role.DIM
        )
        return (fit(f"[{text}]" if current else f" {text} ", _LEVEL), look)

    def _text(self, rule: Rule, which: Which) -> str:
        level = level_of(rule, which)
        return (
            "off"
            if level is None
            else level_text(KPI_BY_NAME[rule.kpi], level, self._currency, exponent(self._currency))
        )

    def performers(self) -> dict[str, Callable[[], object]]:
        """Moving about, and changing levels."""
        rows = self.list
        return {
            **super().performers(),
            "dialog.close": self._escape,
            "dialog.down": lambda: self._moved(1),
            "dialog.up": lambda: self._moved(-1),
            "dialog.top": lambda: rows.move_to(0),
            "dialog.bottom": rows.to_end,
            "level.other": self._other,
            "level.edit": self._edit,
            "level.begin": lambda: self._edit(spelled(self.pressed)),
            "level.set": self._set,
            "level.raise": lambda: self._nudge(1),
            "level.lower": lambda: self._nudge(-1),
            "level.save": self._write,
        }

    def _moved(self, step: int) -> None:
        self.list.move(step)
        self._say(NOTHING)

    def _other(self) -> None:
        self._which = "crit" if self._which == "warn" else "warn"
        self._say(NOTHING)
        self.list.repaint()

    def _escape(self) -> None:
        if self.has_class("-editing"):
            self._end_editing()
        else:
            self.close()

    def _edit(self, begin: str | None = None) -> None:
        rule = self.list.selected
        if rule is None:
            return
        text = self._text(rule, self._which)
        self.add_class("-editing")
        self.editor.value = text if begin is None else begin
        self.editor.cursor_position = len(self.editor.value)
        self.set_focus(self.editor)
        self._say(
            (
                ("  ", Role.TEXT),
                (f"{rule.name} {self._which.upper()} {sign_text(rule.comparison)} ", Role.STRONG),
                ("off switches it off", Role.DIM),
            )
        )

    def _end_editing(self) -> None:
        self.remove_class("-editing")
        self.set_focus(self.list)
        self._say(NOTHING)

    def _set(self) -> None:
        rule = self.list.selected
        if rule is not None and self._change(
            lambda: with_level(
                rule,
                self._which,
                parse_level(self.editor.value, KPI_BY_NAME[rule.kpi], self._currency),
                self._currency,
            )
        ):
            self._end_editing()

    def _nudge(self, steps: int) -> None:
        rule = self.list.selected
        if rule is not None:
            self._change(lambda: nudged(rule, self._which, steps, self._currency))

    def _change(self, changed: Callable[[], Rule]) -> bool:
        try:
            rule = changed()
        except UsageError as error:
            self._say(self._complaint(error.message, error.hint))
            return False
        self._sent[rule.name] = rule
        self._submit(rule)
        self._say(NOTHING)
        return True

    def _write(self) -> None:
        if self._save is None:
            return
        try:
            said = self._save(self.rules())
        except RevtuiError as error:
            self._say(self._complaint(f"not saved: {error.message}", error.hint))
        else:
            self._say(((f"  {said}", Role.OK),))

    @staticmethod
    def _complaint(message: str, hint: str = "") -> Line:
        return ((f"  {message}", Role.CRIT), (f"  ({hint})" if hint else "", Role.DIM))

    def _say(self, note: Line) -> None:
        self._note = note
        self._draw()
