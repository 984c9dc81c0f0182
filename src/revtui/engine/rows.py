"""Rows of the public table: windows and gateways as columns of numbers, and as frames."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from revtui.core.arrays import Float64Array, Int64Array, State
from revtui.core.daily import Calendar, DaySums
from revtui.core.kpis import ALL_GATEWAYS, DAY_SCHEMA, ROW_SCHEMA
from revtui.core.measures import FIGURES, MEASURES, Added, Aggregate
from revtui.core.panes import LOW_BITS, SLOT
from revtui.core.severity import Severity
from revtui.core.watermarks import NEVER
from revtui.core.windows import MINUTE

NO_ROWS: Final = ROW_SCHEMA.to_frame()
MAX_ROWS: Final = 200_000
"""No more rows of windows than this are kept for somebody to look back on, whatever the retention."""
_MONEY: Final = tuple(name for name, dtype in ROW_SCHEMA.items() if dtype == pl.Int128)
_AMOUNTS: Final = frozenset(measure.column for measure in MEASURES if measure.added is Added.MONEY)
_EVENTS: Final = SLOT["events_count"]
_FLAGS: Final = ("alert_flag", "sla_breach_flag", "alert_reason")
_FINAL_TYPES: Final = [
    pl.col(name).fill_nan(None).cast(dtype)
    if name not in {*_MONEY, *_FLAGS, "gateway_name"}
    and (dtype == pl.Float64 or name == "data_freshness_minutes")
    else pl.col(name)
    for name, dtype in ROW_SCHEMA.items()
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What was said of a row when its window closed."""

    severity: str
    sla_breach: bool
    reason: str


CALM: Final = {
    severity: Flags(severity=severity.name, sla_breach=False, reason="")
    for severity in (Severity.OK, Severity.UNKNOWN)
}
"""The flags of a row in which nothing is breached."""
UNJUDGED: Final = CALM[Severity.UNKNOWN]
"""A gateway that had no event when the window closed could not be judged then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSums:
    """Windows as they stand, for all keys; key 0 is for all events."""

    windows: Int64Array
    """Ends of the windows, in hops, ascending."""
    sums: Int64Array
    """Shape (windows, keys, slots of `core.panes`)."""
    percentiles: Float64Array
    """p95 latency, shape (windows, keys); NaN without latencies."""
    users: Int64Array
    """Distinct users, shape (windows, keys)."""
    newest: Int64Array
    """Newest event before the window's end, shape (windows, keys); NEVER without one."""
    revisions: Int64Array
    """Shape (windows, keys)."""

    def rows(self, span: "Span", names: Sequence[str]) -> "Rows":
        """The rows there are: per window one for all events, then the gateways that have an event."""
        present = self.sums[:, :, _EVENTS] > 0
        present[:, 0] = True
        by_name = _by_name(names)[: present.shape[1]]
        place, rank = np.nonzero(present[:, by_name])
        key = by_name[rank]
        return Rows(
            span=span,
            names=names,
            window=self.windows[place],
            key=key,
            sums=self.sums[place, key],
            percentile=self.percentiles[place, key],
            users=self.users[place, key],
            newest=self.newest[place, key],
            revision=self.revisions[place, key],
        )


def _by_name(names: Sequence[str]) -> Int64Array:
    """The keys: all events first, then by name in code point order."""
    return np.array([0, *sorted(range(1, len(names)), key=names.__getitem__)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long windows are, and how far apart, in microseconds."""

    length: int
    hop: int


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One row per window and gateway, as columns; by window, then all events, then gateways by name."""

    span: Span
    names: Sequence[str]
    """Of the gateways, by key."""
    window: Int64Array
    """End of the window, in hops."""
    key: Int64Array
    sums: Int64Array
    """Shape (rows, slots of `core.panes`)."""
    percentile: Float64Array
    users: Int64Array
    newest: Int64Array
    revision: Int64Array

    def __len__(self) -> int:
        return self.window.size

    def take(self, places: Int64Array | slice) -> "Rows":
        """Some of the rows."""
        return Rows(
            span=self.span,
            names=self.names,
            **{name: getattr(self, name)[places] for name in _ARRAYS},
        )

    @classmethod
    def together(cls, parts: "Sequence[Rows]") -> "Rows":
        """The rows of some parts, one after the other; at least one."""
        return cls(
            span=parts[0].span,
            names=parts[0].names,
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS},
        )

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The numbers of ROW_SCHEMA by name: arrays in which NaN is no data, and series of money."""
        end = self.window * self.span.hop
        return {
            "window_start": end - self.span.length,
            "window_end": end,
            "revision": self.revision,
            **_columns(self.sums, self.percentile),
            "active_users_30m": self.users,
            "data_freshness_minutes": np.where(self.newest == NEVER, np.nan, (end - self.newest) // MINUTE),
        }

    def frame(self, flags: Sequence[Flags]) -> pl.DataFrame:
        """ROW_SCHEMA, with the flags of each row."""
        columns = {
            **self.columns,
            "gateway_name": pl.Series(self.names).gather(self.key),
            "alert_flag": [flag.severity for flag in flags],
            "sla_breach_flag": [flag.sla_breach for flag in flags],
            "alert_reason": [flag.reason for flag in flags],
        }
        return pl.DataFrame(columns).select(_FINAL_TYPES)

    def row(self, place: int) -> dict[str, Any]:
        """One row as a mapping, without its flags; None is no data."""
        row: dict[str, Any] = {"gateway_name": self.names[int(self.key[place])]}
        for name, values in self.columns.items():
            value = values[place]
            row[name] = value if isinstance(value, int) else _number(value.item())
        return row


_ARRAYS: Final = tuple(each.name for each in fields(Rows) if each.name not in {"span", "names"})


Part = tuple[Rows, Sequence[Flags]]
"""Rows, with what was said of each."""


class Published:
    """Rows that are made into a frame when somebody looks."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """`parts` in any order."""
        self._parts = parts

    @classmethod
    def together(cls, some: "Sequence[Published]") -> "Published":
        """All of their rows."""
        return cls([part for published in some for part in published._parts])  # noqa: SLF001 - its own kind

    def __bool__(self) -> bool:
        return bool(self._parts)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """ROW_SCHEMA, ordered."""
        if not self._parts:
            return NO_ROWS
        rows = Rows.together([rows for rows, _ in self._parts])
        frame = rows.frame([flag for _, flags in self._parts for flag in flags])
        return frame if bool((np.diff(rows.window) >= 0).all()) else ordered(frame)


class Outbox:
    """Rows on their way out.

    A duplicate may lift the watermark past the newest counted event. The windows of that time close and
    freeze, but their rows wait here for an event that is counted at or after it: without one, there are
    no such rows.
    """

    def __init__(self) -> None:
        """Empty."""
        self.parts: list[Part] = []

    def add(self, rows: Rows, flags: Sequence[Flags]) -> None:
        """Put rows in, with what was said of each."""
        if len(rows):
            self.parts.append((rows, flags))

    def due(self, window: int) -> Published:
        """Take out the rows of the windows up to this one."""
        due: list[Part] = []
        waiting: list[Part] = []
        for part in self.parts:
            rows, flags = part
            if int(rows.window[-1]) <= window:
                due.append(part)
                continue
            count = int(np.searchsorted(rows.window, window, side="right"))
            due.append((rows.take(slice(count)), flags[:count]))
            waiting.append((rows.take(slice(count, None)), flags[count:]))
        self.parts = waiting
        return Published([part for part in due if len(part[0])])

    @property
    def flags(self) -> list[Flags]:
        """Of the rows that wait."""
        return [flag for _, flags in self.parts for flag in flags]

    def dump(self) -> State:
        """The rows that wait as arrays, without their flags, for `load`."""
        if not self.parts:
            return {}
        rows = Rows.together([rows for rows, _ in self.parts])
        return {name: getattr(rows, name) for name in _ARRAYS}

    def load(self, state: State, flags: Sequence[Flags], span: Span, names: Sequence[str]) -> None:
        """Become what `dump` and `flags` described."""
        self.parts = [(Rows(span=span, names=names, **state), flags)] if state else []


def day_frame(totals: DaySums, calendar: Calendar, names: Sequence[str]) -> pl.DataFrame:
    """DAY_SCHEMA: by day, then all events, then gateways by name."""
    by_name = _by_name(names)[: totals.sums.shape[1]]
    place, rank = np.nonzero(totals.sums[:, by_name, _EVENTS] > 0)
    key = by_name[rank]
    days = totals.days[place].tolist()
    columns = {
        "date": [calendar.date(day) for day in days],
        "day_start": [calendar.start(day) for day in days],
        "day_end": [calendar.start(day + 1) for day in days],
        "gateway_name": [names[each] for each in key.tolist()],
        **_columns(totals.sums[place, key], totals.percentiles[place, key]),
    }
    return pl.DataFrame({name: columns[name] for name in DAY_SCHEMA}, schema=DAY_SCHEMA, nan_to_null=True)


def _columns(sums: Int64Array, percentile: Float64Array) -> dict[str, Any]:
    """The figures that follow from these sums, shape (rows, slots), and percentiles; NaN is no data."""
    columns: dict[str, Any] = {}
    for figure in FIGURES:
        match figure.aggregate:
            case Aggregate.SUM:
                columns[figure.column] = _measured(sums, figure.of[0])
            case Aggregate.DIFFERENCE:
                first, second = (_measured(sums, name) for name in figure.of)
                columns[figure.column] = first - second
            case Aggregate.RATIO:
                part, whole = (_measured(sums, name) for name in figure.of)
                columns[figure.column] = _ratio(part, whole)
            case Aggregate.PERCENTILE_95:
                columns[figure.column] = percentile
            case Aggregate.DISTINCT | Aggregate.AGE:  # reach beyond the window: see `Rows.columns`
                pass
    return columns


def _measured(sums: Int64Array, name: str) -> Any:
    """A measure of each row: an array, of money a series."""
    slot = SLOT[name]
    return _money(sums[:, slot], sums[:, slot + 1]) if name in _AMOUNTS else sums[:, slot]


def _number(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 # NaN


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """By window end, then all events, then gateways by name."""
    by = ("window_end", pl.col("gateway_name") != ALL_GATEWAYS, "gateway_name")
    return rows.sort(*by, maintain_order=True)  # a newer revision stays behind an older one


def first_row(rows: pl.DataFrame, window_end: int) -> int:
    """The first of ordered rows that is of that window or a later one."""
    return int(rows["window_end"].search_sorted(window_end, side="left"))


def _ratio(part: Int64Array, whole: Int64Array) -> Float64Array:
    """Share of the whole; NaN where there is none."""
    ratio: Float64Array = np.divide(part, whole, out=np.full(part.size, np.nan), where=whole > 0)
    return ratio


def _money(high: Int64Array, low: Int64Array) -> pl.Series:
    """Sums of money from their two halves, exact also beyond 64 bits."""
    carried = high + (low >> LOW_BITS)
    if int(np.abs(carried).max(initial=0)) < 1 << (LOW_BITS - 2):
        return pl.Series((high << LOW_BITS) + low).cast(pl.Int128)
    exact = [(top << LOW_BITS) + rest for top, rest in zip(high.tolist(), low.tolist(), strict=True)]
    return pl.Series(exact, dtype=pl.Int128)
