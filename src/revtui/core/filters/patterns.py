"""Text comparisons as patterns of the one regex engine (Rust's, through polars).

The engine is linear in the text, so no pattern can hang. Everything a query compares as text goes
through it, so that a row alone and a column of ten thousand are judged alike, in any script.
"""

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from revtui.core.filters.syntax import Operator, Pattern, Text, Value

_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$#&\-~]")
_COMPLAINT: Final = re.compile(r"^error: (.+)$", re.MULTILINE)


def patterns_of(operator: Operator, values: Sequence[Value]) -> tuple[str, ...]:
    """Patterns of which one must be found in a text for the values to match it."""
    regexes = [_regex(value) for value in values if isinstance(value, Pattern)]
    texts = [_whole_or_part(operator, value) for value in values if isinstance(value, Text)]
    return (*([f"(?is)(?:{'|'.join(texts)})"] if texts else []), *regexes)


def searched_patterns(value: Text | Pattern) -> tuple[str, ...]:
    """The same for a bare word, phrase or regex, which may stand anywhere."""
    if isinstance(value, Pattern):
        return (_regex(value),)
    return (f"(?is){_escaped(value)}",)


def complaint_about(pattern: Pattern) -> str | None:
    """What the engine has against a regex; None when it takes it."""
    try:
        pl.Series([""]).str.contains(_regex(pattern))
    except pl.exceptions.ComputeError as refused:
        found = _COMPLAINT.search(str(refused))
        return found[1] if found else "it is too large"
    return None


def _regex(pattern: Pattern) -> str:
    return f"(?i){pattern.source}" if pattern.ignore_case else pattern.source


def _whole_or_part(operator: Operator, value: Text) -> str:
    """`:` finds a part, a glob covers the whole text, an empty value means an empty text."""
    if operator is Operator.HAS and value.text and not value.glob:
        return _escaped(value)
    if operator is not Operator.HAS:
        value = Text(text=value.text)
    return rf"\A{_escaped(value)}\z"


def _escaped(value: Text) -> str:
    pieces = value.text.split("*") if value.glob else [value.text]
    return ".*".join(_SPECIAL.sub(r"\\\g<0>", piece) for piece in pieces)
