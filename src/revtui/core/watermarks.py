"""Watermarks: no event older than this is expected any more.

Rules:

* Each source has its own watermark, the running maximum of its event times minus the bound; it is
  advanced per event in arrival order and never goes back. A finite source that has ended is past
  everything.
* The global watermark is the minimum over the active sources, and never goes back either. An idle
  source leaves the minimum; one that returns counts again once it has caught up. When no source is
  active, the watermark stands still.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from revtui.core.arrays import Int64Array, State

NEVER: Final = -(2**62)
"""The watermark before the first event."""
PAST_ALL: Final = 2**62
"""The watermark when every source has ended."""


@dataclass(slots=True)
class SourceProgress:
    """How far one source has come."""

    name: str
    newest: int = NEVER
    """Running maximum of its event times, microseconds."""
    idle: bool = False
    ended: bool = False
    catching_up: bool = False
    """Back from idleness, and still behind the global watermark."""

    @property
    def aside(self) -> bool:
        """Whether it does not hold the others back."""
        return self.idle or self.catching_up

    def watermark(self, bound: int) -> int:
        """Its own watermark."""
        if self.ended:
            return PAST_ALL
        return NEVER if self.newest == NEVER else self.newest - bound


class Watermarks:
    """The watermarks of all sources of a run; sources are known by a small number."""

    def __init__(self, *, bound: int) -> None:
        """`bound` is the out-of-orderness in microseconds."""
        self._bound = bound
        self.sources: list[SourceProgress] = []
        self.current: int = NEVER

    def add(self, name: str) -> int:
        """Register a source; its number."""
        self.sources.append(SourceProgress(name))
        return len(self.sources) - 1

    def advance(self, event_ts: Int64Array, source: int | Int64Array) -> tuple[Int64Array, Int64Array]:
        """Take the event times of a batch, in arrival order, and return the global watermark
        before and after each of them.

        `source` is the number of the source, one for all events or one each.
        """
        if isinstance(source, int):
            codes = {source}
            after = np.minimum(self._own(source, event_ts), self._minimum_without(codes))
        else:
            codes = {int(code) for code in np.unique(source)}
            if any(self.sources[code].aside for code in codes):
                return self._run_by_run(event_ts, source)
            after = np.full(event_ts.size, self._minimum_without(codes), dtype=np.int64)
            for code in codes:
                own = self._own(code, np.where(source == code, event_ts, NEVER))
                after = np.minimum(after, own)
        after = np.maximum(after, self.current)
        before = np.empty_like(after)
        before[0], before[1:] = self.current, after[:-1]
        self.current = int(after[-1])
        for code in codes:
            self._welcome_back(self.sources[code])
        return before, after

    def _run_by_run(self, event_ts: Int64Array, source: Int64Array) -> tuple[Int64Array, Int64Array]:
        """The same, where a source may come back to the minimum in the middle of the batch."""
        edges = [0, *(np.flatnonzero(np.diff(source)) + 1).tolist(), source.size]
        runs = [self.advance(event_ts[start:stop], int(source[start])) for start, stop in pairwise(edges)]
        before, after = (np.concatenate(parts) for parts in zip(*runs, strict=True))
        return before, after

    def end(self, source: int) -> None:
        """A finite source has no more events."""
        self.sources[source].ended = True
        self._settle()

    def set_idle(self, source: int) -> None:
        """A live source has been silent for too long: it no longer holds the others back."""
        self.sources[source].idle = True
        self._settle()

    def dump(self) -> State:
        """The progress of every source, in their order, for `load`."""
        rows = [(each.newest, each.idle, each.ended, each.catching_up) for each in self.sources]
        return {
            "current": np.array([self.current]),
            "sources": np.array(rows, dtype=np.int64).reshape(len(rows), 4),
        }

    def load(self, state: State) -> None:
        """Become what `dump` described; the same sources have been added in the same order."""
        self.current = int(state["current"][0])
        for progress, row in zip(self.sources, state["sources"].tolist(), strict=True):
            progress.newest = row[0]
            progress.idle, progress.ended, progress.catching_up = (bool(flag) for flag in row[1:])

    def _own(self, code: int, event_ts: Int64Array) -> Int64Array:
        """Watermark of one source after each row; rows of other sources carry NEVER."""
        progress = self.sources[code]
        newest = np.maximum(np.maximum.accumulate(event_ts), progress.newest)
        progress.newest = int(newest[-1])
        return (
            newest - self._bound
            if newest[0] != NEVER
            else np.where(newest == NEVER, NEVER, newest - self._bound)
        )

    def _minimum_without(self, codes: set[int]) -> int:
        """The minimum over the other sources that take part."""
        return min(
            (
                progress.watermark(self._bound)
                for code, progress in enumerate(self.sources)
                if code not in codes and not progress.aside
            ),
            default=PAST_ALL,
        )

    def _welcome_back(self, progress: SourceProgress) -> None:
        if progress.aside:
            progress.idle = False
            progress.catching_up = progress.watermark(self._bound) < self.current

    def _settle(self) -> None:
        """After a source left: the minimum over those that remain, if any does."""
        remaining = [
            progress.watermark(self._bound)
            for progress in self.sources
            if not progress.ended and not progress.aside
        ]
        if remaining:
            self.current = max(self.current, min(remaining))
        elif all(progress.ended for progress in self.sources):
            self.current = PAST_ALL
