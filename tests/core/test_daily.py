"""Business days begin at midnight of their zone, whatever the clock does, and hold what their panes hold."""

from collections import defaultdict
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import Event, frame
from revtui.core.contracts import contracts
from revtui.core.daily import KEPT_DAYS, Calendar
from revtui.core.errors import UsageError
from revtui.core.events import EventType
from revtui.core.windows import MINUTE, WindowPolicy
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings

HOUR = 60 * MINUTE


def day(when: date) -> int:
    return when.toordinal() - date(1970, 1, 1).toordinal()


def utc(us: int) -> str:
    return datetime.fromtimestamp(us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("zone", "when", "hours", "start"),
    [
        ("UTC", date(2026, 3, 8), 24, "2026-03-08T00:00"),
        ("America/New_York", date(2026, 3, 8), 23, "2026-03-08T05:00"),
        ("America/New_York", date(2026, 11, 1), 25, "2026-11-01T04:00"),
        ("Europe/Berlin", date(2026, 3, 29), 23, "2026-03-28T23:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5, "2026-04-04T13:00"),
        ("Asia/Kathmandu", date(2026, 1, 1), 24, "2025-12-31T18:15"),
        # The clock goes forward at midnight: the day begins at one.
        ("America/Sao_Paulo", date(2018, 11, 4), 23, "2018-11-04T03:00"),
        # It goes back to midnight: the day begins when midnight comes first.
        ("America/Havana", date(2026, 11, 1), 25, "2026-11-01T04:00"),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight(zone: str, when: date, hours: float, start: str) -> None:
    calendar = Calendar(zone)
    number = day(when)
    assert utc(calendar.start(number)) == start
    assert (calendar.start(number + 1) - calendar.start(number)) / HOUR == hours
    assert calendar.date(number) == when


@given(
    st.sampled_from(
        ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo"]
    ),
    st.lists(st.integers(946_684_800, 4_102_444_799), min_size=1, max_size=8),
    st.integers(0, 72 * 3600),
)
def test_an_instant_lies_on_the_date_that_its_clock_shows(zone: str, seconds: list[int], spread: int) -> None:
    times = np.array([seconds[0] + spread * turn // 8 for turn in range(8)] + seconds) * 1_000_000
    shown = [
        datetime.fromtimestamp(us // 1_000_000, ZoneInfo(zone)).toordinal() - date(1970, 1, 1).toordinal()
        for us in times.tolist()
    ]
    near = times[:8]
    calendar = Calendar(zone)
    assert calendar.days_of(near).tolist() == shown[:8]
    assert [calendar.day_at(us) for us in times.tolist()] == shown


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="Atlantis"):
        Calendar("Europe/Atlantis")


def engine(zone: str, hop: int) -> Engine:
    made = Engine(
        EngineSettings(
            policy=WindowPolicy(hop=hop, length=hop, horizon=24 * HOUR),
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=1200,
            max_gateways=64,
            rules=contracts(),
            timezone=zone,
            live=False,
        )
    )
    made.add_source("test")
    return made


amounts = st.sampled_from([None, 0, 1, 1999, 2**62])
events = st.lists(
    st.tuples(
        st.integers(0, 4 * 24 * 3600),
        st.sampled_from(list(EventType)),
        amounts,
        st.sampled_from(["USD", "USD", "EUR"]),
        st.sampled_from([None, "stripe", "adyen"]),
        st.sampled_from([None, 0, 100, 1201, 4095]),
    ),
    min_size=1,
    max_size=40,
)


@given(
    events,
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
    st.sampled_from([1, 7, 60]),
    st.integers(1, 9),
)
def test_a_day_holds_every_event_of_its_date(
    drawn: list[tuple[int, EventType, int | None, str, str | None, int | None]],
    zone: str,
    hop_minutes: int,
    size: int,
) -> None:
    begin = 1_774_569_600  # 2026-03-27, two days before Berlin changes its clock
    stream = [
        Event(
            event_ts=(begin + at) * 1_000_000,
            event_id=str(number),
            kind=kind,
            amount_minor=amount,
            currency=currency,
            gateway_name=gateway,
            latency_ms=latency,
        )
        for number, (at, kind, amount, currency, gateway, latency) in enumerate(
            sorted(drawn, key=lambda row: row[0])
        )
    ]
    made = engine(zone, hop_minutes * MINUTE)
    for start in range(0, len(stream), size):
        made.push(encode(frame(stream[start : start + size]), currency="USD"))
    expected: dict[tuple[date, str], list[Event]] = defaultdict(list)
    for event in stream:
        when = datetime.fromtimestamp(event.event_ts / 1_000_000, ZoneInfo(zone)).date()
        for name in {"*", event.gateway_name or "*"}:
            expected[when, name].append(event)
    rows = {(row["date"], row["gateway_name"]): row for row in made.days().to_dicts()}
    assert list(rows) == sorted(expected, key=lambda key: (key[0], key[1] != "*", key[1]))
    for key, held in expected.items():
        row = rows[key]
        money = {
            kind: sum(
                event.amount_minor or 0 for event in held if event.kind is kind and event.currency == "USD"
            )
            for kind in (EventType.PURCHASE, EventType.REFUND)
        }
        latencies = [event.latency_ms for event in held if event.latency_ms is not None]
        assert row["events_count"] == len(held)
        assert row["revenue_minor"] == money[EventType.PURCHASE]
        assert row["refunds_minor"] == money[EventType.REFUND]
        assert row["latency_count"] == len(latencies)
        p95 = float(np.percentile(latencies, 95)) if latencies else None
        assert row["p95_latency_ms"] == (None if p95 is None else pytest.approx(p95))


def test_only_the_newest_days_are_kept() -> None:
    made = engine("UTC", MINUTE)
    stream = [Event(event_ts=number * 24 * HOUR, event_id=str(number)) for number in range(KEPT_DAYS + 3)]
    for event in stream:
        made.push(encode(frame([event]), currency="USD"))
    kept = made.days()["date"].to_list()
    assert kept == pl.date_range(date(1970, 1, 4), date(1970, 1, KEPT_DAYS + 3), eager=True).to_list()
