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

TARGETS = {
    "revtui 60 10000": (2.2, 16),
    "revtui 60 100000": (3.0, 11),
    "revtui 10 10000": (1.0, None),
    "revtui 5 10000": (0.6, None),
}
"""At least so many million events per CPU second, at most so many times the limit."""
SLOWER = {"pandas": ("revtui day", 50), "bytewax": ("revtui 60 10000", 10), "spark": ("revtui 60 10000", 20)}
"""Peers, and who must be so many times faster."""
FILES = (
    ("csv", "CSV", "polars.read_csv", 3.2),
    ("jsonl", "JSON lines", "polars.read_ndjson", 2.0),
    ("parquet", "Parquet", "polars.read_parquet", None),
)
"""Ending, name, what polars reads it with, and at most so many times its CPU time."""
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
    cost = {
        name: min(result["cpu"] / result["events"] for result in found)
        for name, found in results.items()
        if found
    }
    rows = []
    for name, contestant in CONTESTANTS.items():
        if not results[name]:
            rows.append((contestant.title, contestant.exact, "absent", "", "", "", ""))
            continue
        peak = min(result["peak_mib"] for result in results[name])
        figures = f"{1e-6 / cost[name]:.2f}", f"{cost[name] * 1e9:,.0f}", f"{cost[name] / cost['limit']:,.1f}"
        rows.append((contestant.title, contestant.exact, *figures, f"{peak:,.0f}", _judged(name, cost)))
    return Table(
        title="Events to KPIs, from memory",
        columns=(
            "who",
            "beyond sums",
            "million events per CPU s",
            "ns an event",
            "times the limit",
            "peak MiB",
            "must",
        ),
        rows=rows,
        note="One hour of 1,000,000 events, 200,000 users, 4 gateways; 0.5 % redelivered, 10 % up to 60 s out of "
        "order, 0.2 % 90 to 600 s late; over a day, as many at the rate for which the classic monitors were made; slow peers get the first part of it. Windows of 5 minutes every minute, if "
        "not said otherwise, overall and per gateway. Beyond sums: D duplicates, L late events with revisions, "
        "P exact p95, U exact distinct users. CPU time of all threads and children, one thread where that can be "
        f"set; loading the events is not counted. Each in a process of its own; the best of {ROUNDS} times 3 rounds, "
        "of slow peers the only one.",
    )


def _judged(name: str, cost: dict[str, float]) -> str:
    """What is asked of a contestant, or of revtui beside it, and whether it is so."""
    if name in SLOWER:
        ours, most = SLOWER[name]
        times = cost[name] / cost[ours]
        return f"revtui ≥ {most}× as fast: {times:,.0f}×, {_said(times >= most)}"
    if name not in TARGETS:
        return ""
    rate, most = TARGETS[name]
    said = [f"≥ {rate} M/s: {_said(1e-6 / cost[name] >= rate)}"]
    if most is not None:
        said.append(f"≤ {most}× the limit: {_said(cost[name] / cost['limit'] <= most)}")
    return ", ".join(said)


def _said(met: bool) -> str:
    return "met" if met else "MISSED"


def _files(folder: str) -> Table:
    rows = []
    for name, title, reader, most in FILES:
        ours = min((_run(f"file {name}", folder) for _ in range(ROUNDS)), key=lambda result: result["cpu"])
        read = min(_run(f"read {name}", folder)["cpu"] for _ in range(ROUNDS))
        rate = ours["events"] / ours["cpu"] / 1e6
        times = ours["cpu"] / read
        must = "" if most is None else f"≤ {most}×: {_said(times <= most)}"
        rows.append((title, f"{rate:.2f}", reader, f"{times:.2f}", f"{ours['peak_mib']:,.0f}", must))
    return Table(
        title="Files to KPIs",
        columns=("file", "million events per CPU s", "the same bytes by", "times that", "peak MiB", "must"),
        rows=rows,
        note="The same events as files, read, admitted and counted as `revtui windows` does, in its process but for "
        "its start; one thread.",
    )


def _measured(name: str, folder: str, title: str) -> Table:
    figures = _run(name, folder)
    return Table(
        title=title,
        columns=("what", "measured", "must"),
        rows=[tuple(row) for row in figures["rows"]],
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
