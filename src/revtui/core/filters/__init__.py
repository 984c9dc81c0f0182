"""The filter language: one parser for the screen, the command line and the API.

    text ──parse──> Query ──┬── predicate(query, now)   one row at a time
                            ├── expression(query, now)  a column of truth, for frames of ALERT_FRAME_SCHEMA
                            ├── select(query, frame, now), matching(query, rows, now)
                            └── describe, highlights    what stands in the title, and what to mark

    query = or ; or = and {"or" and} ; and = term {["and"] term} ; term = ["!"|"not"|"-"] (atom | "(" or ")")
    atom  = field op value{,value} | /regex/[i] | "phrase" | word | flag
    op    = : (contains, any of, glob *)   = != (exactly)   > >= < <=   ~ !~ (regex)

Rules kept here:
* A missing value matches nothing; its negation matches. There is no third truth.
* All text is compared by the same linear regex engine, without case unless a regex says otherwise:
  one row or ten thousand, the answer is the same, and no pattern can hang.
* A query that cannot be understood is a `FilterError` with the place where it went wrong.
"""

from revtui.core.filters.fields import ALERT_FRAME_SCHEMA, AlertLike, alert_frame
from revtui.core.filters.matching import expression, matching, predicate, select
from revtui.core.filters.parsing import parse
from revtui.core.filters.syntax import FilterError, Query, describe, highlights

__all__ = [
    "ALERT_FRAME_SCHEMA",
    "AlertLike",
    "FilterError",
    "Query",
    "alert_frame",
    "describe",
    "expression",
    "highlights",
    "matching",
    "parse",
    "predicate",
    "select",
]
