"""How fast made-up events are written, beside what polars needs to write the same file."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from benchmarks.processes import once
from benchmarks.tables import Table

TIMES = 4
WORDS = ("--rate", "2000/s", "--duration", "10m", "--seed", "7")
WRITERS: dict[str, tuple[Callable[[Path], pl.DataFrame], Callable[[pl.DataFrame, Path], object]]] = {
    "csv": (lambda path: pl.read_csv(path, infer_schema=False), lambda frame, path: frame.write_csv(path)),
    "jsonl": (pl.read_ndjson, lambda frame, path: frame.write_ndjson(path)),
    "parquet": (pl.read_parquet, lambda frame, path: frame.write_parquet(path)),
}


def tables() -> Iterator[Table]:
    with tempfile.TemporaryDirectory() as folder:
        yield Table(
            title="`revtui simulate`",
            columns=("format", "events", "events per CPU s", "polars writes alone", "ratio"),
            rows=[_row(name, Path(folder)) for name in WRITERS],
            note="To /dev/null, so that no disk is measured. The start of the program, a run of one second of events, "
            "is subtracted. CPU time of all threads.",
        )


def _row(name: str, folder: Path) -> tuple[str, ...]:
    path = folder / f"events.{name}"
    read, write = WRITERS[name]
    command = ["simulate", "--format", name]
    once([*command, *WORDS, "-o", str(path)])
    frame = read(path)
    nowhere = Path("/dev/null")
    start = min(once([*command, "--duration", "1s", "-o", str(nowhere)]).cpu for _ in range(TIMES))
    cpu = min(once([*command, *WORDS, "-o", str(nowhere)]).cpu for _ in range(TIMES)) - start
    alone = min(_cpu(lambda: write(frame, nowhere)) for _ in range(TIMES))
    events = frame.height
    return (
        name,
        f"{events:,}",
        f"{events / cpu:,.0f}",
        f"{events / alone:,.0f}",
        f"{alone / cpu:.2f}",
    )


def _cpu(task: Callable[[], object]) -> float:
    before = time.process_time()
    task()
    return time.process_time() - before
