"""Which syntax a source is written in: told by the end of its name, or by its first byte.

.csv            header and records        .csv.gz
.jsonl .ndjson  one JSON object a line    .jsonl.gz .ndjson.gz
.parquet        typed columns
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath
from typing import Final

from revtui.core.errors import UsageError
from revtui.core.text import sanitise


class Syntax(Enum):
    """How rows are written."""

    CSV = "CSV"
    JSON_LINES = "JSON lines"
    PARQUET = "Parquet"


_ENDINGS: Final = {
    ".csv": Syntax.CSV,
    ".jsonl": Syntax.JSON_LINES,
    ".ndjson": Syntax.JSON_LINES,
    ".parquet": Syntax.PARQUET,
}
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What the name of a file promises."""

    syntax: Syntax
    gzip: bool
    stem: str
    """The name without its endings."""

    @property
    def followable(self) -> bool:
        """Whether the file can be read while it grows."""
        return not self.gzip and self.syntax is not Syntax.PARQUET


def kind_of(path: PurePath) -> FileKind:
    """The kind of file that `path` names.

    Raises:
        UsageError: when its ending is none of those known.
    """
    name = path.name
    gzip = name.lower().endswith(".gz")
    plain = PurePath(name[:-3] if gzip else name)
    syntax = _ENDINGS.get(plain.suffix.lower())
    if syntax is None or (gzip and syntax is Syntax.PARQUET):
        raise UsageError(
            f"{sanitise(str(path))}: not a kind of file that revtui reads",
            hint=f"Known endings: {', '.join(_ENDINGS)}; .gz behind them, but for .parquet.",
        )
    return FileKind(syntax=syntax, gzip=gzip, stem=plain.stem)


def syntax_of_bytes(head: bytes) -> Syntax | None:
    """The syntax of a stream by its first byte that is not blank; None: there is none yet."""
    first = head.lstrip(_BLANKS)[:1]
    if not first:
        return None
    return Syntax.JSON_LINES if first == b"{" else Syntax.CSV
