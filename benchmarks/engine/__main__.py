"""`python -m benchmarks.engine NAME FOLDER`: one contestant or measure, in this process; its figures as JSON.

NAME: `stream` and `ten` write what the others read; a contestant; `file ENDING HOP` and `read ENDING`; or a
measure of `endurance`, which needs no folder.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from benchmarks.engine import stream
from benchmarks.engine.contestants import CONTESTANTS, PEERS
from benchmarks.engine.figures import compare


def measured(name: str, folder: Path) -> dict[str, Any]:
    kind, *rest = name.split()
    if kind == "stream":
        stream.write(folder)
        return {}
    if kind == "ten":
        stream.write_ten_million(folder)
        return {}
    contestant = CONTESTANTS.get(name)
    if contestant is not None and name in PEERS:
        return contestant.run(folder) | {"compared": compare(contestant, folder)}
    _as_revtui_does()
    if contestant is not None:
        return contestant.run(folder)
    if kind in {"file", "read"}:
        from benchmarks.engine import files

        path = folder / f"raw.{rest[0]}"
        cpu, events = files.read(path) if kind == "read" else files.windows(path, int(rest[1]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"cpu": cpu, "events": events, "peak_mib": peak}
    from benchmarks.engine.endurance import MEASURES

    return {"rows": MEASURES[name]()}


def _as_revtui_does() -> None:
    """The command line asks this of the allocator at its start."""
    from revtui.adapters.allocator import keep_freed_memory

    keep_freed_memory()


print(json.dumps(measured(sys.argv[1], Path(*sys.argv[2:]))))
