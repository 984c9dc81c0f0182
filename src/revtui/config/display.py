"""The configuration as text: TOML that could be loaded again, with the origin of every value beside it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from revtui.config.keys import KeyPath, dotted
from revtui.config.layers import DEFAULT
from revtui.config.loading import LoadedConfig
from revtui.config.thresholds import rule_set
from revtui.config.values import OFF, literal
from revtui.core.durations import format_duration
from revtui.core.rules import Levels, Rule

_COMMENT_COLUMN: Final = 44

Table = dict[str, Any]


def show(loaded: LoadedConfig) -> str:
    """TOML text of every value in force; passwords in URLs are hidden.

    The law: without passwords, what is shown loads to the same windows, rules and all else.
    """
    return "\n".join(_table((), _in_force(loaded), loaded)).strip("\n") + "\n"


def _in_force(loaded: LoadedConfig) -> Table:
    """The configuration with what follows from it where nothing is said: the horizon, the rules."""
    config = loaded.config
    data = config.model_dump(exclude_none=True)
    data["window"]["horizon"] = format_duration(config.window.policy().horizon)
    rules = {rule.kpi: _rule(rule) for rule in loaded.rules()}
    said = {kpi: change.model_dump(exclude_none=True) for kpi, change in config.rules.changes().items()}
    off = {rule.kpi: {"warn": OFF, "crit": OFF} for rule in rule_set(config) if rule.kpi not in rules}
    data["rules"] = {"set": config.rules.set_ or "contracts"} | said | off | rules
    return data


def _rule(rule: Rule) -> Table:
    """The table of a KPI that makes this rule, whatever the rule set has."""
    terms = {
        "fire": "above" if rule.comparison.upward else "below",
        "min_volume": rule.min_volume,
        "for": format_duration(rule.for_),
        "clear_ratio": rule.clear_ratio,
        "keep_firing_for": format_duration(rule.keep_firing_for),
        "sla": rule.sla,
    }
    gateways = {name: _levels(levels) for name, levels in sorted(rule.per_gateway.items())}
    return _levels(rule.levels) | terms | ({"gateways": gateways} if gateways else {})


def _levels(levels: Levels) -> Table:
    return {
        name: OFF if level is None else level
        for name, level in (("warn", levels.warn), ("crit", levels.crit))
    }


def _table(path: KeyPath, table: Mapping[str, Any], loaded: LoadedConfig) -> Iterator[str]:
    """The plain values first, then the tables within, then the arrays of tables."""
    plain = {name: value for name, value in table.items() if not isinstance(value, dict | list | tuple)}
    if plain and path:
        yield f"\n[{dotted(path)}]"
    for name, value in plain.items():
        written = f"{dotted((name,))} = {literal(value)}"
        yield f"{written:<{_COMMENT_COLUMN}}  # {_origin((*path, name), loaded)}"
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _table((*path, name), value, loaded)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from _item((*path, name), item, loaded)


def _origin(path: KeyPath, loaded: LoadedConfig) -> str:
    """Where a value was written; else what it follows from."""
    origin = loaded.origin(dotted(path))
    if origin != DEFAULT:
        return str(origin)
    if path == ("window", "horizon"):
        return "default, or length + lateness + bound where that is longer"
    if len(path) > 2 and path[0] == "rules" and any(rule.kpi == path[1] for rule in rule_set(loaded.config)):
        return f"default of the rule set {loaded.config.rules.set_ or 'contracts'}"
    return str(DEFAULT)


def _item(path: KeyPath, table: Table, loaded: LoadedConfig) -> Iterator[str]:
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
