"""Incidents: each has its effect, in its interval, and only there."""

import itertools
import json
from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from revtui.adapters.sources.simulator import (
    SCENARIOS,
    SimulatorSpec,
    generate,
    incidents_within,
    parse_scenario,
    parse_scenarios,
    truth,
)
from revtui.adapters.sources.simulator.syntax import place_scenarios
from revtui.core.errors import UsageError
from revtui.core.times import format_instant, parse_instant

MINUTE = 60_000_000
HOUR = 60 * MINUTE
START = parse_instant("2026-03-04T12:00Z", now=0)
CALM = "sim:?rate=20&disorder=0s&duplicates=0"


def events(scenario: str = "", duration: int = 3 * HOUR) -> pl.DataFrame:
    spec = SimulatorSpec.parse(f"{CALM}&scenario={scenario}")
    return pl.concat(list(generate(spec, start=START, duration=duration)))


@pytest.fixture(scope="module")
def calm() -> pl.DataFrame:
    return events()


def between(frame: pl.DataFrame, begin: int, end: int) -> pl.DataFrame:
    """Rows of minutes [begin, end) of the stream."""
    at = pl.col("event_ts").dt.epoch("us")
    return frame.filter((at >= START + begin * MINUTE) & (at < START + end * MINUTE))


def attempts(frame: pl.DataFrame, gateway: str | None = None) -> pl.DataFrame:
    wanted = pl.col("event_type").is_in(["purchase", "payment_failed"])
    return frame.filter(wanted if gateway is None else wanted & (pl.col("gateway_name") == gateway))


def failed(frame: pl.DataFrame, gateway: str | None = None) -> float:
    share: float = attempts(frame, gateway).select((pl.col("event_type") == "payment_failed").mean()).item()
    return share


def median_latency(frame: pl.DataFrame, gateway: str | None = None) -> float:
    median: float = attempts(frame, gateway).select(pl.col("latency_ms").median()).item()
    return median


def logins(frame: pl.DataFrame) -> int:
    return frame.filter(pl.col("event_type") == "login").height


def mean_amount(frame: pl.DataFrame) -> float:
    return float(attempts(frame).select(pl.col("amount").mean()).item())


Check = Callable[[pl.DataFrame, pl.DataFrame], object]

EFFECTS: list[tuple[str, Check]] = [
    ("outage:adyen", lambda now, _: failed(now, "adyen") == pytest.approx(0.97, abs=0.01)),
    ("outage:adyen", lambda now, _: failed(now, "stripe") < 0.08),
    ("all_down", lambda now, _: failed(now) == pytest.approx(0.95, abs=0.01)),
    ("partial:paypal", lambda now, _: failed(now, "paypal") == pytest.approx(0.43, abs=0.04)),
    ("partial:paypal", lambda now, _: failed(now, "stripe") < 0.08),
    ("degrading", lambda now, _: failed(between(now, 60, 70)) < failed(between(now, 110, 120)) - 0.12),
    ("degrading", lambda now, _: failed(between(now, 110, 120)) == pytest.approx(0.27, abs=0.03)),
    ("latency", lambda now, was: median_latency(now) == pytest.approx(3 * median_latency(was), rel=0.03)),
    (
        "latency_gateway",
        lambda now, was: (
            median_latency(now, "stripe") == pytest.approx(4 * median_latency(was, "stripe"), rel=0.03)
        ),
    ),
    (
        "latency_gateway",
        lambda now, was: median_latency(now, "adyen") == median_latency(was, "adyen"),
    ),
    ("traffic_drop", lambda now, was: now.height / was.height == pytest.approx(0.4, abs=0.02)),
    (
        "checkout_bug",
        lambda now, was: attempts(now).height / attempts(was).height == pytest.approx(0.45, abs=0.02),
    ),
    ("checkout_bug", lambda now, was: logins(now) == logins(was)),
    ("price_bug", lambda now, was: mean_amount(now) / mean_amount(was) == pytest.approx(0.3, abs=0.01)),
    ("price_bug", lambda now, was: now.height == was.height),
    ("stall", lambda now, _: now.height == 0),
    ("fade", lambda now, was: between(now, 60, 66).height > 0.9 * between(was, 60, 66).height),
    (
        "fade",
        lambda now, was: (
            between(now, 110, 120).height / between(was, 110, 120).height == pytest.approx(0.475, abs=0.05)
        ),
    ),
    ("promotion", lambda now, was: now.height / was.height == pytest.approx(2.3, abs=0.1)),
    ("promotion", lambda now, _: failed(now) < 0.08),
]


@pytest.mark.parametrize(("scenario", "holds"), EFFECTS, ids=[f"{n}-{e[0]}" for n, e in enumerate(EFFECTS)])
def test_a_scenario_has_its_effect_during_its_interval(
    scenario: str, holds: Check, calm: pl.DataFrame
) -> None:
    struck = between(events(f"{scenario}@+1h+1h"), 60, 120)
    assert holds(struck, between(calm, 60, 120))


def test_every_scenario_is_checked_for_its_effect() -> None:
    assert {name.partition(":")[0] for name, _ in EFFECTS} == set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_outside_of_its_interval_every_event_stays_as_it_was(name: str, calm: pl.DataFrame) -> None:
    struck = events(f"{name}@+61m+47m")
    assert_frame_equal(between(struck, 0, 61), between(calm, 0, 61))
    # payments that failed during the incident are tried again for a minute or so after it
    first = pl.col("retry_attempt") == 0
    assert_frame_equal(between(struck, 108, 110).filter(first), between(calm, 108, 110).filter(first))
    assert_frame_equal(between(struck, 110, 180), between(calm, 110, 180))
    assert not between(struck, 61, 108).equals(between(calm, 61, 108))


def test_incidents_begin_and_end_to_the_millisecond() -> None:
    frame = events("stall@2026-03-04T12:30:07Z+90s")
    at = frame["event_ts"].dt.epoch("us")
    began = START + 30 * MINUTE + 7_000_000
    assert not at.is_between(began, began + 90_000_000, closed="left").any()
    assert at.is_between(began - 2_000_000, began, closed="left").any()
    assert at.is_between(began + 90_000_000, began + 92_000_000).any()


def test_nothing_is_delivered_during_a_stall_nor_afterwards() -> None:
    spec = SimulatorSpec.parse("sim:?rate=50&disorder=10s&late=0.05&scenario=stall@+20m+10m")
    frame = pl.concat(list(generate(spec, start=START, duration=HOUR)))
    at = frame["event_ts"].dt.epoch("us")
    assert not at.is_between(START + 20 * MINUTE, START + 30 * MINUTE, closed="left").any()
    # events of the last seconds before the stall were still on their way: some of them are lost
    last = between(frame, 19, 20).filter(pl.col("event_ts").dt.second() >= 55).height
    assert 0 < last < 0.8 * between(frame, 18, 19).filter(pl.col("event_ts").dt.second() >= 55).height


def test_an_incident_strikes_retries_of_what_failed_before_it() -> None:
    spec = SimulatorSpec.parse("sim:?rate=90&duplicates=0&scenario=all_down@+1h+1h")
    frame = pl.concat(list(generate(spec, start=START, duration=62 * MINUTE)))
    before = between(frame, 58, 60).filter(pl.col("status") == "fail")
    after = between(frame, 60, 62).filter(pl.col("retry_attempt") > 0)
    again = after.join(before, on=["user_id", "amount", "gateway_name"], how="semi")
    first_tries = again.unique("user_id")
    assert first_tries.height > 5
    assert failed(first_tries) > 0.7


def test_two_incidents_at_once_have_both_effects(calm: pl.DataFrame) -> None:
    struck = between(events("outage:stripe@+1h+30m,price_bug@+1h+30m"), 60, 90)
    assert failed(struck, "stripe") > 0.95
    assert mean_amount(struck) < 0.4 * mean_amount(between(calm, 60, 90))


def test_failures_of_an_incident_are_the_gateways_fault() -> None:
    struck = between(events("outage:stripe@+1h+30m"), 60, 90)
    codes = struck.filter((pl.col("gateway_name") == "stripe") & (pl.col("status") == "fail"))[
        "response_code"
    ]
    assert codes.is_in(["gateway_error", "gateway_unavailable"]).mean() > 0.9  # type: ignore[operator]  # not empty


def test_the_truth_names_what_was_injected() -> None:
    spec = SimulatorSpec.parse("sim:?scenario=stall@+40m+10m,outage:paypal@12:10%2B15m")
    found = truth(incidents_within(spec, start=START, duration=HOUR))
    assert json.loads(json.dumps(found)) == found
    assert found == [
        {
            "scenario": "outage",
            "kind": "fail",
            "gateway_name": "paypal",
            "began_at": "2026-03-04T12:10:00Z",
            "ended_at": "2026-03-04T12:25:00Z",
            "severity": "CRIT",
            "summary": SCENARIOS["outage"].summary,
        },
        {
            "scenario": "stall",
            "kind": "freshness",
            "gateway_name": "*",
            "began_at": "2026-03-04T12:40:00Z",
            "ended_at": "2026-03-04T12:50:00Z",
            "severity": "CRIT",
            "summary": SCENARIOS["stall"].summary,
        },
    ]


@pytest.mark.parametrize(
    ("text", "began", "lasts"),
    [
        ("stall@+1h+30m", "2026-03-04T13:00:00Z", 30),
        ("stall@-20m+10m", "2026-03-04T14:40:00Z", 10),
        ("stall@14:30+5m", "2026-03-04T14:30:00Z", 5),
        ("stall@9:05+5m", "2026-03-05T09:05:00Z", 5),
        ("stall@14:30:15+5m", "2026-03-04T14:30:15Z", 5),
        ("stall@2026-03-04T14:00Z+45m", "2026-03-04T14:00:00Z", 45),
        ("stall@2026-03-04T14:00+45m", "2026-03-04T14:00:00Z", 45),
        ("STALL@+0s", "2026-03-04T12:00:00Z", 25),
    ],
)
def test_when_an_incident_is(text: str, began: str, lasts: int) -> None:
    (incident,) = place_scenarios([parse_scenario(text)], start=START, present=START + 3 * HOUR)
    assert format_instant(incident.began_at) == began
    assert incident.ended_at - incident.began_at == lasts * MINUTE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("outtage@+1h", "did you mean outage"),
        ("outage:strpe@+1h", "did you mean stripe"),
        ("stall:stripe@+1h", "all gateways"),
        ("stall", "does not say when"),
        ("stall@25:00", "not a time"),
        ("stall@2026-13-01T00:00Z", "not a time"),
        ("stall@soon", "not a scenario"),
        ("stall@+1h+0m", "lasts 0s"),
        ("stall@+1x", "not a duration"),
        ("demo@+1h", "neither gateway nor time"),
        ("", "not a scenario"),
    ],
)
def test_a_bad_scenario_is_refused_with_advice(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse_scenario(text)
    assert caught.value.hint


def test_a_scenario_outside_of_the_stream_is_refused() -> None:
    spec = SimulatorSpec(scenarios=parse_scenarios(["stall@+2h"]))
    with pytest.raises(UsageError, match="lies outside"):
        incidents_within(spec, start=START, duration=HOUR)
    assert incidents_within(spec, start=START, duration=3 * HOUR)


def test_the_demonstration_is_lively_for_days() -> None:
    demo = SimulatorSpec(scenarios=parse_scenarios(["demo"]))
    first = incidents_within(demo, start=START, duration=4 * HOUR)
    assert len({incident.scenario.kind for incident in first}) >= 6
    later = place_scenarios(demo.scenarios, start=START, present=START)
    gaps = [b.began_at - a.ended_at for a, b in itertools.pairwise(later)]
    assert max(gaps) < HOUR
    assert later[-1].ended_at > START + 6 * 24 * HOUR
