"""The shape of a source's rows: which columns are wanted, and how a mapping makes them.

Sits between a format, which knows syntax, and admission, which knows what fields mean.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from revtui.adapters.sources.delimited import CsvFormat
from revtui.adapters.sources.expressions import Expression, ExpressionError, compile_expression, shortened
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.jsonlines import JsonFormat
from revtui.adapters.sources.jsonspans import APART
from revtui.adapters.sources.mapping import NOTHING_SAID, FieldSettings, SourceMap, nearest_hint
from revtui.adapters.sources.records import LINE_LIMIT_BYTES, RecordFormat, Records, rejection
from revtui.adapters.sources.spans import READABLE
from revtui.core.errors import ConfigError, SourceError
from revtui.core.events import EVENT_TYPES, RAW_COLUMNS, AdmissionPolicy
from revtui.core.fields import NUMBER_SUFFIX
from revtui.core.text import sanitise

Types = Mapping[str, pl.DataType | type[pl.DataType]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShape:
    """What one source is to hand over."""

    source: str
    """Its name, in errors."""
    defaults: AdmissionPolicy
    mapping: SourceMap | None = None
    settings: FieldSettings = NOTHING_SAID
    """What goes before the mapping's own."""

    @property
    def policy(self) -> AdmissionPolicy:
        """How its fields are to be read."""
        mapped = NOTHING_SAID if self.mapping is None else self.mapping.settings
        return self.settings.over(mapped).policy(self.defaults)

    @property
    def note(self) -> str:
        """Names the mapping in use."""
        return "" if self.mapping is None else self.mapping.note

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns admission looks at."""
        return tuple(dict.fromkeys((*RAW_COLUMNS, self.defaults.breakdown)))

    def wanted(self, names: Sequence[str]) -> tuple[str, ...]:
        """Of the columns that a source has, those to read.

        Raises:
            SourceError: when the mapping uses one that is missing, or none is of any use.
        """
        mapped = self.mapping.expressions if self.mapping else {}
        used = self.mapping.columns if self.mapping else ()
        for missing in (name for name in used if name not in names):
            origin = self.mapping.origin if self.mapping else ""
            raise SourceError(
                sanitise(f"{self.source}: no column {missing!r}, which {origin} uses"),
                hint=nearest_hint(missing, [name for name in names if name]),
            )
        kept = [name for name in names if name in used or (name in self.targets and name not in mapped)]
        if not kept and not mapped:
            shown = sanitise(", ".join(name for name in names[:8] if name))
            raise SourceError(
                f"{self.source}: none of its columns is known ({shown})",
                hint="The first line must name columns such as event_ts and event_type, separated by commas; "
                "for other names give a mapping: --map FILE.toml",
            )
        return tuple(kept)

    def format_of(self, syntax: Syntax, *, line_limit: int = LINE_LIMIT_BYTES) -> RecordFormat:
        """The reader of one stream of lines."""
        inner: RecordFormat
        as_text = {self.defaults.breakdown}
        if self.mapping is not None:
            as_text |= {*self.mapping.expressions, *self.mapping.columns}
        if syntax is Syntax.JSON_LINES:
            mapped = self.mapping.expressions if self.mapping else {}
            used = self.mapping.columns if self.mapping else ()
            fields = tuple(dict.fromkeys((*(name for name in self.targets if name not in mapped), *used)))
            inner = JsonFormat(
                self.source, fields, apart=APART not in used, as_text=as_text, line_limit=line_limit
            )
        else:
            inner = CsvFormat(self.source, self.wanted, readable=READABLE - as_text, line_limit=line_limit)
        return inner if self.mapping is None else MappedFormat(inner, Mapper(self))


class MappedFormat:
    """A format whose rows pass through a mapping."""

    def __init__(self, inner: RecordFormat, mapper: "Mapper") -> None:
        self._inner = inner
        self._mapper = mapper

    def parse(self, data: bytes, offset: int, *, final: bool) -> Records:
        """See `records.RecordFormat`."""
        records = self._inner.parse(data, offset, final=final)
        if not records.frame.height and records.frame.columns == ["offset"]:  # no header yet
            return records
        return self._mapper.apply(
            records, lambda row: data[int(records.starts[row]) : int(records.ends[row])]
        )


class Mapper:
    """Turns foreign columns into known ones, row by row."""

    def __init__(self, shape: RowShape) -> None:
        """`shape` must have a mapping."""
        self._shape = shape
        self._compiled: dict[tuple[tuple[str, str], ...], dict[str, Expression]] = {}

    def compiled(self, schema: Types) -> dict[str, Expression]:
        """The expressions, ready for columns of these types.

        Raises:
            ConfigError: naming every expression that does not fit.
        """
        mapping = self._shape.mapping or SourceMap()
        key = tuple((name, str(dtype)) for name, dtype in schema.items())
        if key not in self._compiled:
            self._compiled[key] = compile_all(mapping, schema)
        return self._compiled[key]

    def apply(self, records: Records, raw: Callable[[int], bytes]) -> Records:
        """`records` with known columns; rows whose fields the mapping cannot use are rejected.

        As in admission, a row of another event type is left alone: it is filtered, whatever else it holds.
        """
        frame = records.frame
        expressions = self.compiled(frame.schema)
        kept = [name for name in frame.columns if self._passes(name, expressions)]
        columns: dict[str, pl.Series] = {}
        reasons: dict[str, pl.Series] = {}
        for target, expression in expressions.items():
            columns[target], faults = self._evaluate(target, expression, frame)
            if faults.null_count() < faults.len():
                reasons[target] = faults
        shaped = frame.select(kept).with_columns(values.alias(name) for name, values in columns.items())
        return self._without_faulty(replace(records, frame=shaped, plain=False), reasons, raw)

    def _passes(self, name: str, expressions: Mapping[str, Expression]) -> bool:
        """Whether an unmapped column is known by its own name."""
        plain = name.removesuffix(NUMBER_SUFFIX).partition("\0")[0]
        return name == "offset" or (plain in self._shape.targets and plain not in expressions)

    def _evaluate(
        self, target: str, expression: Expression, frame: pl.DataFrame
    ) -> tuple[pl.Series, pl.Series]:
        try:
            inputs = expression.inputs(frame)
            return expression.evaluate(inputs), expression.faults(frame, inputs)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            origin = self._shape.mapping.origin if self._shape.mapping else ""
            problem = sanitise(str(error).strip().split("\n", 1)[0])
            raise SourceError(
                f"{self._shape.source}: {origin}: map.{target} cannot be evaluated: {problem}",
                hint="Make the expression work for every row, with CASE or TRY_CAST.",
            ) from error

    def _without_faulty(
        self, records: Records, reasons: Mapping[str, pl.Series], raw: Callable[[int], bytes]
    ) -> Records:
        if not reasons:
            return records
        frame = records.frame
        examined = (
            _examined(frame) if "event_type" in frame.columns else pl.repeat(True, frame.height, eager=True)
        )
        faulty = np.zeros(frame.height, np.bool_)
        problems: dict[int, tuple[str, str]] = {}
        for target, faults in reasons.items():
            judged = faults.is_not_null() if target == "event_type" else faults.is_not_null() & examined
            for row in judged.arg_true().to_list():
                faulty[row] = True
                problems.setdefault(row, (target, str(faults[row])))
        rejected = [
            rejection(
                self._shape.source,
                int(frame["offset"][row]),
                raw(row),
                f"{target}: {problem}",
                f"bad_{target}",
            )
            for row, (target, problem) in sorted(problems.items())
        ]
        good = ~faulty
        return replace(
            records,
            frame=frame.filter(pl.Series(good)),
            starts=records.starts[good],
            ends=records.ends[good],
            rejected=(*records.rejected, *rejected),
        )


def _examined(frame: pl.DataFrame) -> pl.Series:
    """Rows of which admission will look at more than the event type."""
    kinds = frame["event_type"].cast(pl.String).str.strip_chars()
    return kinds.is_null() | (kinds == "") | kinds.is_in(list(EVENT_TYPES))


def compile_all(mapping: SourceMap, schema: Types) -> dict[str, Expression]:
    """Every expression of `mapping` for columns of these types.

    Raises:
        ConfigError: naming every expression that does not fit.
    """
    compiled: dict[str, Expression] = {}
    problems: list[str] = []
    for target, sql in mapping.expressions.items():
        try:
            compiled[target] = compile_expression(sql, schema)
        except ExpressionError as error:
            problems.append(sanitise(f"{mapping.origin}: map.{target}: {error} (in {shortened(sql)})"))
    if problems:
        raise ConfigError(
            problems, hint="Columns of text files are text; CAST says what they are meant to be."
        )
    return compiled


def check_for_text(mapping: SourceMap) -> None:
    """Nothing, if the mapping fits sources whose columns are text.

    Raises:
        ConfigError: naming every expression that does not.
    """
    compile_all(mapping, dict.fromkeys(mapping.columns, pl.String))
