"""What `core.text` does, for columns."""

from typing import TypeVar

import numpy as np
import polars as pl

from revtui.core.text import PICTURES, REPLACED

_Text = TypeVar("_Text", pl.Expr, pl.Series)


def sanitised(column: _Text) -> _Text:
    """`sanitise` for a String column, as an expression or at once; nulls stay null."""
    return column.str.replace_all(f"[{REPLACED}]", "\ufffd").str.replace_many(PICTURES)


def all_plain(column: pl.Series) -> bool:
    """Whether every value is made of visible ASCII alone: nothing to strip, nothing to sanitise.

    Looks at all the bytes at once; for columns that fit the processor's cache nothing is cheaper.
    """
    joined = np.frombuffer(column.str.join("").item().encode(), np.uint8)
    return not joined.size or bool(joined.min() > 0x20 and joined.max() < 0x7F)
