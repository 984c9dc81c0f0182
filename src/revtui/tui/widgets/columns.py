"""Cells into columns: widths from the content, the least important columns give way first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from revtui.views.lines import Line
from revtui.views.palette import Role, Segment
from revtui.views.widths import fit, width_of

GAP: Final = 2
LEAST_NAME: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    title: str
    right: bool = True
    """Figures stand at the right."""
    rank: int = 0
    """Columns of high rank are left out first where there is no room; 0 stays."""
    most: int = 40
    """It is never wider than this."""


def widths_of(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> tuple[int, ...]:
    """The width of each column, 0 for those left out; together with the gaps at most `room`.

    The last column, if it is kept, takes what is left over.
    """
    wanted = [
        min(max(width_of(column.title), *(width_of(row[index]) for row in rows), 0), column.most)
        if rows
        else width_of(column.title)
        for index, column in enumerate(columns)
    ]
    kept = set(range(len(columns)))
    for index in sorted(kept, key=lambda index: -columns[index].rank):
        if sum(wanted[i] + GAP for i in kept) - GAP <= room or columns[index].rank == 0:
            break
        kept.discard(index)
    over = sum(wanted[i] + GAP for i in kept) - GAP - room
    for index in sorted(kept, key=lambda index: -wanted[index]):  # names give way, figures do not
        if over > 0 and not columns[index].right:
            given = min(over, wanted[index] - LEAST_NAME)
            wanted[index], over = wanted[index] - max(given, 0), over - max(given, 0)
    widths = [wanted[index] if index in kept else 0 for index in range(len(columns))]
    spare = room - sum(width + GAP for width in widths if width) + GAP
    if kept and max(kept) == len(columns) - 1 and not columns[-1].right:
        widths[-1] = max(widths[-1] + spare, 0)
    return tuple(widths)


def table_line(
    columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str], roles: Sequence[Role]
) -> Line:
    """One row: cells in their columns, each in its role."""
    line: list[Segment] = []
    for column, width, cell, look in zip(columns, widths, cells, roles, strict=True):
        if width:
            line += [(fit(cell, width, right=column.right), look), (" " * GAP, Role.TEXT)]
    return tuple(line[:-1])
