"""One expression of a mapping: polars SQL, checked to look at one row at a time.

Two promises make the verdict on a row independent of its neighbours:

* *Types come from the expression alone.* Where every column is text, the columns that the
  expression uses as numbers are the smallest set it cannot do without; the data have no say. A
  text in such a column that is no number refutes its row.
* *Nothing looks at other rows.* Aggregates, windows, subqueries, the clock, and conversions that
  guess a format from the rows they see are refused. A conversion that fails (CAST, STRPTIME)
  refutes its row, if the CASE around it comes to it; TRY_CAST gives null instead.
"""

import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from revtui.adapters.sources.expressionlimits import LimitError, check_text, check_tree
from revtui.core.text import sanitise

COLUMNS_MAX: Final = 8
"""Columns that one expression may use."""

OFFSET: Final = "offset"
"""The column of positions, which every frame has besides those of the data."""

_FUNCTIONS: Final = frozenset(
    [
        "Abs",
        "Ceil",
        "Coalesce",
        "Exp",
        "FillNull",
        "Floor",
        "Log",
        "MaxHorizontal",
        "MinHorizontal",
        "Negate",
        "Pow",
        "Round",
        "Sign",
        "Sql",
        "StringExpr",
        "TemporalExpr",
        "Trigonometry",
        "Truncate",
        "Boolean",
        "ListExpr",
    ]
)
_KINDS: Final = {
    "Sql": frozenset(["Binary", "IsIn", "Round", "ToFloat"]),
    "Boolean": frozenset(
        ["IsNull", "IsNotNull", "IsNan", "IsNotNan", "IsFinite", "IsInfinite", "IsIn", "IsBetween", "Not"]
    ),
    "ListExpr": frozenset(["Get"]),
}
"""Kinds of a function that are known to look at one row; of the other functions, all but _REFUSED."""
_REFUSED: Final = frozenset(["ConcatVertical", "ReplaceTimeZone", "ConvertTimeZone"])
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_CLOCK: Final = re.compile(
    r"\b(CURRENT_(?:DATE|TIME|TIMESTAMP)|LOCALTIME(?:STAMP)?|NOW|TODAY)\b", re.IGNORECASE
)
_TEMPORAL: Final = ("Date", "Datetime", "Time", "Duration")

_MESSAGE_MAX: Final = 300
_TOO_DEEP: Final = "it is nested too deeply, as long chains of operators or of WHEN are"

_Node = Any
"""A part of polars' JSON notation of an expression."""


class ExpressionError(ValueError):
    """An expression that cannot be used; the message says why, without the expression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A part of an expression that may fail for a row."""

    value: pl.Expr
    inputs: pl.Expr
    """What is converted; null stays null without failing."""
    reached: tuple[pl.Expr, ...]
    """Conditions of the CASE branches around it."""

    def failed(self) -> pl.Expr:
        """Whether it fails, per row."""
        return pl.all_horizontal(
            self.value.is_null(),
            self.inputs.is_not_null(),
            *(when.fill_null(value=False) for when in self.reached),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression ready to be evaluated on a frame with `columns`."""

    value: pl.Expr
    """Evaluated on `inputs` of a frame; never fails."""
    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    """Text columns that it uses as numbers."""
    conversions: tuple[Conversion, ...]

    def inputs(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns it uses, numbers as Float64; null where a text is no number."""
        return frame.select(OFFSET, *self.columns).with_columns(_number(name) for name in self.numbers)

    def faults(self, frame: pl.DataFrame, inputs: pl.DataFrame) -> pl.Series:
        """Per row what is wrong with it, or null."""
        found = [
            pl.when(pl.Series(inputs[name].is_null() & _said(frame[name]))).then(
                pl.format("{}: {} is no number", pl.lit(name), pl.Series(name, frame[name]))
            )
            for name in self.numbers
        ]
        found += [
            pl.when(conversion.failed()).then(
                pl.format("cannot convert {}", conversion.inputs.cast(pl.String, strict=False))
            )
            for conversion in self.conversions
        ]
        if not found:
            return pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        return inputs.with_columns(pl.coalesce(found).alias("\0fault")).get_column("\0fault")

    def evaluate(self, inputs: pl.DataFrame) -> pl.Series:
        """Its value per row."""
        return inputs.with_columns(self.value.alias("\0value")).get_column("\0value")


def columns_of(sql: str) -> tuple[str, ...]:
    """The columns an expression uses, in the order they stand.

    Raises:
        ExpressionError: when it is no expression, or looks beyond its row.
    """
    columns = _columns(_tree(sql))
    if len(columns) > COLUMNS_MAX:
        raise ExpressionError(f"it uses more than {COLUMNS_MAX} columns")
    if OFFSET in columns:
        raise ExpressionError(f"a column called {OFFSET} cannot be used: the name is taken")
    return columns


def compile_expression(sql: str, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> Expression:
    """`sql` on frames of `schema`, which holds all columns it uses.

    Raises:
        ExpressionError: when it does not fit the schema, whatever text columns are numbers.
    """
    columns = columns_of(sql)
    tree = _lenient(_tree(sql))
    texts = [name for name in columns if schema[name] == pl.String]
    problem = ""
    for many in range(len(texts) + 1):
        for numbers in itertools.combinations(texts, many):
            types = {name: pl.Float64 if name in numbers else schema[name] for name in columns}
            try:
                _try(tree, types)
            except ExpressionError as error:
                problem = problem or str(error)
                continue
            return Expression(
                value=_expr(tree),
                columns=columns,
                numbers=numbers,
                conversions=tuple(_conversions(_tree(sql), ())),
            )
    raise ExpressionError(problem)


def shortened(sql: str) -> str:
    """An expression, or the beginning of a long one, as it stands in messages."""
    return repr(sql if len(sql) <= _MESSAGE_MAX else f"{sql[:_MESSAGE_MAX]}…")


def _number(name: str) -> pl.Expr:
    value = pl.col(name).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value).alias(name)


def _said(texts: pl.Series) -> pl.Series:
    return (texts.str.strip_chars() != "").fill_null(value=False)


def _tree(sql: str) -> _Node:
    if clock := _CLOCK.search(_QUOTED.sub("''", sql)):
        raise ExpressionError(f"{clock[1].upper()} depends on when it is asked")
    try:
        check_text(sql)
        tree = json.loads(pl.sql_expr(sql).meta.serialize(format="json"))
        _check(tree)
        check_tree(tree)
        _expr(tree)
    except LimitError as error:
        raise ExpressionError(sanitise(str(error))) from error
    except RecursionError as error:
        raise ExpressionError(_TOO_DEEP) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ExpressionError(_first_line(error)) from error
    return tree


def _first_line(error: BaseException) -> str:
    line = sanitise(str(error).strip().split("\n", 1)[0])
    return line if len(line) <= _MESSAGE_MAX else f"{line[:_MESSAGE_MAX]}…"


def _expr(tree: _Node) -> pl.Expr:
    """The expression that a tree stands for.

    Raises:
        ExpressionError: when it is too deep for polars.
    """
    try:
        return pl.Expr.deserialize(io.StringIO(json.dumps(tree)), format="json")
    except pl.exceptions.ComputeError as error:
        raise ExpressionError(_TOO_DEEP) from error


def _parts(tree: _Node) -> Iterator[_Node]:
    """The operands of a node."""
    match tree:
        case {"BinaryExpr": {"left": left, "right": right}}:
            yield from (left, right)
        case {"Ternary": {"predicate": predicate, "truthy": truthy, "falsy": falsy}}:
            yield from (predicate, truthy, falsy)
        case {"Cast": {"expr": operand}}:
            yield operand
        case {"Function": {"input": operands}}:
            yield from operands
        case {"Alias": [operand, _]}:
            yield operand


def _columns(tree: _Node) -> tuple[str, ...]:
    if isinstance(tree, dict) and "Column" in tree:
        return (str(tree["Column"]),)
    return tuple(dict.fromkeys(name for part in _parts(tree) for name in _columns(part)))


def _check(tree: _Node) -> None:
    """Nothing, if every node of `tree` looks at one row."""
    match tree:
        case {"Column": _} | {"Literal": _}:
            return
        case {"Function": {"function": function}}:
            _check_function(function)
        case {"BinaryExpr": _} | {"Ternary": _} | {"Cast": _} | {"Alias": _}:
            pass
        case _:
            raise ExpressionError("it looks at more than one row (an aggregate, a window or a subquery)")
    for part in _parts(tree):
        _check(part)


def _check_function(function: _Node) -> None:
    name, kind = _named(function)
    if kind in {"ReplaceTimeZone", "ConvertTimeZone"}:
        raise ExpressionError("AT TIME ZONE is not for mappings; set `timezone` instead")
    known = _KINDS.get(name)
    if name not in _FUNCTIONS or kind in _REFUSED or (known is not None and kind not in known):
        raise ExpressionError(f"{kind or name} looks at more than one row")
    match function:
        case {"StringExpr": {"Strptime": [_, {"format": None}]}}:
            raise ExpressionError("a time needs its format: STRPTIME(column, '%Y-%m-%d %H:%M:%S')")


def _named(function: _Node) -> tuple[str, str]:
    """Name and kind of a function, such as `StringExpr` and `Strptime`."""
    if isinstance(function, str):
        return function, ""
    name, kind = next(iter(function.items()))
    if isinstance(kind, dict):
        kind = next(iter(kind), "")
    return name, str(kind)


def _lenient(tree: _Node) -> _Node:
    """`tree` with conversions that give null where they fail."""
    match tree:
        case {"Cast": {"options": "Strict", **rest}}:
            return {"Cast": {**rest, "expr": _lenient(rest["expr"]), "options": "NonStrict"}}
        case {"Function": {"input": inputs, "function": {"StringExpr": {"Strptime": [dtype, options]}}}}:
            function = {"StringExpr": {"Strptime": [dtype, {**options, "strict": False}]}}
            return {"Function": {"input": [_lenient(part) for part in inputs], "function": function}}
        case {"Column": _} | {"Literal": _}:
            return tree
        case dict():
            return {key: _lenient(value) for key, value in tree.items()}
        case list():
            return [_lenient(value) for value in tree]
        case _:
            return tree


def _conversions(tree: _Node, reached: Sequence[pl.Expr]) -> Iterator[Conversion]:
    """The strict conversions of `tree`, each with the conditions under which it is come to."""
    match tree:
        case {"Ternary": {"predicate": predicate, "truthy": truthy, "falsy": falsy}}:
            when = _expr(_lenient(predicate)).fill_null(value=False)
            yield from _conversions(predicate, reached)
            yield from _conversions(truthy, (*reached, when))
            yield from _conversions(falsy, (*reached, ~when))
            return
        case {"Cast": {"options": "Strict", "expr": operand}} if operand.keys() != {"Literal"}:
            yield _conversion(tree, operand, reached)
        case {"Function": {"input": [operand, *_], "function": {"StringExpr": {"Strptime": _}}}}:
            yield _conversion(tree, operand, reached)
    for part in _parts(tree):
        yield from _conversions(part, reached)


def _conversion(tree: _Node, operand: _Node, reached: Sequence[pl.Expr]) -> Conversion:
    return Conversion(value=_expr(_lenient(tree)), inputs=_expr(_lenient(operand)), reached=tuple(reached))


def _try(tree: _Node, types: Mapping[str, pl.DataType | type[pl.DataType]]) -> None:
    """Nothing, if the expression can be evaluated on columns of these types.

    Raises:
        ExpressionError: when polars refuses, or would take a meaning that SQL has not.
    """
    probe = pl.DataFrame({"\0": [0]}).with_columns(
        pl.lit(_sample(dtype)).cast(dtype, strict=False).alias(name) for name, dtype in types.items()
    )
    for part in _guessing(tree):
        _check_guess(part, probe)
    _value(tree, probe)


def _sample(dtype: pl.DataType | type[pl.DataType]) -> str | None:
    return "1" if dtype == pl.String or dtype.is_numeric() else None


def _value(tree: _Node, probe: pl.DataFrame) -> pl.Series:
    try:
        return probe.with_columns(_expr(tree).alias("\0value")).get_column("\0value")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ExpressionError(_first_line(error)) from error


def _guessing(tree: _Node) -> Iterator[_Node]:
    """Nodes whose meaning hangs on the type of an operand."""
    match tree:
        case {"BinaryExpr": {"op": "Plus"}} | {"Cast": {"dtype": {"Literal": _}}}:
            yield tree
    for part in _parts(tree):
        yield from _guessing(part)


def _check_guess(tree: _Node, probe: pl.DataFrame) -> None:
    """Refuse `text + text`, which polars would join, and text to time by a format guessed from rows."""
    match tree:
        case {"BinaryExpr": {"left": left, "right": right}}:
            texts = [part for part in (left, right) if _value(part, probe).dtype == pl.String]
            if texts and not all(isinstance(part, dict) and "Column" not in part for part in texts):
                raise ExpressionError("text cannot be added; || joins it")
        case {"Cast": {"expr": operand, "dtype": {"Literal": dtype}}}:
            name = dtype if isinstance(dtype, str) else next(iter(dtype))
            if name in _TEMPORAL and _value(operand, probe).dtype in {pl.String, pl.Float64}:
                raise ExpressionError("a time needs its format: STRPTIME(column, '%Y-%m-%d %H:%M:%S')")
