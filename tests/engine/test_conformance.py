"""What other engines promise of windows, watermarks and late data, as their published tests put it.

Each case names its origin. Times are in milliseconds unless a case says otherwise; a key is a gateway
here. A step `wm(t)` brings the watermark to `t` without an event that counts (a redelivery of the very
first event does that); where the origin speaks of the last instant before it, `t` is one more.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest

from reference import Event, frame
from revtui.core.contracts import contracts
from revtui.core.dedup import Duplicates
from revtui.core.errors import UsageError
from revtui.core.watermarks import NEVER, Watermarks
from revtui.core.windows import WindowPolicy
from revtui.engine.batchrun import run_finite
from revtui.engine.encoding import encode
from revtui.engine.engine import Engine, EngineSettings
from revtui.engine.monitor import MonitorSettings
from scripted import ScriptedSource, purchase

MS = 1_000
SECOND = 1_000_000
TICK = "tick"
LAST = "last"
"""A key that is not looked at: rows reach to the pane of the newest event, so somebody has to come later."""


@dataclass(frozen=True)
class Wm:
    """Bring the watermark here."""

    to: int


def wm(to: int) -> Wm:
    return Wm(to)


Step = tuple[str, int] | Wm
"""A key and a time, or where the watermark goes."""


@dataclass(frozen=True)
class Case:
    origin: str
    size: int
    slide: int
    lateness: int
    steps: list[Step]
    final: dict[tuple[int, str], int]
    """(end, key) -> events."""
    closed: dict[tuple[int, str], int] = field(default_factory=dict)
    """The same as first published, where it is not what it is at last."""
    late: int = 0
    delay: int = 0
    """The bound."""


CASES = [
    Case(
        origin="Flink WindowOperatorTest: sliding windows, reduce",
        size=3000,
        slide=1000,
        lateness=0,
        steps=[
            ("k2", 1000),
            wm(2000),
            ("k2", 2000),
            wm(3001),
            ("k1", 3001),
            ("k2", 2400),
            ("k2", 2400),
            ("k1", 3001),
            ("k2", 3900),
            wm(6001),
            ("k1", 3001),
            (LAST, 9000),
        ],
        # 2400 missed [0, 3000), which was closed for good, and counts in the others.
        final={
            (2000, "k2"): 1,
            (3000, "k2"): 2,
            (4000, "k2"): 5,
            (4000, "k1"): 2,
            (5000, "k2"): 4,
            (5000, "k1"): 2,
            (6000, "k2"): 1,
            (6000, "k1"): 2,
        },
        late=1,
    ),
    Case(
        origin="Flink WindowOperatorTest: lateness, and a side output for what is later",
        size=2000,
        slide=2000,
        lateness=500,
        steps=[("k2", 500), ("k2", 1300), wm(2000), ("k2", 1997), wm(6000), ("k2", 1998)],
        final={(2000, "k2"): 3},
        closed={(2000, "k2"): 2},
        late=1,
    ),
    Case(
        origin="Spark EventTimeWatermarkSuite: append mode emits when the watermark passes, without more data",
        size=5000,
        slide=5000,
        lateness=0,
        delay=10_000,
        steps=[("k", 15_000), ("k", 10_000), ("k", 12_000), ("k", 14_000), ("k", 25_000), ("k", 10_000)],
        final={(15_000, "k"): 3, (20_000, "k"): 1, (30_000, "k"): 1},
        late=1,
    ),
    Case(
        origin="Kafka Streams KStreamWindowAggregateTest: grace of 1",
        size=2,
        slide=2,
        lateness=1,
        steps=[("k", 0), ("k", 1), ("k", 2), ("k", 1), ("k", 0), ("k", 5), ("k", 0)],
        final={(2, "k"): 4, (4, "k"): 1, (6, "k"): 1},
        closed={(2, "k"): 2},
        late=1,
    ),
    Case(
        origin="Kafka Streams KStreamWindowAggregateTest: grace of 2",
        size=2,
        slide=2,
        lateness=2,
        steps=[("k", at) for at in (0, 1, 2, 0, 3, 0, 4, 0, 30)],
        final={(2, "k"): 4, (4, "k"): 2, (6, "k"): 1, (32, "k"): 1},
        closed={(2, "k"): 2},
        late=1,
    ),
    Case(
        origin="Beam WindowTest: fixed windows of 10, then an event within the allowed lateness",
        size=10,
        slide=10,
        lateness=100,
        steps=[*(("k", at) for at in (1, 2, 3, 10, 11, 25)), wm(100), ("k", 7)],
        final={(10, "k"): 4, (20, "k"): 2, (30, "k"): 1},
        closed={(10, "k"): 3},
    ),
    Case(
        origin="bytewax test_window: sliding windows overlap, the end is exclusive",
        size=5000,
        slide=1000,
        lateness=0,
        delay=60_000,
        steps=[("a", 0), ("b", 4999), ("c", 5000), (LAST, 10_000)],
        final={
            **{(end, "a"): 1 for end in range(1000, 6000, 1000)},
            **{(end, "b"): 1 for end in range(5000, 10_000, 1000)},
            **{(end, "c"): 1 for end in range(6000, 11_000, 1000)},
        },
    ),
]


def engine_of(case: Case) -> Engine:
    length, lateness, bound = case.size * MS, case.lateness * MS, case.delay * MS
    policy = WindowPolicy(
        length=length,
        hop=case.slide * MS,
        bound=bound,
        lateness=lateness,
        horizon=10 * (length + lateness + bound + 1),
    )
    engine = Engine(
        EngineSettings(
            policy=policy,
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=1200,
            max_gateways=64,
            rules=contracts(),
            live=False,
        )
    )
    engine.add_source("test")
    return engine


def events_of(case: Case) -> list[Event]:
    """The steps as events; the first event, which has no key, is redelivered to move the watermark."""
    earliest = min(step[1] for step in case.steps if not isinstance(step, Wm))
    first = Event(event_ts=earliest * MS, event_id=TICK)
    return [
        first,
        *(
            Event(event_ts=step.to * MS + case.delay * MS, event_id=TICK)
            if isinstance(step, Wm)
            else Event(event_ts=step[1] * MS, event_id=f"{number}", gateway_name=step[0])
            for number, step in enumerate(case.steps)
        ),
    ]


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.origin)
def test_windows_are_those_that_other_engines_promise(case: Case, size: int) -> None:
    engine, events = engine_of(case), events_of(case)
    late, published = 0, []
    for start in range(0, len(events), size):
        late += engine.push(encode(frame(events[start : start + size]), currency="USD")).late
        published.append(engine.drain())
    engine.end_source(0)
    published.append(engine.drain())
    closed: dict[tuple[int, str], int] = {}
    final: dict[tuple[int, str], int] = {}
    for results in published:
        for found, rows in ((closed, results.closed), (final, results.final)):
            for end, key, count in rows.select("window_end", "gateway_name", "events_count").iter_rows():
                if key not in {"*", LAST}:
                    found[end // MS, key] = count
    assert final == case.final
    assert {**case.final, **closed} == {**case.final, **case.closed}
    assert late == case.late


def marks(watermarks: Watermarks, source: int, *seconds: float) -> list[float]:
    """The watermark after each event, in seconds."""
    times = np.array([round(second * SECOND) for second in seconds])
    _, after = watermarks.advance(times, source)
    return [float(mark) if mark == NEVER else mark / SECOND for mark in after.tolist()]


def test_a_watermark_trails_the_newest_event_by_the_bound_and_never_goes_back() -> None:
    """Origin: bytewax test_windowing, EventClock."""
    watermarks = Watermarks(bound=5 * SECOND)
    watermarks.add("a")
    assert marks(watermarks, 0, 7, 10, 3) == [2, 5, 5]


def test_the_watermark_of_several_sources_is_the_least() -> None:
    """Origin: Flink WatermarkOutputMultiplexerTest and StatusWatermarkValveTest."""
    watermarks = Watermarks(bound=0)
    first, second = watermarks.add("a"), watermarks.add("b")
    assert marks(watermarks, first, 12) == [NEVER]
    assert marks(watermarks, second, 8) == [8]
    assert marks(watermarks, second, 10) == [10]
    assert marks(watermarks, first, 15) == [10]
    watermarks.set_idle(second)
    assert watermarks.current == 15 * SECOND
    assert marks(watermarks, second, 14) == [15], "back, but behind: it does not pull the minimum down"
    assert marks(watermarks, first, 20) == [20], "and does not hold it back either"
    assert marks(watermarks, second, 20) == [20]
    assert marks(watermarks, first, 30) == [20], "once it has caught up it counts again"


def test_a_returning_source_counts_the_same_however_events_are_batched() -> None:
    times, codes = np.array([100, 250, 110, 260, 240]) * SECOND, np.array([0, 1, 0, 1, 0])

    def run(sizes: list[int]) -> list[int]:
        watermarks = Watermarks(bound=0)
        for name in "ab":
            watermarks.add(name)
        watermarks.advance(np.array([200 * SECOND]), 1)
        watermarks.set_idle(0)
        found: list[int] = []
        start = 0
        for size in sizes:
            rows = slice(start, start + size)
            found += watermarks.advance(times[rows], codes[rows])[1].tolist()
            start += size
        return found

    assert run([5]) == run([1, 1, 1, 1, 1]) == run([2, 3])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"length": 12, "hop": 5}, "multiple"),
        ({"length": 6, "hop": 5}, "multiple"),
        ({"length": 5, "hop": 6}, "multiple"),
        ({"length": 0}, "positive"),
        ({"hop": 0}, "positive"),
        ({"length": -5}, "positive"),
        ({"hop": -5}, "positive"),
        ({"lateness": -1}, "negative"),
        ({"bound": -1}, "negative"),
        ({"horizon": 20, "lateness": 15, "length": 5, "hop": 5, "bound": 1}, "shorter"),
    ],
)
def test_windows_that_cannot_be_are_refused_with_their_values(values: dict[str, int], words: str) -> None:
    """Origin: Flink SlidingEventTimeWindowsTest.testInvalidParameters, Kafka Streams TimeWindowsTest."""
    seconds = {name: value * SECOND for name, value in values.items()}
    with pytest.raises(UsageError, match=words):
        WindowPolicy(**seconds)


def test_a_duplicate_is_known_until_its_horizon_is_past() -> None:
    """Origin: Spark DeduplicateSuite, with a delay of 2 s; what Spark calls late is looked up first here."""
    duplicates, watermarks = Duplicates(horizon=2 * SECOND), Watermarks(bound=2 * SECOND)
    watermarks.add("a")
    told = []
    for key, second in (("a", 17), ("a", 16), ("a", 13), ("b", 22), ("c", 21), ("a", 21), ("d", 25)):
        before, after = watermarks.advance(np.array([second * SECOND]), 0)
        none = np.zeros(1, dtype=np.uint32)
        found, _ = duplicates.judge(np.array([ord(key)], dtype=np.uint64), none, none > 0, before, after)
        told.append(f"{key}@{second} {'duplicate' if found[0] else 'out'}")
    assert told == [
        "a@17 out",
        "a@16 duplicate",
        "a@13 duplicate",
        "b@22 out",
        "c@21 out",
        "a@21 out",
        "d@25 out",
    ]


def finite(rows: list[dict[str, str]]) -> dict[int, int]:
    """Window end in seconds since the first row -> events."""
    settings = MonitorSettings(
        engine=EngineSettings(
            policy=WindowPolicy(),
            currency="USD",
            currency_exponent=2,
            latency_sla_ms=1200,
            max_gateways=64,
            rules=contracts(),
            live=False,
        ),
        max_jump=86_400 * SECOND,
        max_future_skew=300 * SECOND,
        idle_timeout=60 * SECOND,
        retention=86_400 * SECOND,
    )
    outcome = run_finite([ScriptedSource("test", [rows])], settings)
    return dict(outcome.rows.select("window_end", "events_count").iter_rows())


def test_one_event_ten_years_ahead_closes_nothing() -> None:
    rows = [purchase(20 * turn, f"e{turn}") for turn in range(60)]
    ahead = [*rows[:30], purchase(10 * 365 * 86_400, "ahead"), *rows[30:]]
    assert finite(ahead) == finite(rows)


def test_a_gap_of_many_windows_holds_empty_ones_and_nothing_of_before() -> None:
    gap = 10 * 60 * 60
    found = finite([purchase(0, "a"), purchase(gap, "b")])
    counts = [found[end] for end in sorted(found)]
    assert counts == [1] * 5 + [0] * (gap // 60 - 5) + [1]


def test_the_same_id_twice_in_one_batch_counts_once() -> None:
    assert sum(finite([purchase(0, "a"), purchase(1, "a"), purchase(2, "b")]).values()) == 2
