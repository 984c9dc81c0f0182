"""Watermarks, guards, generations and the names of gateways, by hand-made streams against the oracle."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from event_files import Row, Written, as_csv
from judging import check
from oracle import DAY, MINUTE, SECOND, Options
from oracle_fields import EARLIEST, Event, verdict

START = "2026-03-05T09:00:00Z"


def instant(text: str) -> int:
    found = verdict({"event_type": "login", "event_ts": text}, currency="USD", timezone="UTC")
    assert isinstance(found, Event)
    return found.at


def stream(name: str, moments: Sequence[int | str], **columns: str) -> Written:
    """A CSV file of purchases at `moments`: microseconds behind START, or times as they are written."""
    from oracle import instant_text

    rows: list[Row | None] = [
        {
            "event_id": f"{name}{place}",
            "event_ts": one if isinstance(one, str) else instant_text(instant(START) + one),
            "event_type": "purchase",
            "amount": f"{place + 1}.00",
            "user_id": f"u{place % 5}",
            "gateway_name": f"g{place % 3}",
            "latency_ms": str(100 * place % 1_500),
            **columns,
        }
        for place, one in enumerate(moments)
    ]
    data, records = as_csv(rows, Random(name))
    return Written(name=f"{name}.csv", data=data, records=records)


def every(step: int, count: int, *, start: int = 0) -> list[int | str]:
    return [start + step * place for place in range(count)]


WILD = "2099-01-01T00:00:00Z"
CALM = every(20 * SECOND, 30)
JUMPS: dict[str, tuple[list[int | str], int]] = {
    "first": ([WILD, *CALM], 1),
    "first two": ([WILD, "2098-01-01T00:00:00Z", *CALM], 2),
    "in the middle": ([*CALM[:10], WILD, *CALM[10:]], 1),
    "thrice apart": ([*CALM[:5], WILD, *CALM[5:15], WILD, *CALM[15:], WILD], 3),
    "second to last": ([*CALM[:-1], WILD, CALM[-1]], 1),
    "last": ([*CALM, WILD], 1),
    "alone": ([WILD], 0),
    "one of two": ([CALM[0], WILD], 1),
    "from daily data": (every(25 * 60 * MINUTE, 12), 1),
    "two and a half of three": ([*CALM[:5], *every(MINUTE, 2, start=3 * DAY), *CALM[5:]], 2),
    "into the next week": ([*CALM, *every(20 * SECOND, 20, start=7 * DAY)], 0),
    "at the limit": ([0, DAY, DAY + 1, 2 * DAY], 0),
}


RARER = (
    "first two",
    "thrice apart",
    "second to last",
    "one of two",
    "two and a half of three",
    "at the limit",
)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.slow] if case in RARER else []) for case in JUMPS]
)
@pytest.mark.fault("F62")
def test_a_lone_leap_is_quarantined_and_a_gap_is_not(case: str, tmp_path: Path) -> None:
    moments, jumps = JUMPS[case]
    expected, _ = check([stream("jump", moments)], Options(hop=5 * MINUTE), tmp_path)
    assert expected.summary["quarantined"] == jumps
    assert expected.summary["counted"] + expected.summary["late"] == len(moments) - jumps


@pytest.mark.fault("F53")
def test_an_id_is_remembered_for_one_to_two_horizons(tmp_path: Path) -> None:
    options = Options(horizon=30 * MINUTE, lateness=5 * MINUTE)
    rows: list[Row | None] = []
    for place, record in enumerate(stream("calm", every(MINUTE, 240)).records):
        row = {name: str(value) for name, value in (record or {}).items()}
        rows.append(row)
        for back in (7, 29, 45, 61, 90):
            if (place + back) % 3 == 0 and place >= back:
                again = {
                    "event_id": f"calm{place - back}",
                    "event_ts": f"2026-03-05T{9 + (place - back) // 60:02d}:",
                }
                again["event_ts"] += f"{(place - back) % 60:02d}:00Z"
                rows.append(row | (again if place % 8 else again | {"event_ts": row["event_ts"]}))
    data, records = as_csv(rows, Random(1))
    expected, _ = check([Written(name="x.csv", data=data, records=records)], options, tmp_path)
    assert min(expected.summary[one] for one in ("duplicate", "conflicts", "late")) > 0
    assert expected.summary["counted"] > 240


def test_a_source_that_has_not_begun_holds_the_watermark(tmp_path: Path) -> None:
    rng = Random(5)
    days = []
    for day in range(4):
        moments = [(day * 6 * 60 + place - rng.choice([0, 0, 0, 8, 40])) * MINUTE for place in range(60)]
        days.append(stream(f"day{day}", list[int | str](moments)))
    held, _ = check(days, Options(), tmp_path, sources=["day?.csv"])
    last, _ = check(days[3:], Options(), tmp_path)
    assert held.summary["late"] == last.summary["late"] > 0
    assert {row["revision"] for row in held.rows[: len(held.rows) // 2]} == {0}


def test_sources_are_merged_by_their_running_maximum(tmp_path: Path) -> None:
    moments = every(30 * SECOND, 40)
    jittered: list[int | str] = [30 * SECOND * place - (place % 7) * 50 * SECOND for place in range(40)]
    files = [
        stream("b", moments),
        stream("a", jittered),
        stream("c", moments, event_id="same", amount="7.00"),
    ]
    expected, _ = check(files, Options(max_gateways=2, lateness=MINUTE), tmp_path)
    assert expected.summary["duplicate"] == 39
    assert expected.summary["late"] == 0 < max(int(str(row["revision"])) for row in expected.rows)


def test_later_names_and_reserved_ones_share_a_row(tmp_path: Path) -> None:
    rows: list[Row | None] = [
        {
            "event_id": f"e{place}",
            "event_ts": START.replace("00:00Z", f"0{place % 3}:{place % 60:02d}Z"),
            "event_type": "purchase",
            "amount": "1.00",
            "user_id": f"u{place % 4}",
            "gateway_name": ["*", "(other)", "", "zeta", "alpha", "mid", "!first", "Zeta"][place % 8],
        }
        for place in range(60)
    ]
    data, records = as_csv(rows, Random(3))
    for limit in (2, 64):
        expected, run = check(
            [Written(name="x.csv", data=data, records=records)], Options(max_gateways=limit), tmp_path
        )
        assert b",(other)," in run.out
        assert (b",mid," in run.out) == (limit == 64)
        assert expected.summary["counted"] == 60


def test_the_years_believed_reach_from_2000_to_2100(tmp_path: Path) -> None:
    for moment in ("2000-01-01T00:00:00Z", "2099-12-31T23:59:59.999999Z"):
        expected, _ = check([stream("edge", [moment])], Options(), tmp_path)
        assert expected.summary["counted"] == 1
    assert instant("2000-01-01T00:00:00Z") == EARLIEST
