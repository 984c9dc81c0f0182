"""`python -m benchmarks.engine NAME FOLDER`: one contestant, in this process; its figures as JSON."""

import json
import resource
import sys
from pathlib import Path

from benchmarks.engine import measures
from benchmarks.engine.contestants import CONTESTANTS
from benchmarks.engine.stream import write
from revtui.adapters.allocator import keep_freed_memory


def main(name: str, folder: Path) -> None:
    keep_freed_memory()
    if name == "stream":
        write(folder)
        print("{}")
        return
    special = measures.MEASURES.get(name)
    if special is not None:
        print(json.dumps(special(folder)))
        return
    cpu, events = CONTESTANTS[name].run(folder) if name in CONTESTANTS else measures.file_run(name, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "events": events, "peak_mib": max(peak, children)}))


main(sys.argv[1], Path(sys.argv[2]))
