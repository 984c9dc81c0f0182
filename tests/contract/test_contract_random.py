"""Random shops against the oracle: every row, every column, and the accounting."""

from pathlib import Path
from random import Random

import pytest
from event_files import FORMATS, Written, write
from judging import check, windows
from oracle import Options
from random_events import random_options, random_sources

QUICK = (2, 6, 14, 16, 36, 38)
"""Chosen to be unlike each other: formats, several sources, late and frozen, hops, rules, currencies."""


def made(seed: int) -> tuple[list[Written], Options, str]:
    """Files, options and the number of rows to be read at once."""
    rng = Random(seed)
    options = random_options(rng)
    sources = random_sources(rng, options)
    files = [
        write(rows, f"f{place}", rng.choice(FORMATS), rng, options.timezone)
        for place, rows in enumerate(sources)
    ]
    return files, options, rng.choice(["1", "7", "1000", "50000"])


@pytest.mark.parametrize("seed", QUICK)
@pytest.mark.fault("F45", "F49", "F51", "F53", "F54", "F55", "F56", "F63")
def test_a_random_shop_comes_out_as_the_contract_has_it(seed: int, tmp_path: Path) -> None:
    files, options, batch_rows = made(seed)
    check(files, options, tmp_path, "--batch-rows", batch_rows)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 11, *range(100, 180)])
def test_many_random_shops_come_out_as_the_contract_has_it(seed: int, tmp_path: Path) -> None:
    files, options, batch_rows = made(seed)
    check(files, options, tmp_path, "--batch-rows", batch_rows)


def test_results_do_not_depend_on_how_events_were_batched(tmp_path: Path) -> None:
    files, options, _ = made(14)
    found = [windows(files, options, tmp_path, "--batch-rows", rows) for rows in ("1", "7", "1000", "50000")]
    assert found[0][0].status == 0, found[0][0].err
    assert len(found[0][0].out.splitlines()) > 500
    assert all(run.out == found[0][0].out and summary == found[0][1] for run, summary in found)
