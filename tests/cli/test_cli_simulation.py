"""`sim:` addresses on the two clocks."""

import pytest

from fakes import ManualClock
from revtui.adapters.sources.simulator import SimulatorSource
from revtui.cli.simulate import DEFAULT_START
from revtui.cli.simulation import simulator
from revtui.core.durations import HOUR
from revtui.core.errors import UsageError
from revtui.core.times import format_instant, parse_instant

NOW = parse_instant("2026-06-01T12:00:00Z", now=0)
MINUTE = HOUR // 60


def made(address: str, *, live: bool) -> SimulatorSource:
    return simulator(address, ManualClock(NOW), live=live)


def event_times(source: SimulatorSource) -> list[int]:
    """Of everything it hands over until it has nothing more."""
    times: list[int] = []
    while (batch := source.read()) is not None and batch.frame.height:
        times += batch.frame["event_ts"].dt.timestamp("us").to_list()
    return times


@pytest.mark.parametrize(
    ("address", "start", "length"),
    [
        ("sim:", DEFAULT_START, HOUR),
        ("sim:?duration=10m&seed=1", DEFAULT_START, 10 * MINUTE),
        ("sim:?seed=1&duration=10m&rate=3", DEFAULT_START, 10 * MINUTE),
        ("sim:?duration=5m&start=-2h", "2026-06-01T10:00:00Z", 5 * MINUTE),
        ("sim:?backfill=2h", "2026-06-01T10:00:00Z", HOUR),
        ("sim:?seed=1&du%72ation=10m", DEFAULT_START, 10 * MINUTE),
        ("sim:?until=2026-03-05T09:00:00Z&backfill=10m", "2026-03-05T08:50:00Z", 10 * MINUTE),
        ("sim:?start=2026-03-05T09:00:00Z", "2026-03-05T09:00:00Z", HOUR),
    ],
)
def test_headless_it_is_finite_and_needs_no_clock(address: str, start: str, length: int) -> None:
    source = made(address, live=False)
    times = event_times(source)
    assert not source.live
    assert format_instant(source.start) == start
    assert source.start <= min(times) < source.start + MINUTE
    assert source.start + length - MINUTE < max(times) < source.start + length


def test_on_the_screen_it_follows_the_clock_with_some_past() -> None:
    source = made("sim:?seed=1", live=True)
    assert source.live
    assert NOW - MINUTE < max(event_times(source)) <= NOW


def test_on_the_screen_a_duration_makes_it_end_now() -> None:
    source = made("sim:?duration=10m", live=True)
    assert not source.live
    assert source.start == NOW - 10 * MINUTE


@pytest.mark.parametrize(
    "address",
    [
        "sim:?duration=soon",
        "sim:?duration=-5m",
        "sim:?duration=0s",
        "sim:?durration=5m",
        "sim:?duration=5m&until=2026-03-05T09:00:00Z",
        "sim:?duration=5m&start=2099-12-31T23:59:00Z",
        "sim:?seed=" + "9" * 5000,
        "sim:?duration=" + "9" * 5000 + "h",
        "sim:?rate=" + "9" * 5000,
    ],
)
def test_what_cannot_be_simulated_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        made(address, live=False)
