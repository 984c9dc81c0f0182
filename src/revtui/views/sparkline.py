"""Sparklines: a series in one row of eighth blocks. Gaps stay blank; the scale is the series' own."""

import math
from collections.abc import Sequence
from typing import Final

from revtui.core.text import ASCII

BLOCKS: Final = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS: Final = "".join(ASCII[block] for block in BLOCKS)


def sparkline(values: Sequence[float | None], width: int, *, ascii: bool = False) -> str:  # noqa: A002 - the front ends' name for it
    """The newest `width` values in exactly `width` cells, padded on the left while there are fewer.

    A constant series is a flat line: at the bottom when it is zero, else in the middle.

    >>> sparkline([1, 2, None, 4, 8], 6)
    ' ▁▂ ▄█'
    """
    if width <= 0:
        return ""
    blocks = ASCII_BLOCKS if ascii else BLOCKS
    tail = [v if v is not None and math.isfinite(v) else None for v in values[-width:]]
    known = [v for v in tail if v is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return "".join(" " if v is None else blocks[_level(v, low, high)] for v in tail).rjust(width)


def _level(value: float, low: float, high: float) -> int:
    """Which of the eight blocks a value takes between `low` and `high`."""
    if high == low:
        return 3 if value else 0
    part = (value / 2 - low / 2) / (high / 2 - low / 2)  # halves: the range of two huge values overflows
    return min(7, max(0, round(7 * part)))
