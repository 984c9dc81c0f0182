"""Guards against absurd timestamps, compared with a row-by-row reference."""

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.core.events import EVENT_SCHEMA, EventType, Rejected
from revtui.core.guards import MAX_FUTURE_SKEW, Guarded, JumpGuard, guard_future
from revtui.core.times import EARLIEST

SECOND = 1_000_000
DAY = 86_400 * SECOND


def events(times: list[int], *, first_offset: int = 0) -> pl.DataFrame:
    size = len(times)
    frame = pl.DataFrame(
        {
            "event_ts": times,
            "event_id": [f"e{first_offset + row}" for row in range(size)],
            "kind": [EventType.PURCHASE] * size,
            "amount_minor": [1250] * size,
            "currency": ["USD"] * size,
            "gateway_name": ["stripe"] * size,
            "retry_attempt": [0] * size,
            "offset": range(first_offset, first_offset + size),
        },
        schema_overrides=EVENT_SCHEMA,
    )
    return pl.concat([EVENT_SCHEMA.to_frame(), frame], how="diagonal")


def line(offset: int) -> bytes:
    return f"line {offset}\n".encode()


def reference(times: list[int], max_jump: int) -> list[bool]:
    """Row by row, as the design says it: whether each row is released."""
    released: list[bool] = []
    newest = min(times[:4], default=0)
    for place, time in enumerate(times):
        witnesses = times[place + 1 : place + 4]
        further = [other for other in witnesses if other > newest + max_jump]
        admitted = time <= newest + max_jump or (len(further) > 0 and len(further) >= len(witnesses) / 2)
        released.append(admitted)
        if admitted:
            newest = max(newest, time)
    return released


def run(times: list[int], cuts: list[int], max_jump: int = DAY) -> tuple[list[int], list[Rejected]]:
    """Feed the rows in batches that end at `cuts`; the offsets released, and the rejected rows."""
    frame = events(times)
    guard = JumpGuard(source="f", max_jump=max_jump)
    outcomes: list[Guarded] = []
    edges = [0, *sorted(min(cut, len(times)) for cut in cuts), len(times)]
    for start, end in pairwise(edges):
        guard, guarded = guard.push(frame[start:end], raw_of=line)
        outcomes.append(guarded)
        assert guard.held.height <= 3
    guard, guarded = guard.end(raw_of=line)
    outcomes.append(guarded)
    assert guard.held.height == 0
    released = [offset for guarded in outcomes for offset in guarded.events["offset"].to_list()]
    return released, [row for guarded in outcomes for row in guarded.rejected]


@pytest.mark.fault("F62")
@pytest.mark.parametrize(
    ("days", "released"),
    [
        # days after the first; the strip says what becomes of each row
        ([0], "."),
        ([0, 0, 0, 0, 0], "....."),
        ([0, 0, 0, 0, 99, 0, 0, 0], "....x..."),  # one absurd row
        ([0, 0, 0, 0, 99, 99, 0, 0, 0], "....xx..."),  # one of the next three agrees: too few
        ([0, 0, 0, 0, 99, 99, 99, 0, 0], "........."),  # two of three agree: time has moved on
        ([0, 0, 0, 0, 99, 99, 99, 99], "........"),  # a real gap
        ([99, 0, 0, 0, 0], "x...."),  # the first row is no better than others
        ([0, 99], ".x"),  # the end: nobody agrees
        ([0, 99, 99], "..."),  # one of one agrees
        ([0, 99, 99, 0], "...."),  # one of two agrees
        ([0, 99, 0, 0], ".x.."),
        ([0, 0, 0, 0, 99], "....x"),
        ([0, 0, 0, 0, 99, 0, 99, 0, 0, 0], "....x.x..."),
        ([0, 1, 2, 3, 4, 5], "......"),  # exactly max_jump at a time
        ([5, 5, 5, 0, 5, 5, 5], "......."),  # the least of the first four is M, and three agree
    ],
)
def test_a_lonely_jump_is_rejected_and_a_shared_one_is_not(days: list[int], released: str) -> None:
    times = [EARLIEST + day * DAY for day in days]
    offsets, rejected = run(times, [])
    assert "".join("." if row in offsets else "x" for row in range(len(days))) == released
    assert [row.offset for row in rejected] == [row for row, mark in enumerate(released) if mark == "x"]


@given(
    st.lists(st.integers(0, 8), max_size=24),
    st.lists(st.integers(0, 24), max_size=8),
    st.integers(0, 3),
)
def test_the_guard_equals_the_reference_for_every_batching(
    steps: list[int], cuts: list[int], max_jump: int
) -> None:
    times = [EARLIEST + step * DAY for step in steps]
    offsets, rejected = run(times, cuts, max_jump * DAY)
    expected = reference(times, max_jump * DAY)
    assert offsets == [row for row, released in enumerate(expected) if released]
    assert [row.offset for row in rejected] == [row for row, released in enumerate(expected) if not released]
    assert rejected == run(times, [], max_jump * DAY)[1]


def test_nothing_is_released_before_four_rows_are_known() -> None:
    guard = JumpGuard(source="f")
    guard, guarded = guard.push(events([EARLIEST] * 3), raw_of=line)
    assert (guarded.events.height, guard.held.height) == (0, 3)
    guard, guarded = guard.push(events([EARLIEST], first_offset=3), raw_of=line)
    assert (guarded.events.height, guard.held.height) == (4, 0)


def test_a_held_row_waits_for_three_more() -> None:
    guard, _ = JumpGuard(source="f").push(events([EARLIEST] * 4), raw_of=line)
    guard, guarded = guard.push(events([EARLIEST + 9 * DAY, EARLIEST, EARLIEST], first_offset=4), raw_of=line)
    assert (guarded.events.height, guarded.rejected, guard.held.height) == (0, (), 3)
    guard, guarded = guard.push(events([EARLIEST], first_offset=7), raw_of=line)
    assert guarded.events["offset"].to_list() == [5, 6, 7]
    assert [row.offset for row in guarded.rejected] == [4]


def test_a_source_without_rows_ends_quietly() -> None:
    guard, guarded = JumpGuard(source="f").end(raw_of=line)
    assert (guarded.events.schema, guarded.rejected) == (EVENT_SCHEMA, ())
    assert guard.end(raw_of=line)[1].events.height == 0


@pytest.mark.fault("F62")
def test_one_row_of_2099_among_many_changes_nothing_else() -> None:
    times = [EARLIEST + row * SECOND for row in range(100_000)]
    clean, _ = run(times, [])
    offsets, rejected = run([*times[:50_000], EARLIEST + 36_000 * DAY, *times[50_000:]], [])
    assert len(offsets) == len(clean)
    assert [row.offset for row in rejected] == [50_000]


def test_a_rejected_jump_says_what_it_was_compared_with() -> None:
    (row,) = run([EARLIEST, EARLIEST, EARLIEST + 2 * DAY, EARLIEST, EARLIEST], [])[1]
    assert (row.reason, row.source) == ("jump", "f")
    assert row.detail == 'event_ts "2000-01-03T00:00:00Z": more than 1d past 2000-01-01T00:00:00Z'
    assert row.raw == r"line 2\x0a"


@pytest.mark.fault("F62")
def test_only_events_beyond_the_skew_are_future() -> None:
    now = EARLIEST + DAY
    times = [now + MAX_FUTURE_SKEW, now + MAX_FUTURE_SKEW + 1, now, now + 30_000 * DAY]
    guarded = guard_future(events(times), source="live", now=now, raw_of=line)
    assert guarded.events["offset"].to_list() == [0, 2]
    assert [(row.reason, row.offset, row.raw) for row in guarded.rejected] == [
        ("future", 1, r"line 1\x0a"),
        ("future", 3, r"line 3\x0a"),
    ]
    assert guarded.rejected[0].detail == (
        'event_ts "2000-01-02T00:05:00.000001Z": more than 5m ahead of the clock, 2000-01-02T00:00:00Z'
    )


@given(st.lists(st.integers(-10, 10), max_size=12), st.integers(0, 12))
def test_the_future_does_not_depend_on_the_batch(offsets: list[int], cut: int) -> None:
    now = EARLIEST + DAY
    frame = events([now + offset * 60 * SECOND for offset in offsets])
    whole = guard_future(frame, source="live", now=now, raw_of=line)
    parts = [guard_future(part, source="live", now=now, raw_of=line) for part in (frame[:cut], frame[cut:])]
    assert pl.concat([part.events for part in parts]).equals(whole.events)
    assert parts[0].rejected + parts[1].rejected == whole.rejected
    assert whole.events.height == sum(offset <= 5 for offset in offsets)
