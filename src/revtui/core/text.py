"""Text that is safe to show: foreign characters that steer a terminal become visible ones.

Terminals obey control characters in data (title, clipboard, cursor), bidirectional controls
reorder what a person reads, and zero-width characters make two names look like one. All text
is sanitised once, on admission, so nothing behind it needs to think of this again:

* C0 controls (newline and tab included: a field is one line) become their pictures U+2400+n,
  DEL becomes U+2421;
* C1 controls, bidirectional, zero-width and other invisible characters, line and paragraph separators
  become U+FFFD, and so do lone surrogates, which only Python strings can hold (names of files).

For terminals that know nothing but ASCII there is one table of plain spellings, `ASCII`.
"""

import re
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
import polars as pl

from revtui.core.events import RAW_BYTES_KEPT

_PICTURES: Final = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}
_PICTURED: Final = r"\x00-\x1f\x7f"
_REPLACED: Final = (  # in the notation of polars' regular expressions
    r"\x{80}-\x{9f}\x{ad}\x{61c}\x{180e}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}"
    r"\x{fff9}-\x{fffb}\x{e0000}-\x{e007f}"
)
_SURROGATES: Final = r"\ud800-\udfff"
_UNSAFE: Final = re.compile(
    f"[{_PICTURED}{_SURROGATES}" + re.sub(r"\\x\{(\w+)\}", lambda code: rf"\U{code[1]:0>8}", _REPLACED) + "]"
)

_Text = TypeVar("_Text", pl.Expr, pl.Series)

ASCII: Final = MappingProxyType(
    {
        "●": ".", "◆": "i", "○": "?", "▲": "!", "■": "X", "□": "o", "✓": "v", "▼": "v", "▶": ">", "►": ">", "◀": "<",
        "–": "-", "—": "-", "−": "-", "·": "-", "•": "*", "…": "~", "×": "x", "÷": "/", "±": "+/-", "≈": "~", "Δ": "d", "Σ": "S",
        "≥": ">=", "≤": "<=", "≠": "#", "→": ">", "←": "<", "↑": "^", "↓": "v", "↕": "|", "‖": "=", "«": "<", "»": ">",
        "“": '"', "”": '"', "‘": "'", "’": "'", "€": "EUR ", "£": "GBP ", "¥": "JPY ", "µ": "u", "°": "o", "½": "h",
        "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+",
        "┴": "+", "┼": "+", "─": "-", "━": "-", "═": "=", "╌": "-", "╍": "-", "┄": "-", "┈": "-", "╴": "-", "╶": "-",
        "│": "|", "┃": "|", "║": "|", "╎": "|", "┊": "|", "╵": "|", "╷": "|", "▏": "|", "▎": "|", "▍": "|", "▌": "|",
        "▋": "#", "▊": "#", "▉": "#", "█": "#", "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
        "▀": "-", "▔": "-", "▕": "|", "▐": "|", "░": ":", "▒": "%", "▓": "#", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
    }
)  # fmt: skip
"""Sign -> its plain spelling. Where there is one cell and no more, its first character stands for it."""


def sanitise(text: str) -> str:
    r"""`text` with every unsafe character made visible; its length stays the same.

    >>> sanitise("a\x1b[2Jb")
    'a␛[2Jb'
    """
    return _UNSAFE.sub(lambda unsafe: _PICTURES.get(unsafe[0], "\ufffd"), text)


def sanitised(column: _Text) -> _Text:
    """The same for a String column, as an expression or at once; nulls stay null."""
    return column.str.replace_all(f"[{_REPLACED}]", "\ufffd").str.replace_many(_PICTURES)


def all_plain(column: pl.Series) -> bool:
    """Whether every value is made of visible ASCII alone: nothing to strip, nothing to sanitise.

    Looks at all the bytes at once; for columns that fit the processor's cache nothing is cheaper.
    """
    joined = np.frombuffer(column.str.join("").item().encode(), np.uint8)
    return not joined.size or bool(joined.min() > 0x20 and joined.max() < 0x7F)


def sanitised_identity(text: str) -> str:
    r"""`sanitise`, but what differed stays different: a changed text gets a mark made from the original.

    >>> sanitised_identity("id-7"), sanitised_identity("id\x07") != sanitised_identity("id␇")
    ('id-7', True)
    """
    safe = sanitise(text)
    if safe == text:
        return text
    mark = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{safe}~{mark}"


def shortened(text: str, width: int) -> str:
    """At most `width` characters of `text`, ending in `…` when some were cut.

    >>> shortened("worldpay", 5)
    'worl…'
    """
    return text if len(text) <= width else f"{text[: width - 1]}…"


def escape_raw(data: bytes) -> str:
    r"""At most `RAW_BYTES_KEPT` bytes as printable ASCII: backslash and all else as `\xNN`.

    >>> escape_raw(b"a\\b\xff")
    'a\\x5cb\\xff'
    """
    kept = data[:RAW_BYTES_KEPT]
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in kept)
