"""When, with what and on what something was measured, in a line."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("revtui", "polars", "numpy", "pandas", "textual", "duckdb", "bytewax", "pyspark")
BUSY = 1.5
"""A load above this means that others were at work."""


def conditions() -> str:
    """As 2026-11-25; revtui 0.1.0, Python 3.11.7, polars 2.1.0; 2 cores, 24 GiB."""
    found = [f"{name} {known}" for name in PACKAGES if (known := _version(name))]
    with_what = ", ".join([found[0], f"Python {platform.python_version()}", *found[1:]])
    return f"{datetime.now(UTC):%Y-%m-%d}; {with_what}; {_machine()}."


def busy() -> str:
    """What to think of wall times when others were at work; empty: nothing."""
    load = os.getloadavg()[1]  # of five minutes
    if load <= BUSY:
        return ""
    return f"The machine was busy (load {load:.1f}): believe CPU times and ratios, not wall times."


def _machine() -> str:
    pages = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1]) / 2**20
    return f"{os.cpu_count()} cores, {round(pages / 4 + 0.499) * 4} GiB"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
