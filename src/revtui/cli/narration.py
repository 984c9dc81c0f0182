"""Sentences about a run, for people on stderr."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from revtui.cli.streams import say

if TYPE_CHECKING:
    from revtui.core.events import Accounting
    from revtui.engine.intake import Intake


def say_what_lacks(intakes: Iterable["Intake"]) -> None:
    """Say what the configuration asks for and no event had."""
    for intake in intakes:
        if intake.lack:
            say(f"{intake.source.name}: {intake.lack}")


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
