"""Mappings: how foreign columns become those that revtui knows, as a TOML file says.

    timezone = "Europe/London"
    currency = "GBP"
    # epoch_unit = "ms"
    [map]                     # or [source.map]
    event_type = "CASE WHEN Quantity < 0 THEN 'refund' ELSE 'purchase' END"
    amount = "Quantity * UnitPrice"

A known column that is not mapped is taken as it is when the data have it. What the file says of
time zone, currency and epoch unit goes before the defaults, and gives way to what is said nearer to
the user: `[[source]]`, then the command line.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from revtui.adapters.sources.expressions import ExpressionError, columns_of, shortened
from revtui.core.errors import ConfigError, UsageError
from revtui.core.events import RAW_COLUMNS, AdmissionPolicy
from revtui.core.money import EXPONENTS
from revtui.core.spelling import nearest, suggestion
from revtui.core.text import sanitise
from revtui.core.times import check_zone

SUFFIX: Final = ".map.toml"
LARGEST_FILE: Final = 1 << 20
"""Bytes; whatever is larger is no mapping."""
EPOCH_UNITS: Final = ("s", "ms", "us", "ns")

_SETTINGS: Final = ("timezone", "currency", "epoch_unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSettings:
    """How fields are to be read, as far as one place says so; None: it says nothing of it."""

    timezone: str | None = None
    currency: str | None = None
    epoch_unit: str | None = None

    def over(self, lower: "FieldSettings") -> "FieldSettings":
        """These, and where they say nothing, those of a place that comes after this one."""
        return FieldSettings(
            timezone=self.timezone or lower.timezone,
            currency=self.currency or lower.currency,
            epoch_unit=self.epoch_unit or lower.epoch_unit,
        )

    def policy(self, defaults: AdmissionPolicy) -> AdmissionPolicy:
        """`defaults`, but for what is said."""
        return replace(
            defaults,
            timezone=self.timezone or defaults.timezone,
            currency=self.currency or defaults.currency,
            epoch_unit=self.epoch_unit or defaults.epoch_unit,
        )


NOTHING_SAID: Final = FieldSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """Expressions per known column, and how fields are to be read."""

    expressions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Known column -> polars SQL."""
    settings: FieldSettings = NOTHING_SAID
    origin: str = "configuration"
    """The file it stands in, as named by the user."""

    @property
    def note(self) -> str:
        """What the screen says of it."""
        return f"mapping {sanitise(Path(self.origin).name)}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every foreign column it uses."""
        used = (name for sql in self.expressions.values() for name in columns_of(sql))
        return tuple(dict.fromkeys(used))


def load_map(path: Path, *, breakdown: str = "gateway_name") -> SourceMap:
    """The mapping in a TOML file; `breakdown` may be mapped besides the known columns.

    Raises:
        ConfigError: naming every problem, each with file and key.
    """
    shown = sanitise(str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise ConfigError([f"{shown}: no such file"], hint="--map takes the path of a TOML file.") from error
    except OSError as error:
        raise ConfigError([f"{shown}: cannot be read: {error.strerror}"]) from error
    if len(raw) > LARGEST_FILE:
        raise ConfigError([f"{shown}: larger than {LARGEST_FILE // 1024} KiB"])
    try:
        table = tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise ConfigError([f"{shown}: not UTF-8 text"]) from error
    except (ValueError, RecursionError) as error:  # ValueError also for numbers of thousands of digits
        raise ConfigError([f"{shown}: not TOML: {sanitise(str(error))}"]) from error
    return read_map(table, origin=str(path), breakdown=breakdown)


def read_map(table: Mapping[str, Any], *, origin: str, breakdown: str = "gateway_name") -> SourceMap:
    """The mapping that `table` describes; `origin` stands in problems.

    Raises:
        ConfigError: naming every problem.
    """
    shown = sanitise(origin)
    problems: list[str] = []
    known = [*_SETTINGS, "map", "source"]
    problems += [f"{shown}: {key}: unknown key{suggestion(key, known)}" for key in table if key not in known]
    source = table.get("source", {})
    if not isinstance(source, Mapping):
        problems.append(f"{shown}: source: must be a table, as in [source.map]")
        source = {}
    problems += [
        f"{shown}: source.{key}: unknown key{suggestion(key, [*_SETTINGS, 'map'])}"
        for key in source
        if key not in {*_SETTINGS, "map"}
    ]
    expressions = source.get("map", {}) if "map" in source else table.get("map", {})
    if not isinstance(expressions, Mapping):
        problems.append(f'{shown}: map: must be a table of column = "expression"')
        expressions = {}
    settings = {key: source.get(key, table.get(key)) for key in _SETTINGS}
    problems += [f"{shown}: {problem}" for problem in _setting_problems(settings)]
    problems += [f"{shown}: {problem}" for problem in _expression_problems("map", expressions, breakdown)]
    _refuse(problems, breakdown)
    return SourceMap(
        expressions=MappingProxyType(dict(expressions)), settings=FieldSettings(**settings), origin=origin
    )


def configured_map(
    expressions: Mapping[str, str], *, origin: str, key: str, breakdown: str = "gateway_name"
) -> SourceMap:
    """The mapping of a `[source.map]` table, which stands at `key` of the configuration.

    Raises:
        ConfigError: naming every expression that cannot be used.
    """
    found = _expression_problems(key, expressions, breakdown)
    _refuse([f"{sanitise(origin)}: {problem}" for problem in found], breakdown)
    return SourceMap(expressions=MappingProxyType(dict(expressions)), origin=origin)


def _refuse(problems: Sequence[str], breakdown: str) -> None:
    if problems:
        raise ConfigError(
            [sanitise(problem) for problem in problems],
            hint=f"Columns that can be mapped: {', '.join(_targets(breakdown))}.",
        )


def _targets(breakdown: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*RAW_COLUMNS, breakdown)))


def _expression_problems(key: str, expressions: Mapping[str, Any], breakdown: str) -> list[str]:
    targets = _targets(breakdown)
    return [
        f"{key}.{column}: {problem}"
        for column, sql in expressions.items()
        for problem in _problems(column, sql, targets)
    ]


def map_beside(path: Path, stem: str) -> Path | None:
    """The mapping that lies beside a file, `NAME.map.toml` for `NAME.csv`, if there is one."""
    beside = path.with_name(f"{stem}{SUFFIX}")
    try:
        return beside if beside.is_file() else None
    except OSError:  # a name that is too long, a folder that may not be looked into
        return None


def nearest_hint(name: str, known: list[str]) -> str:
    """A hint that names the column nearest to one that is missing."""
    near = nearest(name, known)
    columns = f"The columns are: {sanitise(', '.join(known[:12]))}"
    return f"Did you mean {sanitise(near)}? {columns}" if near else columns


def _setting_problems(settings: Mapping[str, Any]) -> list[str]:
    problems = [
        f"{key}: must be text, not {value!r}"
        for key, value in settings.items()
        if value is not None and not isinstance(value, str)
    ]
    if problems:
        return problems
    zone, currency, unit = (settings[key] for key in _SETTINGS)
    if zone is not None and not _is_zone(zone):
        problems.append(f"timezone: {zone!r} is no IANA time zone, such as Europe/London")
    if currency is not None and currency not in EXPONENTS:
        near = suggestion(currency, EXPONENTS)
        problems.append(f"currency: {currency!r} is no ISO 4217 code, such as GBP{near}")
    if unit is not None and unit not in EPOCH_UNITS:
        problems.append(f"epoch_unit: {unit!r} is none of {', '.join(EPOCH_UNITS)}")
    return problems


def _is_zone(name: str) -> bool:
    try:
        check_zone(name)
    except UsageError:
        return False
    return True


def _problems(column: str, sql: Any, targets: tuple[str, ...]) -> list[str]:
    """What is wrong with one line of a mapping."""
    if column not in targets:
        return [f"unknown column{suggestion(column, targets)}"]
    if not isinstance(sql, str):
        return [f"must be an expression in quotes, not {sql!r}"]
    try:
        columns_of(sql)
    except ExpressionError as error:
        return [f"{error} (in {shortened(sql)})"]
    return []
