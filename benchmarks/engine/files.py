"""Files to KPIs: the way of `revtui windows`, beside polars that only reads the same bytes."""

import time
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.engine.settings import monitor_settings, settings
from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.files import file_source
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.shape import RowShape
from revtui.core.events import AdmissionPolicy
from revtui.engine.batchrun import run_finite

READERS: Final = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}
"""By the ending of the file."""
_SYNTAX: Final = {"csv": Syntax.CSV, "jsonl": Syntax.JSON_LINES}


def windows(path: Path, hop_seconds: int) -> tuple[float, int]:
    """CPU seconds, and rows read."""
    shape = RowShape(source=path.name, defaults=AdmissionPolicy())
    syntax = _SYNTAX.get(path.suffix[1:])
    source = ParquetSource(path, shape) if syntax is None else file_source(path, shape, syntax=syntax)
    start = time.process_time()
    outcome = run_finite([source], monitor_settings(settings(hop_seconds)))
    assert outcome.rows.height
    return time.process_time() - start, outcome.accounting.read


def read(path: Path) -> tuple[float, int]:
    """CPU seconds, and rows read."""
    start = time.process_time()
    height = READERS[path.suffix[1:]](path).height
    return time.process_time() - start, height
