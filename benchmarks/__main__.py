"""`python -m benchmarks [NAME...] [--into FILE]`: run the benchmarks named, or all, and print their tables.

With `--into` the tables also replace, in FILE, what stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

from benchmarks.conditions import busy, conditions
from benchmarks.tables import markdown

NAMES = ("engine", "startup", "screen", "alerts", "simulate")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure; one table per benchmark."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; default: all")
    parser.add_argument(
        "--into", type=Path, metavar="FILE", help="also replace the tables in this Markdown file"
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    names = arguments.names or list(NAMES)
    if len(names) > 1:  # each in a process of its own: some set the number of threads
        more = [] if arguments.into is None else ["--into", str(arguments.into)]
        return max(
            subprocess.run([sys.executable, "-m", "benchmarks", name, *more], check=False).returncode
            for name in names
        )
    _measure(names[0], arguments.into)
    return 0


def _measure(name: str, into: Path | None) -> None:
    if into is not None:
        _place(into.read_text(encoding="utf-8"), name, "")  # refused now rather than at the end
    parts = [conditions()]
    print(parts[0], end="\n\n", flush=True)
    for table in importlib.import_module(f"benchmarks.{name}").tables():
        parts.append(markdown(table))
        print(parts[-1], end="\n\n", flush=True)
    if said := busy():
        parts.append(said)
        print(said)
    if into is not None:
        text = _place(into.read_text(encoding="utf-8"), name, "\n\n".join(parts))
        into.write_text(text, encoding="utf-8")


def _place(text: str, name: str, tables: str) -> str:
    """The text with the tables of a benchmark replaced."""
    head, start, rest = text.partition(f"<!-- {name} -->\n")
    _, end, tail = rest.partition(f"<!-- /{name} -->")
    if not (start and end):
        raise SystemExit(
            f"no place for {name}: put <!-- {name} --> and <!-- /{name} --> on lines of their own"
        )
    return f"{head}{start}\n{tables}\n\n{end}{tail}"


if __name__ == "__main__":
    sys.exit(main())
