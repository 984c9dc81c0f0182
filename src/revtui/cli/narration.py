"""Sentences about a run, for people on stderr."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from revtui.core.events import Accounting


def where_rows_went(accounting: "Accounting") -> str:
    """Why there is nothing to show, when no event counted."""
    if not accounting.read:
        return "no rows were read"
    parts = {
        "quarantined": accounting.quarantined,
        "filtered (another event_type)": accounting.filtered,
        "late": accounting.late,
        "duplicate": accounting.duplicate,
    }
    told = ", ".join(f"{count:,} {name}" for name, count in parts.items() if count)
    return f"of {accounting.read:,} rows: {told}"
