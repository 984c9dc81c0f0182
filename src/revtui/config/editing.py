"""Editing TOML text: set one value so that everything else stays as a person wrote it.

Several ways are tried, gentlest first; each result is read back, and one that does not say exactly
what it shall is dropped. So an unusual layout can only lead to "no", never to a spoilt file.

    the value is there            replace it in place
    its table has a header        a line after the last one of that table
    the table is missing          a new table at the end of the document
    it is written some other way  through the parsed document (inline tables)
"""

import re
import tomllib
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from revtui.config.keys import KeyPath, dotted, put, quoted, split

_HEADER: Final = re.compile(r"\s*\[(?P<array>\[?)(?P<key>[^\n]*?)\]\]?\s*(#.*)?")
_KEY: Final = re.compile(r"""\s*[A-Za-z0-9_\-"'][^=\n#]*=""")


def set_value(text: str, path: KeyPath, value: float | str) -> str | None:
    r"""`text` with the value at `path`; None when it cannot be had without touching anything else.

    >>> set_value("[rules.revenue] # floor", ("rules", "revenue", "warn"), 500)
    '[rules.revenue] # floor\nwarn = 500\n'
    """
    wanted = tomllib.loads(text)
    put(wanted, path, value)
    return next((edited for edited in _edits(text, path, value) if _says(edited, wanted)), None)


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except (ValueError, RecursionError):
        return False


def _edits(text: str, path: KeyPath, value: float | str) -> Iterator[str]:
    present = _holds(tomllib.loads(text), path)
    if not present:
        yield from _line_added(text, path, value)
        yield _table_added(text, path, value)
    yield from _through_document(text, path, value)


def _holds(table: Any, path: KeyPath) -> bool:
    for name in path:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True


def _line_added(text: str, path: KeyPath, value: float | str) -> Iterator[str]:
    """A line after the last key of the table's block, or after its header."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if _header(line) != path[:-1]:
            continue
        last = number
        for following in range(number + 1, len(lines)):
            if _header(lines[following]):
                break
            if _KEY.match(lines[following]):
                last = following
        end = _newline(text)
        before = "".join(lines[: last + 1])
        separator = "" if before.endswith("\n") else end
        yield f"{before}{separator}{_assignment(path, value)}{end}" + "".join(lines[last + 1 :])


def _header(line: str) -> KeyPath:
    """The path of a table's header; empty for any other line."""
    match = _HEADER.fullmatch(line.rstrip("\r\n"))
    if match is None or match["array"]:
        return ()
    try:
        return split(match["key"])
    except ValueError:
        return ()


def _table_added(text: str, path: KeyPath, value: float | str) -> str:
    end = _newline(text)
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return f"{text}{gap}[{dotted(path[:-1])}]{end}{_assignment(path, value)}{end}"


def _assignment(path: KeyPath, value: float | str) -> str:
    return f"{dotted(path[-1:])} = {quoted(value) if isinstance(value, str) else value!r}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _through_document(text: str, path: KeyPath, value: float | str) -> Iterator[str]:
    """Through the style-preserving parser, which knows inline tables and dotted keys."""
    import tomlkit  # noqa: PLC0415 - seldom needed, and every start would pay for it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415 - see above

    try:
        document = tomlkit.parse(text)
        table: MutableMapping[str, Any] = document
        for name in path[:-1]:
            if name not in table:
                table[name] = tomlkit.inline_table()
            table = table[name]
        table[path[-1]] = value
        yield tomlkit.dumps(document)
    except (TOMLKitError, TypeError, AttributeError):
        return  # a layout it cannot change; the caller says so
