"""The kinds of value a person writes in the configuration, beyond text, numbers and true or false.

Each is an annotation that pydantic asks to read the value, to write it back the way it was
written, and to describe it in the JSON schema. Messages complete a line that begins with the key
and end in the offending value.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue

from revtui.config.keys import quoted, suggestion
from revtui.core.durations import DURATION_PATTERN, format_duration, parse_duration
from revtui.core.errors import UsageError
from revtui.core.fields import NUMBER_SUFFIX
from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.money import EXPONENTS
from revtui.core.times import check_zone

OFF: Final = "off"
"""Written for a level that a rule shall not have."""

_NO_TEXT: Final = frozenset({"event_ts", "amount", "latency_ms", "retry_attempt", "offset"})
"""Columns of the events that hold times, numbers, or positions in the source."""
_LONGEST_DURATION_TEXT: Final = 40
_LONGEST_SHOWN: Final = 60
_PERCENT: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,12})?)\s*%\s*")
_LARGEST_LEVEL: Final = 1e15
_PASSWORD: Final = re.compile(
    r"(://[^/@:\s]*:)[^/\s]*(@)|((?:password|passwd|secret|token)=)[^&\s]*", re.IGNORECASE
)


def redacted(text: str) -> str:
    """`text` without the passwords of the URLs in it.

    >>> redacted("postgresql://ops:hunter2@db/x?sslpassword=y")
    'postgresql://ops:***@db/x?sslpassword=***'
    """
    return _PASSWORD.sub(lambda match: f"{match[1] or match[3]}***{match[2] or ''}", text)


def literal(value: str | float) -> str:
    """A plain value in TOML; passwords in text are hidden.

    >>> literal(1200.0), literal(True), literal("postgresql://ops:hunter2@db/x")
    ('1200', 'true', '"postgresql://ops:***@db/x"')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(redacted(value))
    return str(int(value)) if float(value).is_integer() else repr(value)


def shown(value: object) -> str:
    """An offending value the way TOML spells it, cut to a length that fits a line."""
    if isinstance(value, str):
        text = quoted(redacted(value))
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list | tuple):
        text = "an array"
    else:
        text = (
            repr(value) if not isinstance(value, int) or abs(value) < 10**_LONGEST_SHOWN else "a huge number"
        )
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """Annotation of an integer in microseconds that is written like `5m`."""

    least: str
    most: str = "366d"

    def read(self, value: object) -> int:
        """Microseconds of the text.

        Raises:
            ValueError: when it is no duration, or out of range.
        """
        if not isinstance(value, str) or len(value) > _LONGEST_DURATION_TEXT:
            raise ValueError(f'must be a duration such as "90s", "5m" or "1h30m", not {shown(value)}')
        try:
            duration = parse_duration(value)
        except UsageError as error:
            raise ValueError(
                f'must be a duration such as "90s", "5m" or "1h30m", not {shown(value)}'
            ) from error
        if not parse_duration(self.least) <= duration <= parse_duration(self.most):
            raise ValueError(f"must be from {self.least} to {self.most}, not {shown(value)}")
        return duration

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(
            Annotated[Any, PlainValidator(self.read), PlainSerializer(format_duration)]
        )

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "string",
            "pattern": f"^{DURATION_PATTERN}$",
            "x-kind": f"duration, {self.least} to {self.most}",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Annotation of a threshold: a number, `"15%"` where it is a share, or `"off"`."""

    share: bool

    def read(self, value: object) -> float | Literal["off"]:
        """The level in the unit that rules use.

        Raises:
            ValueError: when it is no level, or out of range.
        """
        if value == OFF:
            return OFF
        if self.share:
            return self._share(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_LEVEL:
            raise ValueError(f'must be a number or "off", not {shown(value)}')
        return float(value)

    @staticmethod
    def _share(value: object) -> float:
        if isinstance(value, str) and (percent := _PERCENT.fullmatch(value)):
            level = float(Decimal(percent[1]) / 100)
        elif isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise ValueError(f'must be a share such as 0.15 or "15%", or "off", not {shown(value)}')
        else:
            level = float(value) if 0 <= value <= 1 else math.inf
        if level > 1:
            raise ValueError(f'must be a share from 0 to 1, or "0%" to "100%", not {shown(value)}')
        return level

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(Annotated[Any, PlainValidator(self.read)])

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        off = {"const": OFF}
        if self.share:
            number = {"type": "number", "minimum": 0, "maximum": 1}
            percent = {"type": "string", "pattern": r"^\s*\d{1,9}(\.\d{1,12})?\s*%\s*$"}
            return {"anyOf": [number, percent, off], "x-kind": 'share: 0 to 1 or `"15%"`; or `"off"`'}
        return {"anyOf": [{"type": "number"}, off], "x-kind": 'number; or `"off"`'}


def _zone(value: str) -> str:
    """An IANA zone name, as it is.

    Raises:
        ValueError: when this machine knows no such zone.
    """
    try:
        check_zone(value)
    except UsageError as error:
        near = suggestion(value, available_timezones())
        raise ValueError(f"must be an IANA time zone, not {shown(value)}{near}") from error
    return value


def _currency(value: str) -> str:
    if value not in EXPONENTS:
        near = suggestion(value, EXPONENTS)
        raise ValueError(f'must be an ISO 4217 code such as "USD", not {shown(value)}{near}')
    return value


def _some_text(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError(f"must be printable text, not {shown(value)}")
    return value


def _breakdown(value: str) -> str:
    if value in _NO_TEXT or value.endswith(NUMBER_SUFFIX):
        raise ValueError(f"must be a text column of the events, not {shown(value)}")
    return value


def _gateway_name(value: str) -> str:
    if value == ALL_GATEWAYS:
        raise ValueError("levels for all events belong in the table of the KPI itself")
    return value


def _no_number(value: object) -> object:
    """Python takes 1 for true, a person does not."""
    if not isinstance(value, bool | str):
        raise ValueError(f'must be "auto", true or false, not {shown(value)}')  # noqa: TRY004 - pydantic reads ValueError
    return value


def _kind(text: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "x-kind": text})


Text = Annotated[str, AfterValidator(_some_text), _kind("text")]
Breakdown = Annotated[Text, AfterValidator(_breakdown), _kind("name of a text column")]
GatewayName = Annotated[Text, AfterValidator(_gateway_name)]
Zone = Annotated[str, AfterValidator(_zone), _kind("IANA time zone")]
Currency = Annotated[str, AfterValidator(_currency), _kind("ISO 4217 code")]
Switch = Annotated[Literal["auto", True, False], BeforeValidator(_no_number)]
ShareLevel = Annotated[float | Literal["off"] | None, Level(share=True)]
NumberLevel = Annotated[float | Literal["off"] | None, Level(share=False)]
