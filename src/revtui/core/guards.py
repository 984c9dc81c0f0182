"""Guards: step 4 of the verdict. One absurd timestamp must not drag the watermark along.

Live, an event too far ahead of the clock is rejected (`future`). Of a finite source there is no
clock, only what the source itself says so far:

    M   the largest event time of the rows released; at first the least of the first four rows
    a row with event_ts > M + max_jump is held, and with it all that follows, until three more rows
    have come or the source ends. When at least half of those, and at least one, lie beyond
    M + max_jump too, time has really moved on: the row is released and M rises. Otherwise it is
    rejected (`jump`). Then the next held row is judged, by its own next three.

What is released and rejected, and in which order, does not depend on how the rows were batched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from revtui.core.durations import DAY, MINUTE, format_duration
from revtui.core.events import EVENT_SCHEMA, Rejected
from revtui.core.text import escape_raw
from revtui.core.times import format_instant

MAX_FUTURE_SKEW: Final = 5 * MINUTE
MAX_JUMP: Final = DAY

_WITNESSES: Final = 3

RawOf = Callable[[int], bytes]
"""The bytes of the row at an offset; a jump guard also asks for rows held since earlier pushes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """Rows behind a guard: `events` and `rejected` in arrival order."""

    events: pl.DataFrame
    """EVENT_SCHEMA."""
    rejected: tuple[Rejected, ...] = ()


def guard_future(
    events: pl.DataFrame,
    *,
    source: str,
    now: int,
    max_skew: int = MAX_FUTURE_SKEW,
    raw_of: RawOf,
) -> Guarded:
    """Events of a live source, without those more than `max_skew` microseconds ahead of `now`."""
    limit = now + max_skew
    future = events.get_column("event_ts") > limit
    if not future.any():
        return Guarded(events=events)
    detail = f"more than {format_duration(max_skew)} ahead of the clock, {format_instant(now)}"
    rejected = [
        _rejection(row, reason="future", detail=detail, source=source, raw_of=raw_of)
        for row in events.filter(future).select("event_ts", "offset").iter_rows()
    ]
    return Guarded(events=events.filter(~future), rejected=tuple(rejected))


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpGuard:
    """The guard of one finite source, as a value: `guard, guarded = guard.push(events)`.

    Never more than three rows are held, so it may be kept in a checkpoint as it is.
    """

    source: str
    max_jump: int = MAX_JUMP
    newest: int | None = None
    """M; None until the first four rows are known."""
    held: pl.DataFrame = field(default_factory=EVENT_SCHEMA.to_frame)
    """EVENT_SCHEMA: rows that came and are not judged yet."""

    def push(
        self, events: pl.DataFrame, *, ended: bool = False, raw_of: RawOf
    ) -> tuple["JumpGuard", Guarded]:
        """Feed the next admitted rows of the source; `ended` says that they are the last."""
        rows = pl.concat([self.held, events]) if self.held.height else events
        times = rows.get_column("event_ts").to_numpy()
        first = times[: _WITNESSES + 1]
        if not first.size or (first.size <= _WITNESSES and not ended and self.newest is None):
            return replace(self, held=rows), Guarded(events=rows.clear())
        newest = int(first.min()) if self.newest is None else self.newest
        verdict = _judge(times, newest, self.max_jump, ended=ended)
        released = rows[: verdict.judged]
        if not verdict.jumps:
            guard = replace(self, newest=verdict.newest, held=rows[verdict.judged :])
            return guard, Guarded(events=released)
        keep = np.ones(verdict.judged, bool)
        keep[list(verdict.jumps)] = False
        rejected = [
            _rejection(
                (int(times[place]), rows["offset"][place]),
                reason="jump",
                detail=f"more than {format_duration(self.max_jump)} past {format_instant(before)}",
                source=self.source,
                raw_of=raw_of,
            )
            for place, before in verdict.jumps.items()
        ]
        guard = replace(self, newest=verdict.newest, held=rows[verdict.judged :])
        return guard, Guarded(events=released.filter(pl.Series(keep)), rejected=tuple(rejected))

    def end(self, *, raw_of: RawOf) -> tuple["JumpGuard", Guarded]:
        """The source has ended: judge what is held by what there is. Ending twice changes nothing."""
        return self.push(self.held.clear(), ended=True, raw_of=raw_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    judged: int
    """Rows released or rejected; those from here on are held."""
    jumps: dict[int, int]
    """Place of each rejected row -> M when it was judged."""
    newest: int


def _judge(times: npt.NDArray[np.int64], newest: int, max_jump: int, *, ended: bool) -> _Verdict:
    """Judge rows in order until one has to wait for witnesses."""
    before = np.maximum.accumulate(np.concatenate(([newest], times)))
    beyond = times > before[:-1] + max_jump
    if not beyond.any():
        return _Verdict(judged=times.size, jumps={}, newest=int(before[-1]))
    place = int(beyond.argmax())
    newest = int(before[place])
    jumps: dict[int, int] = {}
    rest: list[int] = times.tolist()
    while place < len(rest):
        limit = newest + max_jump
        if rest[place] > limit:
            witnesses = rest[place + 1 : place + 1 + _WITNESSES]
            if len(witnesses) < _WITNESSES and not ended:
                break
            further = sum(time > limit for time in witnesses)
            if not further or 2 * further < len(witnesses):
                jumps[place] = newest
                place += 1
                continue
        newest = max(newest, rest[place])
        place += 1
    return _Verdict(judged=place, jumps=jumps, newest=newest)


def _rejection(row: tuple[int, int], *, reason: str, detail: str, source: str, raw_of: RawOf) -> Rejected:
    """The row of an event time and an offset, refused."""
    event_ts, offset = row
    return Rejected(
        reason=reason,
        detail=f'event_ts "{format_instant(event_ts)}": {detail}',
        source=source,
        offset=offset,
        raw=escape_raw(raw_of(offset)),
    )
