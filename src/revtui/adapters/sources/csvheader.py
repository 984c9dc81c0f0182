"""The header of a CSV file: which names it gives, which of them are wanted, and how to know it again.

Names are stripped of blanks around them and of a byte-order mark; case is as it stands. A nameless
column (such as the one a trailing comma makes) is read past. A name that stands twice is refused.

A line further down is a header again only when it holds, among names without repetition, every name
that is wanted from the header in force. If it names the same columns in the same order it is skipped
(files pasted together), else the columns are mapped anew from the next line on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from revtui.adapters.sources.records import Positions
from revtui.core.errors import SourceError
from revtui.core.text import sanitise

_MARK = "\ufeff"


@dataclass(frozen=True, kw_only=True)
class Header:
    """The columns of the lines below it."""

    names: tuple[str, ...]
    """Every column in order; nameless ones are empty."""
    wanted: tuple[int, ...]
    """Places of the columns to hand over, rising."""

    @cached_property
    def wanted_names(self) -> tuple[str, ...]:
        """Names of the columns to hand over."""
        return tuple(self.names[place] for place in self.wanted)

    @cached_property
    def shortest(self) -> int:
        """No line of fewer bytes can hold the wanted names."""
        return sum(map(len, self.needles)) + len(self.needles) - 1

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """The wanted names as they stand in a file, so long as no quote is in them."""
        return tuple(name.replace('"', '""').encode() for name in self.wanted_names)

    def suspects(self, data: bytes) -> Positions:
        """A place in each line of `data` that holds every wanted name."""
        found: list[int] = []
        needle = max(self.needles, key=len, default=b"\n")  # the one that is rare in data
        place = data.find(needle) if self.needles else -1
        while place >= 0:
            start = data.rfind(b"\n", 0, place) + 1
            newline = data.find(b"\n", place)
            end = newline if newline >= 0 else len(data)
            if all(data.find(each, start, end) >= 0 for each in self.needles):
                found.append(place)
            place = data.find(needle, end)
        return np.array(found, np.int64)


def names_of(fields: Sequence[bytes]) -> tuple[str, ...] | None:
    """The names a line gives; None when it is not text."""
    try:
        texts = [field.decode() for field in fields]
    except UnicodeDecodeError:
        return None
    if texts:
        texts[0] = texts[0].removeprefix(_MARK)
    return tuple(text.strip() for text in texts)


def repeated(names: Sequence[str]) -> list[str]:
    """Names that stand more than once."""
    return sorted({name for name in names if name and names.count(name) > 1})


def header_again(fields: Sequence[bytes], header: Header) -> tuple[str, ...] | None:
    """The names of a line that is a header while `header` is in force; None for any other line."""
    names = names_of(fields)
    if names is None or not header.wanted or repeated(names):
        return None
    return names if set(header.wanted_names) <= set(names) else None


def check_names(names: tuple[str, ...] | None, source: str) -> tuple[str, ...]:
    """`names`, the first line of `source`, if they can be a header.

    Raises:
        SourceError: for a line that is not text, or a name that stands twice.
    """
    if names is None:
        raise SourceError(
            f"{source}: the header line is not UTF-8 text",
            hint="Convert the file to UTF-8, with names in its first line.",
        )
    if any("\0" in name for name in names):
        raise SourceError(
            f"{source}: the header line holds NUL bytes",
            hint="If the file is UTF-16, save it as UTF-8, or with a byte-order mark.",
        )
    if twice := repeated(names):
        raise SourceError(
            f"{source}: the header names {', '.join(sanitise(name) for name in twice)} more than once",
            hint="Give every column a name of its own in the first line.",
        )
    return names
