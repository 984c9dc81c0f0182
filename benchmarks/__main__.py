"""`python -m benchmarks [NAME...]`: run the benchmarks named, or all, and print their tables."""

import importlib
import os
import subprocess
import sys

from benchmarks.tables import markdown

NAMES = ("engine", "startup", "screen", "alerts", "simulate")


def main(chosen: list[str]) -> int:
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    names = chosen or list(NAMES)
    if len(names) > 1:  # each in a process of its own: some set the number of threads
        return max(
            subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode
            for name in names
        )
    for table in importlib.import_module(f"benchmarks.{names[0]}").tables():
        print(markdown(table), end="\n\n", flush=True)
    load = os.getloadavg()[0]
    if load > 1.5:
        print(f"The machine was busy (load {load:.1f}): believe CPU times and ratios, not wall times.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
