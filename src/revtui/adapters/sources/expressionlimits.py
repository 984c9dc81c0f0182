"""What an expression of a mapping may be made of and grow to, told before it is used.

A mapping may lie beside the data it was sent with, so it is no more to be trusted than they are:

* polars runs a subquery while it still reads the expression, table functions such as `read_csv` with
  it. The text is therefore looked at before polars sees it: quoted parts, plain words and operators,
  no SELECT, and nothing (comments, escapes) that polars might take for a quote where we do not.
* Chains of operators are nested trees: long ones take polars seconds to read, longer ones its stack.
* Text functions can make gigabytes of one field, and a pattern that comes from the data fails for a
  whole batch where one row's is no pattern.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

LENGTH_MAX: Final = 100_000
"""Characters of one expression."""
TOKENS_MAX: Final = 1_000
"""Words and operators of one expression; numbers, quoted texts and commas (lists of IN) are not counted."""
GROWTH_MAX: Final = 16
"""How many times as long as its fields a text may become."""
ADDED_MAX: Final = 1_000
"""How many characters of its own an expression may add to a text."""
DECIMAL_DIGITS: Final = 38

_TOKEN: Final = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")*\")|(?P<number>\d[\d.]*(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[^\W\d]\w*(?!['\"\w]))|(?P<operator>[-+*/%<>=!|~:&^]+|[().\[\]{}?;])|(?P<space>[\s,]+)"
)
_COMMENT: Final = re.compile(r"--|/\*|\*/")
_FREE: Final = frozenset(["text", "number", "space"])
_PATTERNS: Final = frozenset(["Contains", "Find", "Extract", "ExtractAll", "CountMatches"])
_TEXT_MAX: Final = 64
"""Characters of a number or a time as text."""

_Node = Any
"""A part of polars' JSON notation of an expression."""


class LimitError(ValueError):
    """An expression that may not be used; the message says why."""


def check_text(sql: str) -> None:
    """Nothing, if polars may read `sql`.

    Raises:
        LimitError: when it is too long, asks for a subquery, or holds what no mapping needs.
    """
    if len(sql) > LENGTH_MAX:
        raise LimitError(f"it is longer than {LENGTH_MAX:,} characters")
    tokens = 0
    place = 0
    while place < len(sql):
        token = _TOKEN.match(sql, place)
        if token is None or (token.lastgroup == "operator" and _COMMENT.search(token[0])):
            raise LimitError(f"unexpected {sql[place : place + 1]!r} at character {place + 1}")
        if token["word"] and token[0].upper() == "SELECT":
            raise LimitError("it looks at more than one row (a subquery)")
        tokens += token.lastgroup not in _FREE
        place = token.end()
    if tokens > TOKENS_MAX:
        raise LimitError(f"it has more than {TOKENS_MAX:,} words and operators")


def check_tree(tree: _Node) -> None:
    """Nothing, if the expression can be evaluated without harm.

    Raises:
        LimitError: when it could make very long texts, or depends on patterns in the data.
    """
    for node in _nodes(tree):
        match node:
            case {"Cast": {"dtype": {"Literal": {"Decimal": [digits, decimals]}}}}:
                if not 1 <= digits <= DECIMAL_DIGITS or not 0 <= decimals <= digits:
                    raise LimitError(f"DECIMAL({digits}, {decimals}) does not exist")
            case {"Function": {"input": [_, pattern, *_], "function": {"StringExpr": {**kind}}}}:
                if not _PATTERNS.isdisjoint(kind) and "Literal" not in pattern:
                    raise LimitError("a pattern must be a text in quotes")
    times, added = _growth(tree)
    if times > GROWTH_MAX or added > ADDED_MAX:
        raise LimitError(
            f"it could make a text more than {GROWTH_MAX} times as long, or {ADDED_MAX:,} characters longer"
        )


def _nodes(tree: _Node) -> Iterator[dict[str, _Node]]:
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(part)


def _growth(tree: _Node) -> tuple[int, int]:
    """`(times, added)`: no text it makes is longer than times x the longest field + added."""
    match tree:
        case {"Column": _}:
            return 1, 0
        case {"Literal": {"Scalar": {"String": text}}} | {"Literal": text}:
            return 0, len(text) if isinstance(text, str) else 0  # digits do not count
        case {"Function": {"input": [operand, *rest], "function": {"StringExpr": {**kind}}}}:
            return _text_growth(operand, rest, kind)
        case {"Function": {"function": {"TemporalExpr": {"ToString": format_}}}}:
            return 0, len(str(format_)) * _TEXT_MAX
        case {"BinaryExpr": {"left": left, "op": "Plus", "right": right}}:  # || is a Plus of texts
            (times, added), (others, more) = _growth(left), _growth(right)
            return times + others, added + more
    # Of other nodes none makes a text longer than its longest operand, or than a number is.
    parts = [_growth(operand) for operand in _operands(tree)]
    return max((times for times, _ in parts), default=0), max(
        (added for _, added in parts), default=_TEXT_MAX
    )


def _operands(tree: _Node) -> Iterator[_Node]:
    match tree:
        case {"Ternary": {"truthy": truthy, "falsy": falsy}}:
            yield from (truthy, falsy)
        case {"Cast": {"expr": operand}} | {"Alias": [operand, _]}:
            yield operand
        case {"Function": {"input": operands}}:
            yield from operands


def _text_growth(operand: _Node, rest: list[_Node], kind: dict[_Node, _Node]) -> tuple[int, int]:
    """That of a function of text, by what it does."""
    times, added = _growth(operand)
    match kind, rest:
        case {"PadStart": _} | {"PadEnd": _} | {"ZFill": _}, [length, *_]:
            return times, added + _whole(length)
        case {"Replace": {"literal": literal}}, [pattern, by, *_]:
            old, new = _quoted(pattern), _quoted(by)
            factor = max(1, -(-len(new) // len(old))) if literal and old else 1 + len(new)
            return times * factor, (added + 1) * factor
        case {"ConcatHorizontal": {"delimiter": str(between)}}, _:
            parts = [(times, added), *(_growth(part) for part in rest)]
            return sum(n for n, _ in parts), sum(more + len(between) for _, more in parts)
    return times, added


def _whole(length: _Node) -> int:
    match length:
        case {"Literal": {"Dyn": {"Int": int(number)}}}:
            return number
        case _:
            raise LimitError("a length must be a whole number")


def _quoted(text: _Node) -> str:
    match text:
        case {"Literal": {"Scalar": {"String": str(literal)}}}:
            return literal
        case _:
            raise LimitError("REPLACE takes its texts in quotes")
