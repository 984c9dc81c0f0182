"""The single lines: status, tabs, verdict, further KPIs, the footer with its keys."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Final

from textual import events
from textual.message import Message

from revtui.tui.actions import TABS, Action
from revtui.tui.widgets.panel import Painted
from revtui.views.lines import Line, joined, wrapped
from revtui.views.model import CardView, OverviewView, StatusView
from revtui.views.palette import Role, Segment, glyph, role, word
from revtui.views.widths import line_width, width_of

BRAND: Final = "revtui"
_GAP: Final[Segment] = ("  ", Role.TEXT)
_WORD_SIGNS: Final = {"LIVE": "●", "PAUSED": "‖", "REPLAY": "«", "END": "□", "DISCONNECTED": "○"}
_WORD_ROLES: Final = {"LIVE": Role.OK, "PAUSED": Role.WARN, "DISCONNECTED": Role.CRIT}


class Bar(Painted):
    """One line, as wide as the screen."""

    DEFAULT_CSS: ClassVar[str] = "Bar { height: 1; width: 1fr; }"

    _again: Callable[[], None] | None = None
    """Shows the same in another width."""

    def on_resize(self, _event: events.Resize) -> None:
        """Use the room there is now."""
        if self._again is not None:
            self._again()


class StatusBar(Bar):
    """State, clock, source, window, lag, open alerts by severity; the least important gives way first."""

    def present(self, status: StatusView) -> None:
        """Show the status."""
        self._again = partial(self.present, status)
        self.show([status_line(status, self.size.width)])


def status_line(status: StatusView, width: int) -> Line:
    """The status in `width` cells, with as many of its parts as fit."""
    counts = [
        part
        for severity, count in status.counts
        for part in (
            (f"{glyph(severity)} {count} {word(severity)}", role(severity) if count else Role.DIM),
            _GAP,
        )
    ]
    parts: list[tuple[int, list[Segment]]] = [
        (0, [(f" {BRAND}", Role.STRONG)]),
        (0, _state(status)),
        (2, [(status.clock, Role.TEXT)]),
        (9, [(f"({status.local_clock})", Role.DIM)] if status.local_clock else []),
        (5, [(status.source, Role.DIM)] if status.source else []),
        (6, [("win ", Role.DIM), (status.window, Role.TEXT)]),
        (4, [("lag ", Role.DIM), (status.lag, Role.TEXT)]),
        (8, [(status.problems[0], Role.WARN)] if status.problems else []),
    ]
    room = width - line_width(counts)
    kept: set[int] = set()
    for index, (_rank, part) in sorted(enumerate(parts), key=lambda item: item[1][0]):
        if part and room >= line_width(part) + 2:
            kept.add(index)
            room -= line_width(part) + 2
    left = [segment for index in sorted(kept) for segment in (*parts[index][1], _GAP)]
    return joined(left, counts, width)


def _state(status: StatusView) -> list[Segment]:
    look = _WORD_ROLES.get(status.word, Role.TEXT)
    line: list[Segment] = [(f"{_WORD_SIGNS.get(status.word, '●')} {status.word}", look)]
    if status.detail:
        line.append((f" {status.detail}", look))
    if status.simulated:
        line.append((" SIMULATED", Role.INFO))
    return line


_LABELS: Final = {
    "overview": "Overview",
    "alerts": "Alerts",
    "gateways": "Gateways",
    "windows": "Windows",
    "system": "System",
}


class TabBar(Bar):
    """The tabs with their numbers; the one that is open stands out. A click opens one."""

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            """`tab` is its name."""
            super().__init__()
            self.tab = tab

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the framework's name
        """Start without badges."""
        super().__init__(id=id)
        self._spots: list[tuple[int, int, str]] = []

    def present(self, tab: str, *, badges: dict[str, str], note: str) -> None:
        """Show which tab is open; `badges` are short counts behind a tab's name, `note` stands at the right."""
        self._again = partial(self.present, tab, badges=badges, note=note)
        line: list[Segment] = [(" ", Role.TEXT)]
        self._spots = []
        for number, name in enumerate(TABS, 1):
            start = line_width(line)
            badge = f" {badges[name]}" if badges.get(name) else ""
            if name == tab:
                line.append((f"[{number} {_LABELS[name]}{badge}]", Role.STRONG))
            else:
                line.append((f" {number} {_LABELS[name]}{badge} ", Role.DIM))
            self._spots.append((start, line_width(line), name))
        self.show([joined(line, [(f"{note} ", Role.DIM)], self.size.width)])

    def on_click(self, event: events.Click) -> None:
        """Open the tab under the pointer."""
        for start, end, name in self._spots:
            if start <= event.x < end:
                self.post_message(self.Picked(name))


class VerdictBar(Bar):
    """One sentence for 3 a.m.; on two lines where it is long."""

    DEFAULT_CSS: ClassVar[str] = "VerdictBar.-long { height: 2; }"

    def present(self, view: OverviewView) -> None:
        """Show the verdict, and whether the picture is still warming up."""
        self._again = partial(self.present, view)
        severity = view.status.severity
        text = view.verdict if not view.warming_up else f"{view.verdict}  ({view.warming_up})"
        look, badge = role(severity), f" {glyph(severity)} {word(severity)}  "
        body = look if severity.is_alarm else Role.TEXT
        pieces = wrapped(text, max(self.size.width - width_of(badge), 20)) if self.size.width else [text]
        self.set_class(len(pieces) > 1, "-long")
        indent = " " * width_of(badge)
        self.show(
            [((indent if number else badge, look), (piece, body)) for number, piece in enumerate(pieces)]
        )


class FurtherKpis(Bar):
    """The KPIs for which there is no card, in one line."""

    def present(self, cards: Sequence[CardView]) -> None:
        """Show as many as fit, whole ones only."""
        self._again = partial(self.present, cards)
        line: list[Segment] = [(" ", Role.TEXT)]
        for card in cards:
            part: list[Segment] = [
                (f"{card.sign} ", role(card.severity) if card.judged else Role.DIM),
                (f"{card.short} ", Role.DIM),
                (card.value, Role.TEXT),
                _GAP,
            ]
            if line_width(line) + line_width(part) - 2 <= self.size.width:
                line += part
        self.show([line])


class KeyBar(Bar):
    """The keys that do something now, the most useful first, as many as fit."""

    def present(self, actions: Sequence[Action], *, message: str = "") -> None:
        """Show keys; `message`, when there is one, stands at the right."""
        self._again = partial(self.present, actions, message=message)
        line: list[Segment] = [(" ", Role.TEXT)]
        room = self.size.width - (len(message) + 2 if message else 0)
        for action in actions:
            part: list[Segment] = [(action.footer_key, Role.STRONG), (f" {action.label}", Role.DIM), _GAP]
            if line_width(line) + line_width(part) - 2 <= room:
                line += part
        right: list[Segment] = [(f"{message} ", Role.WARN)] if message else []
        self.show([joined(line, right, self.size.width)])
