"""Thresholds changed on the screen, on their way into the configuration file."""

from collections.abc import Sequence
from pathlib import Path

from revtui.config.saving import changes_between, save_thresholds
from revtui.core.rules import Rule


class ThresholdFile:
    """The file, and what the rules were when it was last written."""

    def __init__(self, path: Path, rules: Sequence[Rule]) -> None:
        """`rules` are those that the configuration gives now."""
        self._path = path
        self._saved = {rule.name: rule for rule in rules}

    def save(self, rules: Sequence[Rule]) -> str:
        """Write what differs, and say where; rules that are not given stay as they are.

        Raises:
            RevtuiError: when it cannot be written; the file is then as it was.
        """
        changes = [
            change
            for rule in rules
            if rule.name in self._saved
            for change in changes_between(self._saved[rule.name], rule)
        ]
        save_thresholds(self._path, changes)
        self._saved |= {rule.name: rule for rule in rules}
        return str(self._path)
