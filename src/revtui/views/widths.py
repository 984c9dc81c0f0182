"""Text in terminal cells: cut and padded to exactly the room there is.

Names come from data and may hold wide, zero-width, combining or control characters. Nothing that
could move the cursor leaves this module: see `core.text`.
"""

import re
from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len, set_cell_size

from revtui.core.text import ASCII, sanitise
from revtui.views.palette import Segment

_SPELLINGS: Final = str.maketrans(dict(ASCII))
_NON_ASCII: Final = re.compile("[^\x20-\x7e]")


def to_ascii(text: str) -> str:
    """`text` in plain ASCII, for terminals that know nothing else; it may be longer than before.

    >>> to_ascii("CRIT ≥ 30 %")
    'CRIT >= 30 %'
    """
    if text.isascii():
        return text
    return text.translate(_SPELLINGS).encode("ascii", "replace").decode("ascii")


def plain(text: str) -> str:
    """`text` in printable ASCII, as wide as before.

    >>> plain("■ 7.4 % ≥ 6 %"), plain("東x")
    ('X 7.4 % > 6 %', '??x')
    """
    return _NON_ASCII.sub(lambda match: _one_cell(match[0]), text)


def _one_cell(character: str) -> str:
    if (known := ASCII.get(character)) is not None:
        return known[0]
    if "\u2800" <= character <= "\u28ff":  # a braille cell
        return " " if character == "\u2800" else "*"
    return "?" * cell_len(character)


def width_of(text: str) -> int:
    r"""How many cells `text` takes.

    >>> width_of("日本"), width_of("e\u0301")
    (4, 1)
    """
    return cell_len(text)


def fit(text: str, width: int, *, right: bool = False, ascii_only: bool = False) -> str:
    """`text` in exactly `width` cells: padded with spaces, or cut with `…` (`~` in ASCII).

    >>> fit("stripe", 8), fit("stripe", 4), fit("7", 3, right=True), fit("stripe", 0)
    ('stripe  ', 'str…', '  7', '')
    """
    if width <= 0:
        return ""
    body = to_ascii(sanitise(text)) if ascii_only else sanitise(text)
    size = cell_len(body)
    if size > width:
        body = set_cell_size(body, width - 1) + ("~" if ascii_only else "…")
        size = cell_len(body)
    pad = " " * (width - size)
    return pad + body if right else body + pad


def line_width(segments: Iterable[Segment]) -> int:
    """How many cells a line of segments takes."""
    return sum(cell_len(text) for text, _role in segments)
