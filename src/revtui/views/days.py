"""Business days as they read: the day so far in one line, and the latest days as a table.

Days are those of the business zone, from midnight to midnight there; times of day are UTC's, as
everywhere. A total that is not of the whole day says so: since when events are known, or up to when.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from revtui.core.durations import DAY, HOUR, MINUTE
from revtui.core.kpis import ALL_GATEWAYS, KPI_BY_NAME
from revtui.engine.snapshot import Snapshot
from revtui.views.lines import Line
from revtui.views.model import DayRow
from revtui.views.palette import Role, Segment
from revtui.views.values import counted, minute_text, moment, value_text

DAY_COLUMNS: Final = ("day", "orders", "failed", "revenue", "refunds", "net", "fail %", "p95", "of the day")
"""Headings of the table of days, one per cell of a `DayRow`."""

_NONE_YET: Final = "no event yet"
_GAP: Final[Segment] = ("  ", Role.TEXT)

Row = Mapping[str, Any]


def today(snapshot: Snapshot, clock: int) -> tuple[Line, ...]:
    """The day of `clock` so far (of finite data: the last day there is) in one line, the longest spelling first.

    Nothing before the first event.
    """
    days = _days(snapshot)
    if not days:
        return ()
    day = _current(days, snapshot, clock)
    if day is None:
        return (((f"today{_zone(snapshot, clock)} ", Role.DIM), (_NONE_YET, Role.TEXT)),)
    name = "today" if snapshot.live else f"{day['date']:%a %Y-%m-%d}"
    since = "".join(f" {text}" for text in (*_since(snapshot, day), *_behind(snapshot, clock)))
    head: list[Segment] = [
        (f"{name}{_zone(snapshot, day['day_start'])}{since} ", Role.DIM),
        (_money(snapshot, "revenue", day), Role.STRONG),
    ]
    orders: list[Segment] = [_GAP, (counted(day["purchases_count"], "order"), Role.TEXT)]
    rate = day["payment_fail_rate"]
    fails: list[Segment] = [_GAP, ("fail ", Role.DIM), (_text(snapshot, "fail_rate", rate), Role.TEXT)]
    return (*(((*head, *orders, *fails),) if rate is not None else ()), (*head, *orders), tuple(head))


def day_rows(snapshot: Snapshot, clock: int) -> tuple[DayRow, ...]:
    """The latest business days, newest first."""
    return tuple(_day_row(snapshot, day, clock) for day in reversed(_days(snapshot)))


def is_whole(day: Row, snapshot: Snapshot) -> bool:
    """Whether a day (DAY_SCHEMA) was counted from its beginning to its end; late events may still come."""
    return _reaches(snapshot) >= day["day_end"] and not any(_since(snapshot, day))


def _days(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The days of all events, oldest first."""
    return snapshot.days.filter(pl.col("gateway_name") == ALL_GATEWAYS).to_dicts()


def _current(days: Sequence[dict[str, Any]], snapshot: Snapshot, clock: int) -> dict[str, Any] | None:
    """The day of the clock; of data that have ended the last one."""
    if not snapshot.live:
        return days[-1]
    return next((day for day in days if day["day_start"] <= clock < day["day_end"]), None)


def _since(snapshot: Snapshot, day: Row) -> Iterator[str]:
    """From when on events of a day are known, when that is not its beginning."""
    first = snapshot.first_pane
    if first is not None and first > day["day_start"]:
        yield f"since {minute_text(first)}"


def _behind(snapshot: Snapshot, clock: int) -> Iterator[str]:
    """Up to when events are known, when that is not the clock of live data."""
    newest = snapshot.newest_event
    if newest is not None and (snapshot.catching_up or snapshot.is_stale(clock)):
        yield f"up to {minute_text(newest - newest % MINUTE)}"


def _reaches(snapshot: Snapshot) -> int:
    """Up to when events are known; of data that have ended, to the end of the newest event's pane."""
    newest, hop = snapshot.newest_event or 0, snapshot.policy.hop
    return newest if snapshot.live else newest - newest % hop + hop


def _zone(snapshot: Snapshot, us: int) -> str:
    return "" if snapshot.timezone == "UTC" else f" {moment(us, snapshot.timezone):%Z}"


def _money(snapshot: Snapshot, kpi: str, day: Row) -> str:
    return _text(snapshot, kpi, day[KPI_BY_NAME[kpi].column])


def _text(snapshot: Snapshot, kpi: str, value: float | None) -> str:
    return value_text(KPI_BY_NAME[kpi], value, snapshot.currency)


def _day_row(snapshot: Snapshot, day: Row, clock: int) -> DayRow:
    cells = (
        f"{day['date']:%a %Y-%m-%d}",
        f"{day['purchases_count']:,}",
        f"{day['payment_failed_count']:,}",
        *(_money(snapshot, kpi, day) for kpi in ("revenue", "refunds", "net_revenue")),
        _text(snapshot, "fail_rate", day["payment_fail_rate"]),
        _text(snapshot, "p95_latency", day["p95_latency_ms"]),
        ", ".join(_extent(snapshot, day, clock)),
    )
    return DayRow(start=day["day_start"], cells=cells, whole=is_whole(day, snapshot))


def _extent(snapshot: Snapshot, day: Row, clock: int) -> Iterator[str]:
    """How much of the day there is."""
    length = day["day_end"] - day["day_start"]
    if length != DAY:
        yield f"{length / HOUR:g} h long"
    yield from _since(snapshot, day)
    newest = snapshot.newest_event or 0
    if _reaches(snapshot) < day["day_end"]:
        so_far = snapshot.live and clock < day["day_end"] and not any(_behind(snapshot, clock))
        yield "so far" if so_far else f"up to {minute_text(newest - newest % MINUTE)}"
