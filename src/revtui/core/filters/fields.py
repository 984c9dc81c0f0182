"""The fields and flags of the language: what each means, on a row and in a frame.

What an alert does not have yet is refused by name (`NOT_YET`): a filter that could never match would
look like good news.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

import polars as pl

from revtui.core.filters.syntax import Operator
from revtui.core.severity import Severity


class AlertLike(Protocol):
    """A row of the alert log, as far as the language sees it; times and durations in microseconds."""

    @property
    def id(self) -> str:
        """Short and stable."""

    @property
    def sev(self) -> Severity:
        """Compared by rank."""

    @property
    def state(self) -> str:
        """`pending`, `firing`, `recovering` or `resolved`."""

    @property
    def acked(self) -> bool:
        """Somebody has seen it."""

    @property
    def silenced(self) -> bool:
        """Muted by a person."""

    @property
    def kpi(self) -> str:
        """Name of the KPI."""

    @property
    def rule(self) -> str:
        """Name of the rule."""

    @property
    def gateway(self) -> str:
        """`*` for all."""

    @property
    def value(self) -> float | None:
        """In the unit of the rule: shares from 0 to 1, money in major units."""

    @property
    def value_text(self) -> str:
        """The value as shown."""

    @property
    def began_at(self) -> int:
        """When the breach began."""

    @property
    def ended_at(self) -> int | None:
        """When it resolved; None while it lasts."""

    @property
    def at(self) -> int:
        """Its newest transition: what `since`, `until` and `ago` speak of."""

    @property
    def dur(self) -> int:
        """How long it lasted."""

    @property
    def count(self) -> int:
        """How often it fired."""

    @property
    def source(self) -> str:
        """Where its events came from."""

    @property
    def ack_by(self) -> str:
        """Who has seen it; empty when nobody has."""

    @property
    def text(self) -> str:
        """The reason."""


class Kind(Enum):
    """How the values of a field are written and compared."""

    TEXT = auto()
    SEVERITY = auto()
    NUMBER = auto()
    DURATION = auto()
    AGE = auto()
    SINCE = auto()
    UNTIL = auto()

    @property
    def operators(self) -> frozenset[Operator]:
        """Those that make sense between such a field and its values."""
        equal = {Operator.HAS, Operator.EQUAL}
        if self in {Kind.SINCE, Kind.UNTIL}:
            return frozenset(equal)
        if self is Kind.TEXT:
            return frozenset({*equal, Operator.NOT_EQUAL, Operator.MATCHES, Operator.MATCHES_NOT})
        return frozenset(Operator) - {Operator.MATCHES, Operator.MATCHES_NOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the language."""

    name: str
    kind: Kind
    column: str
    """In ALERT_FRAME_SCHEMA."""
    read: Callable[[AlertLike], str | float | None]
    help: str
    """What it is, for the help screen."""


def _text(name: str, column: str, read: Callable[[AlertLike], str], text: str) -> Field:
    return Field(name=name, kind=Kind.TEXT, column=column, read=read, help=text)


FIELDS: Final = {
    field.name: field
    for field in (
        Field(
            name="sev",
            kind=Kind.SEVERITY,
            column="sev",
            read=lambda row: row.sev,
            help="severity: ok info unknown warn crit",
        ),
        _text("state", "state", lambda row: row.state, "pending firing recovering resolved"),
        _text("kpi", "kpi", lambda row: row.kpi, "KPI, as the rule has it: fail_rate p95_latency …"),
        _text("rule", "rule", lambda row: row.rule, "name of the rule"),
        _text("gw", "gateway", lambda row: row.gateway, "gateway; * for all of them together"),
        _text("source", "source", lambda row: row.source, "where the events came from"),
        _text("id", "id", lambda row: row.id, "the alert's short name"),
        _text("text", "text", lambda row: row.text, "the reason"),
        _text("ack_by", "ack_by", lambda row: row.ack_by, "who has acknowledged it"),
        Field(
            name="value",
            kind=Kind.NUMBER,
            column="value",
            read=lambda row: row.value,
            help="its value: 5% 800ms 1.9k",
        ),
        Field(
            name="count",
            kind=Kind.NUMBER,
            column="count",
            read=lambda row: row.count,
            help="how often it fired",
        ),
        Field(
            name="dur",
            kind=Kind.DURATION,
            column="dur",
            read=lambda row: row.dur,
            help="how long it lasted: 2m 1h30m",
        ),
        Field(
            name="ago",
            kind=Kind.AGE,
            column="at",
            read=lambda row: row.at,
            help="how long ago it changed last",
        ),
        Field(
            name="since",
            kind=Kind.SINCE,
            column="at",
            read=lambda row: row.at,
            help="it changed last then or later: 30m 12:30 2026-03-05",
        ),
        Field(
            name="until",
            kind=Kind.UNTIL,
            column="at",
            read=lambda row: row.at,
            help="it changed last then or earlier",
        ),
    )
}
"""By name, in the order in which help lists them."""

NOT_YET: Final = {
    "region": "alerts are not told apart by region yet",
    "code": "alerts are not told apart by response code yet",
    "user": "alerts are not told apart by user yet",
    "silenced": "no alert can be silenced yet",
}
"""Fields and flags of the language that nothing sets so far -> what to say of them."""

ALIASES: Final = {"severity": "sev", "gateway": "gw", "duration": "dur"}

SEARCHED: Final = ("text", "gw", "kpi", "rule")
"""Where bare words, phrases and regexes look."""

ALERT_FRAME_SCHEMA: Final = pl.Schema(
    {
        "id": pl.String,
        "sev": pl.UInt8,  # rank of the Severity
        "state": pl.String,
        "acked": pl.Boolean,
        "silenced": pl.Boolean,
        "kpi": pl.String,
        "rule": pl.String,
        "gateway": pl.String,
        "value": pl.Float64,
        "value_text": pl.String,
        "began_at": pl.Int64,  # microseconds since the epoch
        "ended_at": pl.Int64,
        "at": pl.Int64,
        "dur": pl.Int64,  # microseconds
        "count": pl.Int64,
        "source": pl.String,
        "ack_by": pl.String,
        "text": pl.String,
    }
)
"""What `expression` needs to find in a frame; a null is a missing value."""


_CELLS: Final[dict[str, Callable[[AlertLike], object]]] = {
    "id": lambda row: row.id,
    "sev": lambda row: int(row.sev),
    "state": lambda row: row.state,
    "acked": lambda row: row.acked,
    "silenced": lambda row: row.silenced,
    "kpi": lambda row: row.kpi,
    "rule": lambda row: row.rule,
    "gateway": lambda row: row.gateway,
    "value": lambda row: row.value,
    "value_text": lambda row: row.value_text,
    "began_at": lambda row: row.began_at,
    "ended_at": lambda row: row.ended_at,
    "at": lambda row: row.at,
    "dur": lambda row: row.dur,
    "count": lambda row: row.count,
    "source": lambda row: row.source,
    "ack_by": lambda row: row.ack_by,
    "text": lambda row: row.text,
}


def alert_frame(rows: Sequence[AlertLike], columns: Iterable[str] = ALERT_FRAME_SCHEMA) -> pl.DataFrame:
    """The rows as a frame of ALERT_FRAME_SCHEMA (or some columns of it), in their order."""
    return pl.DataFrame(
        {name: list(map(_CELLS[name], rows)) for name in columns},
        schema={name: ALERT_FRAME_SCHEMA[name] for name in columns},
    )


OPEN_STATES: Final = ("firing", "recovering")

FLAG_TESTS: Final[dict[str, Callable[[AlertLike], bool]]] = {
    "crit": lambda row: row.sev == Severity.CRIT,
    "warn": lambda row: row.sev == Severity.WARN,
    "info": lambda row: row.sev == Severity.INFO,
    "ok": lambda row: row.sev == Severity.OK,
    "unknown": lambda row: row.sev == Severity.UNKNOWN,
    "pending": lambda row: row.state == "pending",
    "firing": lambda row: row.state == "firing",
    "recovering": lambda row: row.state == "recovering",
    "resolved": lambda row: row.state == "resolved",
    "open": lambda row: row.state in OPEN_STATES,
    "new": lambda row: row.state in OPEN_STATES and not row.acked and not row.silenced,
    "acked": lambda row: row.acked,
}


def flag_expression(name: str) -> pl.Expr:
    """The same tests over a frame."""
    is_open = pl.col("state").is_in(list(OPEN_STATES))
    match name:
        case "crit" | "warn" | "info" | "ok" | "unknown":
            return pl.col("sev") == int(Severity[name.upper()])
        case "open":
            return is_open
        case "new":
            return is_open & ~pl.col("acked").fill_null(False) & ~pl.col("silenced").fill_null(False)
        case "acked":
            return pl.col(name)
        case _:
            return pl.col("state") == name
