"""The business day so far, in one line."""

from dataclasses import replace
from datetime import date

import pytest

from factories import DAY, NOW, SCENES
from revtui.views.days import day_texts, today
from revtui.views.overview import build

HEALTHY = SCENES["healthy"]().snapshot


def test_it_says_since_when_it_counts() -> None:
    text = today(HEALTHY, clock=NOW)
    assert text.startswith("today since 11:10Z: $")
    assert text.endswith("% fail")


def test_a_day_that_was_seen_from_its_beginning_is_whole() -> None:
    whole = replace(HEALTHY, first_pane=NOW // DAY * DAY)
    assert today(whole, clock=NOW).startswith("today: $")


def test_it_is_called_by_its_date_when_it_is_over_and_its_zone_is_named() -> None:
    assert today(HEALTHY, clock=NOW + DAY).startswith("2026-03-05 since")
    elsewhere = replace(HEALTHY, timezone="Europe/Berlin")
    assert today(elsewhere, clock=NOW).startswith("today (Europe/Berlin) since")


def test_before_the_first_event_there_is_no_day() -> None:
    nothing = SCENES["no_data"]().snapshot
    assert (today(nothing, clock=NOW), day_texts(nothing)) == ("", ())


def test_the_days_are_those_of_all_gateways_the_newest_first() -> None:
    earlier = HEALTHY.days.with_columns(date=date(2026, 3, 4))
    both = replace(HEALTHY, days=earlier.vstack(HEALTHY.days))
    assert [text[:10] for text in day_texts(both)] == ["2026-03-05", "2026-03-04"]


@pytest.mark.parametrize("name", ["healthy", "outage"])
def test_the_overview_has_it(name: str) -> None:
    made = SCENES[name]()
    assert build(made.snapshot, now=made.now).today == today(made.snapshot, clock=made.now)
