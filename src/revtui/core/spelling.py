"""The nearest of the words that are known: what a person who misspelt one may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LEAST_LIKENESS: Final = 0.6
_LONGEST: Final = 60
"""Nobody misspells a word of more characters, and comparing long texts takes long."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, capitals aside; None when none is near.

    >>> nearest("LENGHT", ["length", "hop"]), nearest("x", ["length", "hop"])
    ('length', None)
    """
    if len(word) > _LONGEST:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=_LEAST_LIKENESS)
    return by_folded[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """What is put behind an error: `; did you mean length?`, or nothing when no known word is near.

    >>> suggestion("lenght", ["length", "hop"])
    '; did you mean length?'
    """
    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""
