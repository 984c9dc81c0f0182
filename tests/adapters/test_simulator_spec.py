"""Addresses of simulated streams."""

import re
from pathlib import Path

import pytest

from revtui.adapters.sources.simulator import SCENARIOS, SimulatorSpec, parse_rate
from revtui.adapters.sources.simulator.profiles import PROFILES
from revtui.adapters.sources.simulator.spec import _KEYS
from revtui.core.errors import UsageError
from revtui.core.times import parse_instant


def test_the_shortest_address_means_the_defaults() -> None:
    assert SimulatorSpec.parse("sim:") == SimulatorSpec.parse("sim:?") == SimulatorSpec()


def test_every_key_is_read() -> None:
    spec = SimulatorSpec.parse(
        "sim:?rate=30/min&seed=7&profile=original&scenario=outage:stripe@+1h+30m,stall@+3h&scenario=fade@-1h"
        "&start=2026-03-04T09:00Z&until=2026-03-04T19:00Z&backfill=30m&currency=eur&duplicates=0.5%"
        "&disorder=10s&late=0.002&malformed=0.001&noise=2"
    )
    assert spec.rate == 0.5
    assert (spec.seed, spec.profile.name, spec.currency, spec.noise) == (7, "original", "EUR", 2.0)
    assert [(each.name, each.gateway_name) for each in spec.scenarios] == [
        ("outage", "stripe"),
        ("stall", "*"),
        ("fade", "*"),
    ]
    assert spec.start == parse_instant("2026-03-04T09:00Z", now=0)
    assert spec.until == spec.start + 10 * 3_600_000_000
    assert (spec.backfill, spec.disorder_us) == (1_800_000_000, 10_000_000)
    assert (spec.duplicate_share, spec.late, spec.malformed) == (0.005, 0.002, 0.001)


def test_a_start_before_now_is_a_backfill() -> None:
    assert SimulatorSpec.parse("sim:?start=-3h").backfill == 3 * 3_600_000_000


def test_a_duration_says_where_the_stream_ends_once_its_start_is_known() -> None:
    spec = SimulatorSpec.parse("sim:?duration=90m")
    assert (spec.duration, spec.end) == (5_400_000_000, None)
    started = SimulatorSpec.parse("sim:?duration=90m&start=2026-03-04T09:00Z")
    assert started.end == parse_instant("2026-03-04T10:30Z", now=0)


def test_a_plus_sign_may_be_escaped() -> None:
    plain = SimulatorSpec.parse("sim:?scenario=stall@+1h+10m")
    assert SimulatorSpec.parse("sim:?scenario=stall%40%2B1h%2B10m") == plain


@pytest.mark.parametrize(
    ("text", "per_second"), [("20", 20), ("20/s", 20), ("25/min", 25 / 60), ("0.5", 0.5), ("90/h", 0.025)]
)
def test_rates(text: str, per_second: float) -> None:
    assert parse_rate(text) == pytest.approx(per_second)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("sim:?rat=20", "did you mean rate"),
        ("sim:?rate=fast", "not a rate"),
        ("sim:?rate=20/fortnight", "not a rate"),
        ("sim:?rate=0", "rate is 0"),
        ("sim:?rate=1000000", "rate is"),
        ("sim:?seed=-1", "not a seed"),
        ("sim:?seed=99999999999999999999", "seed is"),
        ("sim:?profile=realstic", "did you mean realistic"),
        ("sim:?late=nan", "late is nan"),
        ("sim:?late=some", "not a number"),
        ("sim:?duplicates=2", "duplicates is 2"),
        ("sim:?disorder=-5s", "disorder"),
        ("sim:?start=yesterday", "not a time"),
        ("sim:?start=1999-01-01", "outside the years"),
        ("sim:?start=2026-03-04&until=2026-03-03", "ends before"),
        ("sim:?start=2026-03-04&until=2026-03-05&duration=1d", "both say where"),
        ("sim:?duration=0s", "must be positive"),
        ("sim:?duration=soon", "not a duration"),
        ("sim:?duration=2h&start=2099-12-31T23:00Z", "outside the years"),
        ("sim:?seed=" + "9" * 5000, "not a seed"),
        ("sim:?rate=" + "9" * 5000, "rate is a huge number"),
        ("sim:?durtion=1h", "did you mean duration"),
        ("sim:?currency=EURO", "currency"),
        ("sim:?currency=XQX", "currency"),
        ("sim:42", "not a simulator address"),
        ("file:?rate=20", "not a simulator address"),
    ],
)
def test_a_bad_address_is_refused_with_advice(address: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        SimulatorSpec.parse(address)
    assert caught.value.hint


def test_every_key_scenario_and_profile_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE))
    assert rows == {*_KEYS, *SCENARIOS}
    assert all(f"**{name}**" in page for name in PROFILES)
    for scenario in SCENARIOS.values():
        expected = f"| `{scenario.name}` | {scenario.summary} | {scenario.kind}, {scenario.severity} |"
        assert expected in page
