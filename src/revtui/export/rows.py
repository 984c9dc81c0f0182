"""Rows written for other programs: CSV, JSON lines, Parquet, or an aligned table.

| format  | times, money               | other numbers                         | no data |
|---------|----------------------------|---------------------------------------|---------|
| csv     | text, decimal text         | shortest text that reads back the same | empty  |
| jsonl   | strings                    | the same text                          | null   |
| parquet | Datetime(us, UTC), Decimal(38, e) | Int64, Float64, Boolean         | null   |
| table   | as csv, aligned by spaces  | as csv                                 | empty  |

e is the number of decimals of the currency. Lines end in a newline, text is UTF-8.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import IO

import polars as pl

from revtui.core.kpis import PUBLIC_COLUMNS
from revtui.core.money import exponent
from revtui.views.records import MONEY_COLUMNS, TIME_COLUMNS, rows_frame
from revtui.views.widths import fit, width_of


class RowFormat(StrEnum):
    """How rows can be written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TABLE = "table"


def write_rows(rows: pl.DataFrame, form: RowFormat, out: IO[bytes], *, currency: str) -> None:
    """Write rows (ROW_SCHEMA) to a binary stream, which stays open.

    Args:
        rows: In the order in which they are to be written.
        form: The format.
        out: Where to.
        currency: ISO 4217 code of the money in `rows`.

    Raises:
        UsageError: when the currency is unknown.
    """
    if form is RowFormat.PARQUET:
        typed_frame(rows, currency).write_parquet(out)
        return
    frame = rows_frame(rows, currency)
    match form:
        case RowFormat.CSV:
            empty_reason = pl.col("alert_reason").replace("", None)  # "" would be written with quotes
            frame.with_columns(empty_reason).write_csv(out)
        case RowFormat.JSONL:
            frame.write_ndjson(out)
        case RowFormat.TABLE:
            out.writelines(line.encode() + b"\n" for line in _table(frame))


def typed_frame(rows: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The public table in types that databases know: Datetime(us, UTC) and Decimal(38, e)."""
    money = pl.Decimal(38, exponent(currency))
    return rows_frame(rows, currency).with_columns(
        *(pl.col(name).cast(money) for name in MONEY_COLUMNS),
        *(rows.get_column(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") for name in TIME_COLUMNS),
    )


def _table(frame: pl.DataFrame) -> Iterator[str]:
    """Aligned columns, two spaces apart; text to the left, numbers to the right."""
    text = frame.with_columns(pl.col(pl.Boolean).cast(pl.String)).cast(pl.String).fill_null("")
    columns = [text.get_column(name).to_list() for name in PUBLIC_COLUMNS]
    right = [name in MONEY_COLUMNS or frame.schema[name].is_numeric() for name in PUBLIC_COLUMNS]
    widths = [
        max(map(width_of, [name, *column])) for name, column in zip(PUBLIC_COLUMNS, columns, strict=True)
    ]
    for cells in [PUBLIC_COLUMNS, *zip(*columns, strict=True)]:
        fitted = (fit(cell, width, right=r) for cell, width, r in zip(cells, widths, right, strict=True))
        yield "  ".join(fitted).rstrip()
