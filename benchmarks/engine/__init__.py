"""The windowing engine beside its limit and its peers, each in a process of its own, on one core.

stream ──> files (events.parquet as admitted, raw.csv, raw.jsonl, raw.parquet)
contestant, in its own process ──> CPU seconds, peak memory ──> one table
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from benchmarks.engine.contestants import CONTESTANTS
from benchmarks.tables import Table

ROUNDS = 3
"""The best of so many is reported, taken in turns."""


def tables() -> Iterator[Table]:
    with tempfile.TemporaryDirectory(prefix="revtui-bench-") as folder:
        _run("stream", folder)
        yield _race(folder)
        yield _files(folder)
        yield _measured("ticks", folder, "Ticks: 100,000 events/s for 60 s, 10,000 rows every 100 ms")
        yield _measured("steady", folder, "What is kept, and what it costs to start again")


def _race(folder: str) -> Table:
    results: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    for turn in range(ROUNDS):
        for name, contestant in CONTESTANTS.items():
            if turn < (ROUNDS if contestant.rounds > 1 else 1) and not contestant.missing():
                results[name].append(_run(name, folder))
    limit = min(result["cpu"] / result["events"] for result in results["limit"])
    rows = []
    for name, contestant in CONTESTANTS.items():
        if not results[name]:
            rows.append((contestant.title, contestant.exact, "absent", "", "", ""))
            continue
        cpu = min(result["cpu"] / result["events"] for result in results[name])
        peak = min(result["peak_mib"] for result in results[name])
        figures = f"{1e-6 / cpu:.2f}", f"{cpu * 1e9:,.0f}", f"{cpu / limit:,.1f}", f"{peak:,.0f}"
        rows.append((contestant.title, contestant.exact, *figures))
    return Table(
        title="Events to KPIs, from memory",
        columns=(
            "who",
            "beyond sums",
            "million events per CPU s",
            "ns an event",
            "times the limit",
            "peak MiB",
        ),
        rows=rows,
        note="One hour of 1,000,000 events, 200,000 users, 4 gateways; 0.5 % redelivered, 10 % up to 60 s out of "
        "order, 0.2 % 90 to 600 s late; slow peers get the first part of it. Windows of 5 minutes every minute, if "
        "not said otherwise, overall and per gateway. Beyond sums: D duplicates, L late events with revisions, "
        "P exact p95, U exact distinct users. CPU time of all threads and children, one thread where that can be "
        f"set; loading the events is not counted. Each in a process of its own; the best of {ROUNDS} times 3 rounds, "
        "of slow peers the only one.",
    )


def _files(folder: str) -> Table:
    rows = []
    for name, title, reader in (
        ("csv", "CSV", "polars.read_csv"),
        ("jsonl", "JSON lines", "polars.read_ndjson"),
        ("parquet", "Parquet", "polars.read_parquet"),
    ):
        ours = min((_run(f"file {name}", folder) for _ in range(ROUNDS)), key=lambda result: result["cpu"])
        read = min(_run(f"read {name}", folder)["cpu"] for _ in range(ROUNDS))
        rate = ours["events"] / ours["cpu"] / 1e6
        rows.append((title, f"{rate:.2f}", reader, f"{ours['cpu'] / read:.1f}", f"{ours['peak_mib']:,.0f}"))
    return Table(
        title="Files to KPIs",
        columns=("file", "million events per CPU s", "the same bytes by", "times that", "peak MiB"),
        rows=rows,
        note="The same events as files, read, admitted and counted as `revtui windows` does, in its process but for "
        "its start; one thread.",
    )


def _measured(name: str, folder: str, title: str) -> Table:
    figures = _run(name, folder)
    return Table(
        title=title,
        columns=("what", "measured"),
        rows=[(what, str(value)) for what, value in figures["rows"]],
        note=figures["note"],
    )


def _run(name: str, folder: str) -> dict:
    """What one contestant reports."""
    one_thread = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.engine", name, folder],
        env={**os.environ, **one_thread},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])
