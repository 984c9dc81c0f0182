"""A table of figures, as text and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one benchmark found."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    """How it was measured."""


def at_most(value: float, most: float, text: str = "{}") -> str:
    """The upper bound that must hold, and whether it does; `text` gives it its unit."""
    return f"≤ {text.format(most)}: {'met' if value <= most else 'MISSED'}"


def at_least(value: float, least: float, text: str = "{}") -> str:
    """The lower bound that must hold, and whether it does."""
    return f"≥ {text.format(least)}: {'met' if value >= least else 'MISSED'}"


def markdown(table: Table) -> str:
    """The table with its title and note; the first column is text, the others are figures."""
    cells = [table.columns, *table.rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(table.columns))]

    def line(row: Sequence[str]) -> str:
        first, *rest = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "| " + " | ".join([first, *rest]) + " |"

    rules = ["-" * width if place == 0 else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
    note = f"\n{table.note}\n" if table.note else ""
    return "\n".join([f"### {table.title}", note, line(table.columns), line(rules), *map(line, table.rows)])
