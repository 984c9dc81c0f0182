"""A scripted source: rows decided beforehand, handed over in batches decided beforehand."""

from collections.abc import Iterator, Sequence

import polars as pl

from revtui.core.errors import SourceError
from revtui.core.events import AdmissionPolicy, RawBatch

BASE = 1_772_612_400_000_000  # 2026-03-04T08:20:00Z
SECOND = 1_000_000


def purchase(second: float, event_id: str, **fields: str) -> dict[str, str]:
    """A purchase so many seconds after BASE."""
    us = BASE + round(second * SECOND)
    return {"event_id": event_id, "event_ts": str(us), "event_type": "purchase", "amount": "10.00", **fields}


class ScriptedSource:
    """Hands over `rows` in batches of the given sizes; an error in the script is raised in its turn."""

    def __init__(
        self,
        name: str,
        script: Sequence[list[dict[str, str]] | Exception],
        *,
        live: bool = False,
        simulated: bool = False,
    ) -> None:
        self.name, self.live, self.simulated, self.note = name, live, simulated, ""
        self.policy = AdmissionPolicy(epoch_unit="us")
        self.closed = False
        self._script: Iterator[list[dict[str, str]] | Exception] = iter(script)
        self._offset = 0

    def read(self) -> RawBatch | None:
        step = next(self._script, None)
        if isinstance(step, Exception):
            raise step
        if step is None:
            return self._batch([]) if self.live else None
        return self._batch(step)

    def _batch(self, rows: list[dict[str, str]]) -> RawBatch:
        frame = pl.DataFrame(
            rows or None, schema={name: pl.String for row in rows for name in row} or None
        ).with_columns(pl.int_range(self._offset, self._offset + len(rows), dtype=pl.Int64).alias("offset"))
        self._offset += len(rows)
        return RawBatch(
            source=self.name, frame=frame, raw=lambda row: repr(rows[row]).encode(), end_offset=self._offset
        )

    def close(self) -> None:
        self.closed = True


def unreachable(name: str) -> SourceError:
    return SourceError(f"{name}: connection refused")


def cut(rows: list[dict[str, str]], sizes: Sequence[int]) -> list[list[dict[str, str]] | Exception]:
    """Rows in batches of these sizes, over and over."""
    batches: list[list[dict[str, str]] | Exception] = []
    start, turn = 0, 0
    while start < len(rows):
        size = sizes[turn % len(sizes)]
        batches.append(rows[start : start + size])
        start, turn = start + size, turn + 1
    return batches
