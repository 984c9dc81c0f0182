"""Thresholds changed on the screen, on their way into the configuration file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from revtui.config.saving import LevelName, ThresholdChange, changes_between, save_thresholds
from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.rules import Levels, Rule

NOTHING_TO_SAVE = "nothing to save"


class ThresholdFile:
    """The file, and what the rules were when it was last written."""

    def __init__(self, path: Path, rules: Sequence[Rule]) -> None:
        """`rules` are those that the configuration gives now."""
        self._path = path
        self._saved = {rule.name: rule for rule in rules}

    def save(self, rules: Sequence[Rule]) -> str:
        """Write the levels that differ, and say where; rules that are not given stay as they are.

        Raises:
            RevtuiError: when it cannot be written; the file is then as it was.
        """
        changes = [
            change
            for rule in rules
            if rule.name in self._saved
            for change in _changed(self._saved[rule.name], rule)
        ]
        if not changes:
            return NOTHING_TO_SAVE
        save_thresholds(self._path, changes)
        self._saved |= {rule.name: rule for rule in rules}
        return f"saved to {self._path}"


def _changed(old: Rule, new: Rule) -> Iterator[ThresholdChange]:
    """The levels that differ; and those of gateways that were not touched, but would follow one that was."""
    for change in changes_between(old, new):
        before = _level(old.levels_for(change.gateway_name), change.level)
        common = _level(old.levels, change.level)
        follows = (
            change.gateway_name != ALL_GATEWAYS
            and before == common
            and _level(new.levels, change.level) != common
        )
        if change.value != before or follows:
            yield change


def _level(levels: Levels | None, name: LevelName) -> float | None:
    if levels is None:
        return None
    return levels.warn if name == "warn" else levels.crit
