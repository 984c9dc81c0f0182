"""The configuration as text: TOML that could be loaded again, with the origin of every value beside it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from revtui.config.keys import KeyPath, dotted
from revtui.config.loading import LoadedConfig
from revtui.config.values import literal

_COMMENT_COLUMN: Final = 44


def show(loaded: LoadedConfig) -> str:
    """TOML text of every value in force; passwords in URLs are hidden.

    The law: without passwords, what is shown loads to the same configuration.
    """
    data = loaded.config.model_dump(exclude_none=True)
    return "\n".join(_table((), data, loaded)).strip("\n") + "\n"


def _table(path: KeyPath, table: Mapping[str, Any], loaded: LoadedConfig) -> Iterator[str]:
    """The plain values first, then the tables within, then the arrays of tables."""
    plain = {name: value for name, value in table.items() if not isinstance(value, dict | list | tuple)}
    if plain and path:
        yield f"\n[{dotted(path)}]"
    for name, value in plain.items():
        written = f"{dotted((name,))} = {literal(value)}"
        yield f"{written:<{_COMMENT_COLUMN}}  # {loaded.origin(dotted((*path, name)))}"
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _table((*path, name), value, loaded)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from _item((*path, name), item, loaded)


def _item(path: KeyPath, table: dict[str, Any], loaded: LoadedConfig) -> Iterator[str]:
    yield f"\n[[{dotted(path)}]]  # {loaded.origin(dotted(path))}"
    yield from (
        f"{dotted((name,))} = {literal(value)}"
        for name, value in table.items()
        if not isinstance(value, dict)
    )
    for name, inner in table.items():
        if isinstance(inner, dict):
            yield f"[{dotted((*path, name))}]"
            yield from (f"{dotted((key,))} = {literal(value)}" for key, value in inner.items())
