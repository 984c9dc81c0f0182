"""What a person has chosen to look at: a frozen value, and pure functions from old to new.

Nothing here knows a widget. The app keeps one `ViewState` and redraws what a change touches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from revtui.core.durations import DAY, HOUR, MINUTE
from revtui.core.kpis import KPIS
from revtui.core.severity import Severity
from revtui.core.windows import LENGTHS
from revtui.engine.snapshot import Snapshot
from revtui.tui.actions import TABS

SPANS: Final[Sequence[tuple[str, int | None]]] = (
    ("30m", 30 * MINUTE),
    ("1h", HOUR),
    ("3h", 3 * HOUR),
    ("6h", 6 * HOUR),
    ("24h", DAY),
    ("7d", 7 * DAY),
    ("all", None),
)
"""How far back the charts reach; None is everything retained."""

METRICS: Final = tuple(kpi.name for kpi in KPIS)
LEAST: Final = (Severity.OK, Severity.WARN, Severity.CRIT)
"""The steps of the least severity; OK shows all."""

T = TypeVar("T")


class Layout(StrEnum):
    """Who gets the room on the overview."""

    AUTO = "auto"
    ALERTS = "alerts"
    CHARTS = "charts"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """One person's view."""

    tab: str = TABS[0]
    metric: str = METRICS[0]
    span: str = "1h"
    window: int | None = None
    """Length of the windows that were chosen, microseconds; None: the configured ones."""
    layout: Layout = Layout.AUTO
    query: str = ""
    """The filter last known to be valid; empty shows all."""
    least: Severity = Severity.OK
    sort: int = 0
    """Column of the gateway table; 0 is the order in which the view gives them: worst first."""
    reverse: bool = False

    @property
    def filtered(self) -> bool:
        """Whether any alert may be hidden."""
        return bool(self.query) or self.least > Severity.OK

    @property
    def span_us(self) -> int | None:
        """The span in microseconds; None for everything."""
        return dict(SPANS)[self.span]


def stepped(options: Sequence[T], current: T, step: int, *, wrap: bool = False) -> T:
    """The option `step` places from `current`; at the ends it stays, or goes round.

    >>> stepped("abc", "c", 1), stepped("abc", "c", 1, wrap=True)
    ('c', 'a')
    """
    position = options.index(current) + step
    return options[position % len(options) if wrap else min(max(position, 0), len(options) - 1)]


def next_metric(state: ViewState) -> ViewState:
    """The next KPI in the main chart, round and round."""
    return replace(state, metric=stepped(METRICS, state.metric, 1, wrap=True))


def with_span(state: ViewState, step: int) -> ViewState:
    """A longer (+1) or shorter (-1) span, as far as there are any."""
    return replace(state, span=stepped([name for name, _ in SPANS], state.span, step))


def next_window(state: ViewState, snapshot: Snapshot, step: int) -> tuple[ViewState, tuple[int, ...]]:
    """The next longer (+1) or shorter (-1) windows, round and round; and lengths passed over on the way.

    Those are the lengths that the hop does not divide.
    """
    own, passed = snapshot.policy.length, list[int]()
    lengths = sorted({*LENGTHS, *snapshot.lengths})
    length = stepped(lengths, state.window or own, step, wrap=True)
    while length not in snapshot.lengths:
        passed.append(length)
        length = stepped(lengths, length, step, wrap=True)
    return replace(state, window=length), tuple(passed)


def next_layout(state: ViewState) -> ViewState:
    """The next layout, round and round."""
    return replace(state, layout=stepped(tuple(Layout), state.layout, 1, wrap=True))


def next_least(state: ViewState) -> ViewState:
    """all, WARN, CRIT, and all again."""
    return replace(state, least=stepped(LEAST, state.least, 1, wrap=True))


def with_sort(state: ViewState, step: int, columns: int) -> ViewState:
    """Sort by a neighbouring column, round and round."""
    return replace(state, sort=(state.sort + step) % columns, reverse=False)


def reversed_sort(state: ViewState) -> ViewState:
    """The order of the column turned round."""
    return replace(state, reverse=not state.reverse)


def whole_query(state: ViewState) -> str:
    """The filter and the least severity as one query.

    >>> whole_query(ViewState(query="gw:a or gw:b", least=Severity.WARN))
    '(gw:a or gw:b) sev>=warn'
    """
    least = f"sev>={state.least.name.lower()}" if state.least > Severity.OK else ""
    if not state.query:
        return least
    return f"({state.query}) {least}" if least else state.query
