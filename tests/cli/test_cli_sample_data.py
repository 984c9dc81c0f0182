"""The sample data do what the README says of them."""

import csv
import io
import json
from pathlib import Path

import pytest

from black_box import revtui

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"


def windows(*arguments: str) -> list[dict[str, str]]:
    done = revtui("windows", *arguments)
    assert done.status == 0, done.err
    return list(csv.DictReader(io.StringIO(done.text)))


def test_a_mapped_file_is_reported_in_its_own_currency() -> None:
    name = str(SAMPLE_DATA / "online_retail_2011-11.csv")
    every_five = {
        row["window_end"]: row for row in windows(name, "--hop", "5m") if row["gateway_name"] == "*"
    }
    with Path(name).open() as file:
        amounts = [(row["InvoiceNo"], round(float(row["Amount"]) * 100)) for row in csv.DictReader(file)]
    revenue = sum(amount for number, amount in amounts if not number.startswith("C"))
    refunds = -sum(amount for number, amount in amounts if number.startswith("C"))
    assert sum(round(float(row["revenue"]) * 100) for row in every_five.values()) == revenue
    assert sum(round(float(row["refunds"]) * 100) for row in every_five.values()) == refunds


def test_a_currency_that_was_asked_for_is_kept_and_other_money_excluded() -> None:
    rows = windows(str(SAMPLE_DATA / "online_retail_2011-11.csv"), "--hop", "5m", "--currency", "EUR")
    assert {row["revenue"] for row in rows} == {"0.00"}


def test_the_taxi_day_counts_every_ride(tmp_path: Path) -> None:
    name = str(SAMPLE_DATA / "green_taxi_2025-01-15.csv")
    summary = tmp_path / "summary.json"
    windows(name, "--summary", str(summary))
    accounting = json.loads(summary.read_text())
    with Path(name).open() as file:
        assert accounting["read"] == accounting["counted"] == sum(1 for _ in file) - 1


@pytest.mark.slow
def test_the_incident_day_is_written_byte_for_byte_by_its_recipe(tmp_path: Path) -> None:
    from make_sample_data import write_history, write_incident_day

    write_incident_day(tmp_path)
    write_history(tmp_path)
    for name in ("incident_day.csv", "incident_day_truth.json", "incident_day_history.parquet"):
        assert (tmp_path / name).read_bytes() == (SAMPLE_DATA / name).read_bytes(), name


def test_no_sample_is_larger_than_three_megabytes() -> None:
    assert all(path.stat().st_size < 3_000_000 for path in SAMPLE_DATA.iterdir())
