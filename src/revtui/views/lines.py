"""Lines of text in roles: cut and joined to a width, wrapped, and labelled.

Every front end that shows lines makes them here; only how a role looks is its own.
"""

from collections.abc import Sequence
from typing import Final

from revtui.views.palette import Role, Segment
from revtui.views.widths import fit, line_width

Line = Sequence[Segment]
"""A line of (text, role) pairs."""

LABEL_WIDTH: Final = 10


def fitted(line: Line, width: int, *, ascii_only: bool = False) -> list[Segment]:
    """`line` in exactly `width` cells: cut with an ellipsis, or padded.

    >>> fitted([("abc", Role.TEXT), ("def", Role.DIM)], 5)
    [('abc', <Role.TEXT: 'text'>), ('d…', <Role.DIM: 'dim'>)]
    """
    room, result = width, list[Segment]()
    for position, (text, role) in enumerate(line):
        if not text.strip() and not any(rest.strip() for rest, _ in line[position:]):
            break
        size = line_width([(text, role)])
        last = room < size or (room == size and any(rest.strip() for rest, _ in line[position + 1 :]))
        if last:
            cut = text if size > room else text + " "
            result.append((fit(cut, room, ascii_only=ascii_only), role))
            return result
        result.append((fit(text, size, ascii_only=ascii_only), role))
        room -= size
    if room:
        result.append((" " * room, Role.TEXT))
    return result


def joined(left: Line, right: Line, width: int, *, fill: str = " ") -> list[Segment]:
    """`left` and `right` at the two ends of `width` cells; `left` is cut when both do not fit."""
    right_width = line_width(right)
    if right_width > width:
        return fitted(right, width)
    room = width - right_width
    left_width = line_width(left)
    if left_width > room:
        return [*fitted(left, room), *right]
    return [*left, (fill * (room - left_width), Role.DIM), *right]


def wrapped(text: str, width: int) -> list[str]:
    """`text` in pieces of at most `width` characters, at blanks where there are any.

    >>> wrapped("one two three", 8), wrapped("", 8)
    (['one two', 'three'], [''])
    """
    pieces: list[str] = []
    while len(text) > width:
        cut = text.rfind(" ", 1, width + 1)
        cut = cut if cut > width // 3 else width
        pieces.append(text[:cut])
        text = text[cut:].lstrip(" ")
    return [*pieces, text]


def labelled_lines(pairs: Sequence[tuple[str, str]], width: int) -> tuple[Line, ...]:
    """Labels and values as lines of at most `width` cells; long values go on under themselves."""
    lines: list[Line] = []
    room = max(width - LABEL_WIDTH, 10)
    for label, value in pairs:
        for number, piece in enumerate(wrapped(value, room)):
            lines.append(((fit("" if number else label, LABEL_WIDTH), Role.DIM), (piece, Role.TEXT)))
    return tuple(lines)
