"""What a query is once it is understood: a frozen tree, and its canonical text.

The law: `parse(describe(query)) == query` for every query that `parse` returns.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from revtui.core.errors import UsageError


class FilterError(UsageError):
    """A query that cannot be understood."""

    def __init__(self, message: str, position: int, *, hint: str = "") -> None:
        """`position` is the index in the query's text at which the caret belongs."""
        super().__init__(message, hint=hint)
        self.position = position


class Operator(StrEnum):
    """Between a field and its values."""

    HAS = ":"
    EQUAL = "="
    NOT_EQUAL = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    MATCHES = "~"
    MATCHES_NOT = "!~"

    @property
    def negative(self) -> bool:
        """Whether it holds when none of the values does."""
        return self in {Operator.NOT_EQUAL, Operator.MATCHES_NOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text to find, without regard to case."""

    text: str
    glob: bool = False
    """Whether `*` stands for any text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A regular expression, in the dialect of the linear engine (no look-around, no back-references)."""

    source: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Something with an order: a severity's rank, a number, microseconds."""

    amount: float
    text: str
    """As it is written."""


class Anchor(StrEnum):
    """What a moment is counted from."""

    NOW = "now"
    """`us` before the present."""
    EPOCH = "epoch"
    DAY = "day"
    """The last time that the UTC clock showed `us` after midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time, perhaps relative to when the query is asked."""

    anchor: Anchor
    us: int
    text: str

    def instant(self, now: int) -> int:
        """Microseconds since the epoch."""
        match self.anchor:
            case Anchor.NOW:
                return now - self.us
            case Anchor.EPOCH:
                return self.us
            case Anchor.DAY:
                return now - (now - self.us) % 86_400_000_000


Value = Text | Pattern | Quantity | Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """`field op value{,value}`."""

    field: str
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A bare word, phrase or regex: looked for in all that a row says."""

    value: Text | Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A bare flag, such as `crit` or `acked`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The rows that `part` does not select."""

    part: "Query"


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """The rows that every part selects; without parts, every row."""

    parts: "tuple[Query, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Any:
    """The rows that some part selects."""

    parts: "tuple[Query, ...]"


Query = Compare | Search | Flag | Not | All | Any

KEYWORDS: Final = frozenset({"and", "or", "not"})
FLAGS: Final = frozenset(
    {
        "crit", "warn", "info", "ok", "unknown",
        "open", "new", "acked",
        "pending", "firing", "recovering", "resolved",
    }
)  # fmt: skip
"""Words that are no search: quote them to search for them."""

FIELD_AND_OPERATOR: Final = re.compile(r"([A-Za-z_]\w*)(!=|!~|>=|<=|[:=><~])", re.ASCII)
_PLAIN_WORD: Final = re.compile(r"[^\s()\"!\-/:=<>~][^\s()\"]*")
_PLAIN_VALUE: Final = re.compile(r"[^\s()\",]+")


def describe(query: Query) -> str:
    """The canonical text of a query; empty for the one that selects every row.

    >>> describe(All(parts=(Flag(name="crit"), Not(part=Search(value=Text(text="do not"))))))
    'crit !"do not"'
    """
    match query:
        case All(parts=parts):
            text = " ".join(_wrapped(part) if isinstance(part, Any) else describe(part) for part in parts)
        case Any(parts=parts):
            text = " or ".join(describe(part) for part in parts)
        case Not(part=part):
            text = "!" + (_wrapped(part) if isinstance(part, All | Any) else describe(part))
        case Flag(name=name):
            text = name
        case Search(value=value):
            text = _word_text(value) if isinstance(value, Text) else _pattern_text(value)
        case Compare(field=field, operator=operator, values=values):
            text = f"{field}{operator}{','.join(_value_text(each) for each in values)}"
    return text


def highlights(query: Query) -> tuple[str, ...]:
    """The pieces of text that a selected row was searched for, in order, each once; negated ones left out."""
    return tuple(dict.fromkeys(_pieces(query)))


def _pieces(query: Query) -> Iterator[str]:
    values: tuple[Value, ...] = ()
    match query:
        case All(parts=parts) | Any(parts=parts):
            for part in parts:
                yield from _pieces(part)
        case Search(value=searched):
            values = (searched,)
        case Compare(operator=Operator.HAS | Operator.EQUAL, values=found):
            values = found
    for value in values:
        if isinstance(value, Text):
            yield from filter(None, value.text.split("*") if value.glob else [value.text])


def _wrapped(query: Query) -> str:
    return f"({describe(query)})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _pattern_text(pattern: Pattern) -> str:
    slashes = re.sub(
        r"\\.|/", lambda found: "\\/" if found[0] == "/" else found[0], pattern.source, flags=re.DOTALL
    )
    return f"/{slashes}/{'i' if pattern.ignore_case else ''}"


def _word_text(word: Text) -> str:
    plain = (
        _PLAIN_WORD.fullmatch(word.text)
        and not FIELD_AND_OPERATOR.match(word.text)
        and word.text.lower() not in KEYWORDS | FLAGS
        and word.glob == ("*" in word.text)
    )
    return word.text if plain else _quoted(word.text)


def _value_text(value: Value) -> str:
    if isinstance(value, Pattern):
        return _pattern_text(value)
    starred = isinstance(value, Text) and value.glob != ("*" in value.text)
    return value.text if _PLAIN_VALUE.fullmatch(value.text) and not starred else _quoted(value.text)


def negated(query: Query) -> Query:
    """The opposite; of an opposite, the query itself."""
    return query.part if isinstance(query, Not) else Not(part=query)


def joined(kind: type[All] | type[Any], parts: Sequence[Query]) -> Query:
    """Parts joined by `and` or `or`: one alone stays itself, and parts of the same kind are taken apart."""
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else [part])
    return flat[0] if len(flat) == 1 else kind(parts=tuple(flat))
