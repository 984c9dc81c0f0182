"""The business day: what of it is known, and that less than a whole day is never taken for one."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from factories import DAY, HOUR, MINUTE, NOON, NOW, day, days_frame, scene
from revtui.core.kpis import ALL_GATEWAYS
from revtui.engine.snapshot import Snapshot, Status
from revtui.views.days import DAY_COLUMNS, day_rows, is_whole, today

THURSDAY = dt.date(2026, 3, 5)


def with_days(*dates: dt.date, zone: str = "UTC", **fields: Any) -> Snapshot:
    """A snapshot with a day of each date: 90 of 100 attempts paid, $1,234.56."""
    rows = [
        day(date, zone, gateway, purchases_count=90, payment_failed_count=10, revenue_minor=123_456)
        for date in dates
        for gateway in (ALL_GATEWAYS, "stripe")
    ]
    usual: dict[str, Any] = {"timezone": zone, "first_pane": NOON - 90 * DAY}
    return scene(windows=3, days=days_frame(*rows), **usual | fields).snapshot


def said(snapshot: Snapshot, clock: int = NOW) -> list[str]:
    return ["".join(text for text, _role in line) for line in today(snapshot, clock)]


def extents(snapshot: Snapshot, clock: int = NOW) -> list[str]:
    return [row.cells[DAY_COLUMNS.index("of the day")] for row in day_rows(snapshot, clock)]


def test_the_day_so_far_is_said_in_as_many_words_as_there_is_room_for() -> None:
    assert said(with_days(THURSDAY)) == [
        "today $1,234.56  90 orders  fail 10.0 %",
        "today $1,234.56  90 orders",
        "today $1,234.56",
    ]


def test_the_zone_is_named_when_it_is_not_utc() -> None:
    assert said(with_days(THURSDAY, zone="Europe/Berlin"))[2] == "today CET $1,234.56"
    july = with_days(dt.date(2026, 7, 1), zone="Europe/Berlin")
    clock = july.days["day_start"][0] + HOUR
    assert said(replace(july, newest_event=clock), clock)[2] == "today CEST $1,234.56"


def test_a_day_of_which_the_beginning_is_not_known_says_since_when() -> None:
    snapshot = with_days(THURSDAY, first_pane=NOON - HOUR)
    assert all(line.startswith("today since 11:00Z $1,234.56") for line in said(snapshot))
    assert extents(snapshot) == ["since 11:00Z, so far"]
    from_midnight = with_days(THURSDAY, first_pane=NOON - 12 * HOUR)
    assert said(from_midnight)[2] == "today $1,234.56"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_day_without_an_event_yet_is_not_yesterday(zone: str) -> None:
    snapshot = with_days(THURSDAY, zone=zone)
    midnight = snapshot.days["day_end"][0]
    snapshot = replace(snapshot, newest_event=midnight - 1)
    name = "today" if zone == "UTC" else "today JST"
    assert said(snapshot, midnight - 1)[2] == f"{name} $1,234.56"
    assert said(snapshot, midnight) == [f"{name} no event yet"]


def test_a_silence_or_a_backlog_is_no_day_so_far() -> None:
    snapshot = with_days(THURSDAY)
    assert said(snapshot, NOW + 4 * MINUTE)[2] == "today up to 12:41Z $1,234.56"
    assert extents(snapshot, NOW + 4 * MINUTE) == ["up to 12:41Z"]
    behind = replace(snapshot, catching_up=True, newest_event=NOON - 3 * HOUR)
    assert said(behind)[2] == "today up to 09:00Z $1,234.56"


def test_data_that_have_ended_have_a_last_day_and_no_today() -> None:
    snapshot = with_days(dt.date(2026, 3, 4), THURSDAY, status=Status.END)
    assert said(snapshot, NOW + 400 * DAY)[2] == "Thu 2026-03-05 $1,234.56"
    assert extents(snapshot) == ["up to 12:41Z", ""]


def test_nothing_is_said_before_the_first_pane_and_no_rate_without_attempts() -> None:
    assert said(scene(windows=0).snapshot) == []
    snapshot = with_days(THURSDAY)
    none = replace(snapshot, days=days_frame(day(THURSDAY, "UTC", events_count=3)))
    assert said(none) == ["today $0.00  0 orders", "today $0.00"]


def test_days_come_newest_first_as_columns() -> None:
    rows = day_rows(with_days(dt.date(2026, 3, 4), THURSDAY), NOW)
    assert [row.cells[0] for row in rows] == ["Thu 2026-03-05", "Wed 2026-03-04"]
    assert rows[1].cells == (
        "Wed 2026-03-04", "90", "10", "$1,234.56", "$0.00", "$1,234.56", "10.0 %", "412 ms", "",
    )  # fmt: skip
    assert [row.whole for row in rows] == [False, True]


@pytest.mark.parametrize(
    ("date", "length"), [(dt.date(2026, 3, 8), "23 h long"), (dt.date(2026, 11, 1), "25 h long")]
)
def test_a_day_of_another_length_says_so(date: dt.date, length: str) -> None:
    snapshot = with_days(date, zone="America/New_York", newest_event=NOON + 365 * DAY)
    assert extents(snapshot, NOON + 365 * DAY) == [length]


@pytest.mark.parametrize(
    ("status", "before_midnight", "whole"),
    [
        (Status.LIVE, 1, False),
        (Status.LIVE, 0, True),
        (Status.END, 1, True),  # within the last pane of the day
        (Status.END, MINUTE + 1, False),
    ],
)
def test_a_day_is_whole_when_events_are_known_up_to_its_end(
    status: Status, before_midnight: int, whole: bool
) -> None:
    snapshot = with_days(THURSDAY, status=status)
    row = snapshot.days.row(0, named=True)
    assert is_whole(row, replace(snapshot, newest_event=row["day_end"] - before_midnight)) is whole
    assert not is_whole(row, replace(snapshot, newest_event=row["day_end"], first_pane=NOON))
