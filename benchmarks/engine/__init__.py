"""The windowing engine beside its limit and its peers, each in a process of its own, on one core.

stream ──> files (events.parquet and day.parquet as admitted; raw.csv, raw.jsonl, raw.parquet; ten.csv)
contestant, in its own process ──> CPU seconds, peak memory; the same figures as revtui? ──> one table
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.engine.contestants import CONTESTANTS, HOPS, LIMIT, PEERS, Contestant
from benchmarks.processes import Cost, once, python
from benchmarks.tables import Table, at_least, at_most

RATES: Final = {
    "revtui 60 10000": (2.2, 16),
    "revtui 60 100000": (3.0, 11),
    "revtui 10 10000": (1.0, None),
    "revtui 5 10000": (0.6, None),
}
"""At least so many million events per CPU second, at most so many times the limit."""
SLOWER: Final = {"bytewax": 10, "spark": 20, "pandas day": 50}
"""Peers, and how many times faster revtui must be."""
DAYS: Final = "revtui day"
HOURS: Final = "revtui 60 10000"
"""What peers are compared with, over a day and over an hour."""
FILES: Final = (
    ("csv", "CSV", "polars.read_csv", 3.2),
    ("jsonl", "JSON lines", "polars.read_ndjson", 2.0),
    ("parquet", "Parquet", "polars.read_parquet", None),
)
"""Ending, name, what polars reads it with, and at most so many times its CPU time."""
ROUNDS: Final = 3
"""Processes, taken in turns, of which the best counts."""
TEN_MILLION_PEAK_MIB: Final = 500
_LAST_WORDS: Final = 5


def tables() -> Iterator[Table]:
    with tempfile.TemporaryDirectory(prefix="revtui-bench-") as folder:
        _run("stream", folder)
        yield _race(folder)
        yield _files(folder)
        yield _ten_million(Path(folder))
        yield _endured(
            ("ticks",),
            "100,000 events/s for 60 s: ticks",
            "10,000 admitted events of 200,000 users every 100 ms to the live monitor: engine, rules, alerts, history "
            "of rows, and four pictures a second. A tick is everything that is done for its rows.",
        )
        yield _endured(
            ("memory",),
            "10,000 events/s: memory",
            "The live monitor after 23 h at 10 events/s and 40 min at 10,000 events/s: a duplicates horizon of "
            "10 min, so that the ids of 10 to 20 min are remembered; 200,000 users; the rows of 24 h. Resident set of "
            "the whole process, which also makes the events.",
        )
        yield _endured(
            ("growth",),
            "A day of event time: growth",
            "2,000 events a minute and a tick a minute, the engine alone; a tick is the median of its hour. In the first "
            "two hours the two generations of remembered ids fill.",
        )
        yield _endured(
            ("silence live", "silence finite"),
            "A year of event time without an event",
            "2,000 events, and as many a year later; windows hop by a minute. Live, freshness alerts go by the clock; "
            "finite, by event time. Every row is judged and says why; frames are made.",
        )
        yield _endured(
            ("restart",),
            "Start from a checkpoint",
            "From the bytes of the log of ids and of the state to the row of the open window.",
        )


# --- from memory ---


def _race(folder: str) -> Table:
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTESTANTS}
    absent: dict[str, str] = {}
    for turn in range(ROUNDS):
        for name, contestant in CONTESTANTS.items():
            if missing := contestant.missing():
                absent[name] = f"absent: no {' and no '.join(missing)}"
            elif not turn or (contestant.repeats and name not in absent):
                try:
                    results[name].append(_run(name, folder))
                except subprocess.CalledProcessError as error:
                    absent[name] = f"failed: {error.stderr.strip().splitlines()[-1]}"
    cost = {
        name: min(result["cpu"] / result["events"] for result in found)
        for name, found in results.items()
        if found
    }
    return Table(
        title="Events to KPIs, from memory",
        columns=(
            "who",
            "lacks",
            "rows as revtui's",
            "million events per CPU s",
            "ns an event",
            "times the limit",
            "revtui is faster",
            "peak MiB",
            "must",
        ),
        rows=[
            _raced(name, contestant, cost, results[name])
            if results[name]
            else (contestant.title, _lacks(contestant), absent[name], *[""] * 6)
            for name, contestant in CONTESTANTS.items()
        ],
        note="1,000,000 events of one hour, 200,000 users, 4 gateways; 0.5 % redelivered, 10 % up to 60 s out of order, "
        "0.2 % 90 to 600 s late. Windows of 5 minutes, every minute if not said otherwise, overall and per gateway, "
        "with everything that revtui computes: counts, exact money, fail rate, mean and exact p95 latency, exact "
        "distinct users of 30 minutes, duplicates, and rows at close and again when events come late, judged by three "
        "rules. Over a day: as many events in 24 hours, the rate for which the classic monitors were made.\n\n"
        "Each contestant runs in a process of its own with one thread, its events loaded and its own helpers started "
        "before it is measured; CPU time is that of all its threads and processes, peak memory includes the events. "
        f"The best of 3 rounds (the classic loop and bytewax: of one), of revtui and the limit of {ROUNDS} such "
        "processes. *Rows as revtui's*: every contestant also computes each 20th event, without what it cannot deal "
        "with (duplicates, late events), and its rows are held against revtui's in every figure that it has; "
        "a row that it does not have, at either end of the stream, counts as not the same. *revtui is faster*: so many "
        "times, at 10,000 rows a batch.",
    )


def _raced(
    name: str, contestant: Contestant, cost: dict[str, float], results: list[dict[str, Any]]
) -> tuple[str, ...]:
    own = cost[name]
    ours = cost.get(DAYS if contestant.stream == "day" else HOURS)
    is_peer = name in PEERS
    return (
        contestant.title,
        _lacks(contestant),
        _compared(results[0]) if is_peer else "",
        f"{1e-6 / own:.2f}",
        f"{own * 1e9:,.0f}",
        f"{own / cost[LIMIT]:,.1f}" if LIMIT in cost else "",
        f"{own / ours:,.1f}×" if is_peer and ours is not None else "",
        f"{min(result['peak_mib'] for result in results):,.0f}",
        _asked(name, own, cost.get(LIMIT), ours),
    )


def _lacks(contestant: Contestant) -> str:
    return ", ".join(contestant.lacks)


def _compared(result: dict[str, Any]) -> str:
    found = result["compared"]
    said = f"{found['same']:,} of {found['ours']:,}"
    return f"{said}, {found['different']:,} DIFFER" if found["different"] else said


def _asked(name: str, own: float, limit: float | None, ours: float | None) -> str:
    """What is asked of a contestant, or of revtui beside it, and whether it is so."""
    if name in SLOWER and ours is not None:
        return f"revtui {at_least(own / ours, SLOWER[name], '{}×')}"
    if name not in RATES:
        return ""
    rate, most = RATES[name]
    said = [at_least(1e-6 / own, rate, "{} M/s")]
    if most is not None and limit is not None:
        said.append(at_most(own / limit, most, "{}× the limit"))
    return ", ".join(said)


# --- from files ---


def _files(folder: str) -> Table:
    rows = []
    for ending, title, reader, most in FILES:
        read = min(_run(f"read {ending}", folder)["cpu"] for _ in range(ROUNDS))
        for hop in HOPS:
            found = (_run(f"file {ending} {hop}", folder) for _ in range(ROUNDS))
            ours = min(found, key=lambda result: result["cpu"])
            times = ours["cpu"] / read
            rows.append(
                (
                    f"{title}, hop {hop} s",
                    f"{ours['events'] / ours['cpu'] / 1e6:.2f}",
                    f"{ours['cpu'] / ours['events'] * 1e9:,.0f}",
                    f"{times:.2f}× {reader}",
                    f"{ours['peak_mib']:,.0f}",
                    at_most(times, most, "{}×") if most is not None and hop == HOPS[0] else "",
                )
            )
    return Table(
        title="Files to KPIs",
        columns=(
            "file",
            "million events per CPU s",
            "ns an event",
            "beside polars alone",
            "peak MiB",
            "must",
        ),
        rows=rows,
        note="The same million events as files: read, admitted and counted as `revtui windows` does it, without the start "
        f"of the program; beside polars that only reads the same bytes. One thread; the best of {ROUNDS}, CPU time.",
    )


def _ten_million(folder: Path) -> Table:
    _run("ten", str(folder))
    ten, one = folder / "ten.csv", folder / "one.csv"
    with ten.open(encoding="utf-8") as lines:
        one.write_text(next(lines) + next(lines), encoding="utf-8")
    start = once(["windows", str(one), "-o", os.devnull])
    ours = once(["windows", str(ten), "-o", os.devnull])
    read = python(f"import polars; assert polars.read_csv({str(ten)!r}).height == 10_000_000")
    times = ours.cpu / read.cpu

    def row(what: str, cost: Cost, *rest: str) -> tuple[str, ...]:
        return (
            what,
            f"{cost.wall:.1f}",
            f"{cost.cpu:.1f}",
            f"{cost.cpu / read.cpu:.2f}×",
            f"{cost.peak_mib:,.0f}",
            *rest,
        )

    return Table(
        title="Ten million events of CSV",
        columns=("what", "wall s", "CPU s", "beside polars.read_csv", "peak MiB", "must"),
        rows=[
            row("polars.read_csv", read, ""),
            row(
                "revtui windows",
                ours,
                f"{at_most(times, 3.2, '{}×')}, {at_most(ours.peak_mib, TEN_MILLION_PEAK_MIB, '{} MiB')}",
            ),
            row("revtui windows, of a file of one event", start, ""),
        ],
        note=f"{ten.stat().st_size / 2**20:,.0f} MiB, ten hours; the rows go to {os.devnull}. Whole processes with their "
        "start, as many threads as they take; once.",
    )


# --- what lasts ---


def _endured(names: Sequence[str], title: str, note: str) -> Table:
    return Table(
        title=title,
        columns=("what", "measured", "in proportion", "must"),
        rows=[tuple(row) for name in names for row in _run(name, "")["rows"]],
        note=note,
    )


def _run(name: str, folder: str) -> dict[str, Any]:
    """What one contestant reports.

    Raises:
        subprocess.CalledProcessError: when it failed; with what it said.
    """
    one_thread = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.engine", name, folder],
        env={**os.environ, **one_thread},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{name}:", *done.stderr.splitlines()[-_LAST_WORDS:], sep="\n  ", file=sys.stderr)
        done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])
