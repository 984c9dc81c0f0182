"""Foreign files, mapped by expressions: the money of a product of floats is exact to the minor unit."""

import csv
import io
from pathlib import Path
from random import Random

import pytest
from event_files import Written
from judging import check
from oracle import Options
from oracle_fields import Record

MAP = """\
timezone = "Europe/London"
currency = "GBP"

[map]
event_id = "InvoiceNo || '-' || StockCode"
event_ts = "InvoiceDate"
event_type = "CASE WHEN Quantity < 0 THEN 'refund' ELSE 'purchase' END"
amount = "Quantity * UnitPrice"
user_id = "CustomerID"
gateway_name = "Country"
"""
COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)


def invoices(count: int = 150) -> tuple[bytes, list[Record | None]]:
    """A retailer's lines, and the events that they must become."""
    rng = Random(21)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    records: list[Record | None] = []
    for place in range(count):
        quantity = rng.choice([1, 2, 3, 6, 12, 100, -1, -6])
        price = rng.choice(["2.55", "0.1", "3.39", "7.65", "4.25", "0.0", "1.005", "19.99"])
        when = f"2026-03-2{8 + place // 75} 0{place % 75 // 25}:{rng.randrange(60):02d}:00"
        customer, country = (
            rng.choice(["17850", "13047", ""]),
            rng.choice(["France", "EIRE", "United Kingdom"]),
        )
        stock = f"S{rng.randrange(40)}"
        writer.writerow([f"I{place // 2}", stock, "A, B", quantity, when, price, customer, country])
        records.append(
            {
                "event_id": f"I{place // 2}-{stock}",
                "event_ts": when,
                "event_type": "refund" if quantity < 0 else "purchase",
                "amount": quantity * float(price),
                "user_id": customer,
                "gateway_name": country,
            }
        )
    return text.getvalue().encode(), records


@pytest.mark.parametrize("beside", [True, False])
def test_a_mapped_file_gives_the_windows_of_what_it_means(beside: bool, tmp_path: Path) -> None:
    data, records = invoices()
    name = "invoices.map.toml" if beside else "other.toml"
    (tmp_path / name).write_text(MAP)
    options = Options(currency="GBP", timezone="Europe/London", bound=120_000_000)
    more = [] if beside else ["--map", name]
    expected, _ = check([Written(name="invoices.csv", data=data, records=records)], options, tmp_path, *more)
    assert expected.summary["quarantined"] > 0
    assert any(row["refunds"] != "0.00" for row in expected.rows)
