"""How long until there is something to see: `--version`, `--help`, a snapshot, the monitor's first figures."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.processes import environment, monitor, once
from benchmarks.tables import Table

TIMES = 5
FIRST_FIGURE = re.compile(rb"\$[0-9][0-9,]*\.")
HEAVY = (
    "polars",
    "numpy",
    "textual",
    "cyclopts",
    "pydantic",
    "plotext",
    "rich",
    "tomlkit",
    "pandas",
    "prophet",
)
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| *(\S+)")


def tables() -> Iterator[Table]:
    yield Table(
        title="Start",
        columns=("what", "wall best of 5, s", "CPU best of 5, s", "peak MiB"),
        rows=[
            *(_headless(words) for words in (["--version"], ["--help"], ["snapshot", "sim:?duration=10m"])),
            _first_figure(),
        ],
        note="The monitor through a pseudo-terminal of 120x40, until the first amount of money is on the screen.",
    )
    yield Table(
        title="Imports of the monitor",
        columns=("package", "own time, ms"),
        rows=_imports(),
        note="By `-X importtime`, which makes every import a little slower.",
    )


def _headless(words: list[str]) -> tuple[str, ...]:
    costs = [once(words) for _ in range(TIMES)]
    return (
        f"`revtui {' '.join(words)}`",
        f"{min(cost.wall for cost in costs):.2f}",
        f"{min(cost.cpu for cost in costs):.2f}",
        f"{min(cost.peak_mib for cost in costs):.0f}",
    )


def _first_figure() -> tuple[str, ...]:
    walls, cpus = [], []
    for _ in range(TIMES):
        started = time.monotonic()
        with monitor() as process:
            process.until(lambda: FIRST_FIGURE.search(process.written))
            walls.append(time.monotonic() - started)
            cpus.append(process.cpu_seconds)
    return ("`revtui`, first figures", f"{min(walls):.2f}", f"{min(cpus):.2f}", "")


def _imports() -> list[tuple[str, str]]:
    script = "from revtui.cli import build, saving; import revtui.engine.runtime, revtui.tui.launch, revtui.tui.app"
    outcome = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    own: dict[str, int] = {}
    for line in outcome.stderr.splitlines():
        if found := _IMPORT.match(line):
            package = found[3].partition(".")[0]
            own[package] = own.get(package, 0) + int(found[1])
    worst = sorted(own.items(), key=lambda item: -item[1])[:10]
    absent = [name for name in HEAVY if name not in own]
    return [
        *((f"`{name}`", f"{us / 1000:.0f}") for name, us in worst),
        ("all", f"{sum(own.values()) / 1000:.0f}"),
        (f"not imported: {', '.join(absent)}", ""),
    ]
