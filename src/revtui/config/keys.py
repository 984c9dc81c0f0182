"""Dotted keys: how a value of the configuration is named everywhere, and TOML's spelling of text.

A path is a tuple of names, `("rules", "fail_rate", "warn")`; a dotted key is its spelling,
`rules.fail_rate.warn`, with TOML's quotes around names that need them. Nothing here lets a control
character through to a terminal.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final

from revtui.core.spelling import nearest

KeyPath = tuple[str, ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    r"""`text` as a TOML basic string; everything unprintable is escaped.

    >>> quoted('5"\x1b')
    '"5\\"\\u001b"'
    """
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def dotted(path: Iterable[str | int]) -> str:
    """The dotted key of a path; numbers are positions in an array.

    >>> dotted(("rules", "fail_rate", "gateways", "a.b", "warn")), dotted(("source", 0, "url"))
    ('rules.fail_rate.gateways."a.b".warn', 'source[0].url')
    """
    text = ""
    for name in path:
        if isinstance(name, int):
            text += f"[{name}]"
        else:
            text += ("." if text else "") + (name if _BARE.fullmatch(name) else quoted(name))
    return text


def split(key: str) -> KeyPath:
    """The path of a dotted key.

    Raises:
        ValueError: when `key` is none.
    """
    table: Any = tomllib.loads(f"{key} = 0") if "\n" not in key else {}
    names: list[str] = []
    while isinstance(table, dict) and len(table) == 1:
        name, table = next(iter(table.items()))
        names.append(name)
    if not names or table != 0:
        raise ValueError(f"not a dotted key: {key!r}")
    return tuple(names)


def nested(path: KeyPath, value: object) -> dict[str, Any]:
    """The tables that hold just this value."""
    for name in reversed(path):
        value = {name: value}
    return value  # type: ignore[return-value] # a path has at least one name


def leaves(table: Mapping[str, Any], above: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value that is no table, with its path, in order; arrays are values."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*above, name))
        else:
            yield (*above, name), value


def put(table: MutableMapping[str, Any], path: KeyPath, value: object) -> None:
    """Set a value in nested tables, making those that are missing; a value in the way gives way."""
    *above, last = path
    for name in above:
        if not isinstance(table.get(name), MutableMapping):
            table[name] = {}
        table = table[name]
    table[last] = value


def remove(table: MutableMapping[str, Any], path: KeyPath) -> None:
    """Take the value, or the whole table, at `path` away, when there is one."""
    *above, last = path
    inner: Any = table
    for name in above:
        inner = inner.get(name) if isinstance(inner, MutableMapping) else None
    if isinstance(inner, MutableMapping):
        inner.pop(last, None)


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean "length"?`, or nothing when no known name is near.

    >>> suggestion("lengths", ["length", "hop"])
    '; did you mean "length"?'
    """
    found = nearest(name, known)
    return f"; did you mean {quoted(found)}?" if found else ""
