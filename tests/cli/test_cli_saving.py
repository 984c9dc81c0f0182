"""Saving thresholds from the screen: what was changed and no more, and what the person is told."""

from dataclasses import replace
from pathlib import Path

from revtui.cli.saving import ThresholdFile
from revtui.config.loading import load
from revtui.core.contracts import contracts
from revtui.core.rules import Levels, Rule

RULES = contracts()


def _with(levels: Levels, *, name: str = "fail_rate", **fields: object) -> list[Rule]:
    return [
        replace(rule, levels=levels, **fields) if rule.name == name else rule  # type: ignore[arg-type] # names are the test's
        for rule in RULES
    ]


def test_only_the_level_that_was_changed_is_written(tmp_path: Path) -> None:
    path = tmp_path / "revtui.toml"
    file = ThresholdFile(path, RULES)
    assert file.save(_with(Levels(warn=0.2, crit=0.3))) == f"saved to {path}"
    assert path.read_text() == "[rules.fail_rate]\nwarn = 0.2\n"
    assert file.save(_with(Levels(warn=0.2, crit=0.4))) == f"saved to {path}"
    assert path.read_text() == "[rules.fail_rate]\nwarn = 0.2\ncrit = 0.4\n"


def test_nothing_changed_is_nothing_to_save_and_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "revtui.toml"
    file = ThresholdFile(path, RULES)
    assert file.save(RULES) == "nothing to save"
    assert not path.exists()
    file.save(_with(Levels(warn=0.2, crit=0.3)))
    assert file.save(_with(Levels(warn=0.2, crit=0.3))) == "nothing to save"


def test_a_gateway_that_was_not_touched_does_not_follow_the_level_that_was(tmp_path: Path) -> None:
    own = {"stripe": Levels(warn=0.1, crit=0.3)}
    before = _with(Levels(warn=0.15, crit=0.3), per_gateway=own)
    after = _with(Levels(warn=0.15, crit=0.4), per_gateway=own)
    path = tmp_path / "revtui.toml"
    path.write_text("[rules.fail_rate.gateways.stripe]\nwarn = 0.1\n")
    ThresholdFile(path, before).save(after)
    loaded = next(
        rule for rule in load(environ={}, cwd=tmp_path, config_file=path).rules() if rule.name == "fail_rate"
    )
    assert loaded.levels == Levels(warn=0.15, crit=0.4)
    assert loaded.per_gateway == own
