"""A snapshot as bytes in each format that `revtui snapshot` offers."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from revtui.cli.snapshot import Form
from revtui.cli.taking import Taken
from revtui.core.errors import UsageError
from revtui.core.filters import matching, parse
from revtui.export.snapshot_csv import to_csv
from revtui.export.snapshot_json import to_json
from revtui.export.snapshot_md import to_markdown
from revtui.tui.headless import frame, png
from revtui.views.ledger import fold
from revtui.views.overview import build

Data = Literal["json", "md", "csv"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the frame is to be drawn."""

    size: tuple[int, int]
    """Columns and rows."""
    tab: str
    theme: str
    query: str
    """A filter for the alerts; empty shows all."""
    ascii_only: bool


def refuse_missing_extra(form: Form) -> None:
    """Say before anything is read what cannot be rendered.

    Raises:
        UsageError: for PNG without its extra.
    """
    if form == "png" and find_spec("resvg_py") is None:
        raise UsageError("PNG needs the extra `png`", hint="pip install resvg-py, or use --format svg")


def render(taken: Taken, form: Form, look: Look) -> bytes:
    """The snapshot in a format, UTF-8 where it is text.

    Raises:
        UsageError: for an unknown theme.
    """
    match form:
        case "json" | "md" | "csv":
            return _data(taken, form, look.query).encode()
        case "png":
            return png(_frame(taken, "svg", look))
        case _:
            return _frame(taken, form, look).encode()


def _frame(taken: Taken, form: Literal["text", "ansi", "svg", "html"], look: Look) -> str:
    return frame(
        taken.snapshot,
        taken.transitions,
        size=look.size,
        format=form,
        tab=look.tab,
        theme=look.theme,
        query=look.query,
        ascii_only=look.ascii_only,
        no_color=bool(os.environ.get("NO_COLOR")),
    )


def _data(taken: Taken, form: Data, query: str) -> str:
    snapshot = taken.snapshot
    if form == "csv":
        return to_csv(snapshot)
    rows = fold(
        taken.transitions,
        now=snapshot.taken_at,
        source=snapshot.sources[0].name if len(snapshot.sources) == 1 else "",
        currency=snapshot.currency,
        rules=snapshot.rules,
        alerts=snapshot.alerts,
        users_estimated=snapshot.users_estimated,
    )
    shown = matching(parse(query), rows, snapshot.taken_at) if query else rows
    overview = build(snapshot, now=snapshot.taken_at, alerts=rows)
    return to_json(snapshot, overview, shown) if form == "json" else to_markdown(snapshot, overview, shown)
