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
from typing import Final

RAW_BYTES_KEPT: Final = 4096
"""A quarantined row keeps this much of itself."""
PICTURES: Final = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}
"""Control character -> what stands for it."""
_PICTURED: Final = r"\x00-\x1f\x7f"
REPLACED: Final = (  # in the notation of the regular expressions of polars: see `core.textcolumns`
    r"\x{80}-\x{9f}\x{ad}\x{61c}\x{180e}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}"
    r"\x{fff9}-\x{fffb}\x{e0000}-\x{e007f}"
)
"""What becomes U+FFFD."""
_SURROGATES: Final = r"\ud800-\udfff"
_UNSAFE: Final = re.compile(
    f"[{_PICTURED}{_SURROGATES}" + re.sub(r"\\x\{(\w+)\}", lambda code: rf"\U{code[1]:0>8}", REPLACED) + "]"
)

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
    return _UNSAFE.sub(lambda unsafe: PICTURES.get(unsafe[0], "\ufffd"), text)


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
