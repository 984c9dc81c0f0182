"""The single lines: status, tabs, verdict, further KPIs, the footer with its keys."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

from textual import events
from textual.message import Message

from revtui.tui.actions import TABS, Action
from revtui.tui.widgets.panel import Painted
from revtui.views.lines import Line, joined, wrapped
from revtui.views.model import CardView, OverviewView, StatusView
from revtui.views.palette import Role, Segment, glyph, mark, role, word
from revtui.views.widths import line_width, width_of

BRAND: Final = "revtui"
_GAP: Final[Segment] = ("  ", Role.TEXT)
_SOURCE: Final = 5
"""Its place among the parts of the status line."""
_LEAST_FURTHER: Final = 3
"""So many KPIs are shown beside the day at least."""
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

    def present(self, status: StatusView, *, readonly: bool = False) -> None:
        """Show the status; `readonly`: whether this screen sends no commands."""
        self._again = partial(self.present, status, readonly=readonly)
        self.show([status_line(status, self.size.width, readonly=readonly)])


def status_line(status: StatusView, width: int, *, readonly: bool = False) -> Line:
    """The status in `width` cells, with as many of its parts as fit: its word and what qualifies it first."""
    look = _WORD_ROLES.get(status.word, Role.TEXT)
    word_part: list[Segment] = [(f"{_WORD_SIGNS.get(status.word, '●')} {status.word}", look)]
    if status.simulated:
        word_part.append((" SIMULATED", Role.INFO))
    if readonly:
        word_part.append((" READ-ONLY", Role.WARN))
    counts = _counts(status)
    if line_width(word_part) + line_width(counts) + len(_GAP[0]) > width - 2:
        counts = counts[:1]  # the gravest
    # In the order in which they stand; the number says who comes first where room is scarce.
    parts: list[tuple[int, list[Segment]]] = [
        (6, [(BRAND, Role.STRONG)]),
        (0, word_part),
        (2, [(status.detail, look)]),
        (3, [(status.clock, Role.TEXT)]),
        (9, [(f"({status.local_clock})" if status.local_clock else "", Role.DIM)]),
        (5, [(status.source_short, Role.DIM)]),
        _window_part(status),
        (4, [("lag ", Role.DIM), (status.lag, Role.TEXT)] if status.lag else []),
        (10, [(status.problems[0] if status.problems else "", Role.WARN)]),
        (1, counts),
    ]
    kept, room = set[int](), width - 2
    for index, (_rank, part) in sorted(enumerate(parts), key=lambda item: item[1][0]):
        size = line_width(part) + len(_GAP[0])
        if size > len(_GAP[0]) and size <= room + len(_GAP[0]):
            kept.add(index)
            room -= size
    right = counts if len(parts) - 1 in kept else []
    if width_of(status.source) - width_of(status.source_short) <= room:
        parts[_SOURCE] = (5, [(status.source, Role.DIM)])
    left: list[Segment] = [(" ", Role.TEXT)]
    for index in sorted(kept - {len(parts) - 1}):
        left += [*parts[index][1], _GAP]
    return joined(left, [*right, (" ", Role.TEXT)] if right else [], width)


def _window_part(status: StatusView) -> tuple[int, list[Segment]]:
    """The windows that are shown, with the rank of the part; not the usual ones must be seen."""
    if not status.judged_window:
        return 7, [("win ", Role.DIM), (status.window, Role.TEXT)]
    return 2, [(f"win {status.window}", Role.INFO), (f" (alerts {status.judged_window})", Role.DIM)]


def _counts(status: StatusView) -> list[Segment]:
    """Open alerts by severity, and what may become one."""
    line: list[Segment] = []
    for severity, count in status.counts:
        line += [(f"{glyph(severity)} {count} {word(severity)}", role(severity) if count else Role.DIM), _GAP]
    if status.pending:
        line += [(f"{status.pending} pending", Role.INFO), _GAP]
    return line[:-1]


_LABELS: Final = {
    "overview": "Overview",
    "alerts": "Alerts",
    "gateways": "Gateways",
    "windows": "Windows",
    "system": "System",
}
_SHORT_LABELS: Final = {
    "overview": "Over",
    "alerts": "Alerts",
    "gateways": "Gw",
    "windows": "Win",
    "system": "Sys",
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
        for labels in (_LABELS, _SHORT_LABELS, {tab: _SHORT_LABELS[tab]}):
            line, self._spots = _tabs(tab, labels, badges)
            if line_width(line) <= self.size.width:
                break
        fits = line_width(line) + width_of(note) + 2 <= self.size.width
        self.show([joined(line, [(f"{note} ", Role.DIM)] if fits else [], self.size.width)])

    def on_click(self, event: events.Click) -> None:
        """Open the tab under the pointer."""
        for start, end, name in self._spots:
            if start <= event.x < end:
                self.post_message(self.Picked(name))


def _tabs(
    tab: str, labels: Mapping[str, str], badges: Mapping[str, str]
) -> tuple[list[Segment], list[tuple[int, int, str]]]:
    """The tabs in a line, and from where to where each reaches; a tab without a label has its number alone."""
    line: list[Segment] = [(" ", Role.TEXT)]
    spots: list[tuple[int, int, str]] = []
    for number, name in enumerate(TABS, 1):
        start = line_width(line)
        text = " ".join(filter(None, (str(number), labels.get(name), badges.get(name))))
        line.append((f"[{text}]", Role.STRONG) if name == tab else (f" {text} ", Role.DIM))
        spots.append((start, line_width(line), name))
    return line, spots


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
    """The KPIs for which there is no card, and the day so far, in one line."""

    def present(self, cards: Sequence[CardView], today: Sequence[Line] = ()) -> None:
        """Show as many KPIs as fit, whole ones only, with the longest spelling of `today` that leaves room for some."""
        self._again = partial(self.present, cards, today)
        self.show([further_line(cards, today, self.size.width)])


def further_line(cards: Sequence[CardView], today: Sequence[Line], width: int) -> Line:
    """KPIs at the left, the day at the right, in `width` cells."""
    parts = [_kpi_part(card) for card in cards]
    least = sum(map(line_width, parts[:_LEAST_FURTHER])) + 1
    fitting = (day for day in today if least + line_width(day) + 1 <= width)
    right: Line = next(((*day, (" ", Role.TEXT)) for day in fitting), ())
    room = width - line_width(right)
    line: list[Segment] = [(" ", Role.TEXT)]
    for part in parts:
        if line_width(line) + line_width(part) - (0 if right else 2) <= room:
            line += part
    return joined(line, right, width) if right else line


def _kpi_part(card: CardView) -> list[Segment]:
    return [
        (f"{card.sign} ", mark(card.severity) if card.judged else Role.DIM),
        (f"{card.short} ", Role.DIM),
        (card.value, Role.TEXT),
        _GAP,
    ]


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
