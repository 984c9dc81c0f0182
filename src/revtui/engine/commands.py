"""Frozen commands: the only way anything travels from a front end back to the engine."""

from dataclasses import dataclass

from revtui.core.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRule:
    """Replace the rule of the same name: the newest closed window is judged anew at once, alerts follow with the next."""

    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Somebody has seen these alerts."""

    alert_ids: tuple[str, ...]
    by: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowWindows:
    """Let the rows of snapshots be of windows of this length; rules and alerts stay with the configured one."""

    length: int
    """Microseconds, a multiple of the hop."""


Command = SetRule | Acknowledge | ShowWindows
