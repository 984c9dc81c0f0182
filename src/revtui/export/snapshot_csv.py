"""The CSV snapshot: the newest closed window, `*` first, then the gateways by name."""

import io

from revtui.engine.snapshot import Snapshot
from revtui.export.rows import RowFormat, write_rows


def to_csv(snapshot: Snapshot) -> str:
    """The public table of the newest closed window; the header alone before the first.

    Raises:
        UsageError: when the snapshot's currency is unknown.
    """
    out = io.BytesIO()
    write_rows(snapshot.judged, RowFormat.CSV, out, currency=snapshot.currency)
    return out.getvalue().decode()
