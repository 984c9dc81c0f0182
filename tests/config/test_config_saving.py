"""Saving thresholds: what is saved loads to the same levels, and nothing else of the file changes."""

import os
import stat
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revtui.config.editing import set_value
from revtui.config.keys import put
from revtui.config.layers import ConfigPaths
from revtui.config.loading import load
from revtui.config.saving import ThresholdChange, changes_between, save_thresholds
from revtui.config.thresholds import apply_rules
from revtui.core.contracts import classic, contracts
from revtui.core.errors import RevtuiError
from revtui.core.rules import Comparison, Levels, Rule

WARN = ThresholdChange(kpi="fail_rate", level="warn", value=0.2)
FILE = """\
# our thresholds, see the runbook
[rules.fail_rate] # payments
warn = 0.1   # agreed in May
min_volume = 30
# the CRIT is the contract's

# how it looks
[screen]
theme = "mono" # for the old terminals

[rules.p95_latency]
warn = 900
"""


def rules_of(path: Path, base: tuple[Rule, ...]) -> tuple[Rule, ...]:
    paths = ConfigPaths(system=path.parent / "none", user=path)
    return apply_rules(base, load(environ={}, cwd=path.parent, paths=paths).config)


def levels_of(rules: tuple[Rule, ...]) -> dict[str, tuple[Levels, dict[str, Levels]]]:
    return {rule.kpi: (rule.levels, dict(rule.per_gateway)) for rule in rules}


def test_comments_order_and_everything_else_stay(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    save_thresholds(
        path,
        [
            WARN,
            ThresholdChange(kpi="fail_rate", level="crit", value=0.4),
            ThresholdChange(kpi="fail_rate", level="warn", value=0.25, gateway_name="a.b"),
            ThresholdChange(kpi="revenue", level="crit", value=200.0),
            ThresholdChange(kpi="p95_latency", level="warn", value=None),
            ThresholdChange(kpi="p95_latency", level="crit", value=1500.0),
        ],
    )
    assert (
        path.read_text()
        == """\
# our thresholds, see the runbook
[rules.fail_rate] # payments
warn = 0.2   # agreed in May
min_volume = 30
crit = 0.4
# the CRIT is the contract's

# how it looks
[screen]
theme = "mono" # for the old terminals

[rules.p95_latency]
warn = "off"
crit = 1500

[rules.fail_rate.gateways."a.b"]
warn = 0.25

[rules.revenue]
crit = 200
"""
    )


def test_a_new_file_and_its_folders_are_private(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".config" / "revtui" / "config.toml"
    save_thresholds(path, [WARN])
    assert path.read_text() == "[rules.fail_rate]\nwarn = 0.2\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {
        stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parents[1], path.parents[2])
    } == {0o700}
    assert list(path.parent.iterdir()) == [path]


def test_the_mode_of_a_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    path.chmod(0o640)
    save_thresholds(path, [WARN])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_somebody_else_wrote_since_it_was_loaded_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    rules_of(path, contracts())
    path.write_text(FILE.replace("900", "700") + "\n[business]\nmax_gateways = 3\n")
    save_thresholds(path, [WARN])
    written = tomllib.loads(path.read_text())
    assert written["rules"] == {"fail_rate": {"warn": 0.2, "min_volume": 30}, "p95_latency": {"warn": 700}}
    assert written["business"] == {"max_gateways": 3}


def test_nothing_to_save_touches_nothing(tmp_path: Path) -> None:
    save_thresholds(tmp_path / "new" / "config.toml", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("[rules.fail_rate\n", "config.toml:1: "),
        ("[screen]\nthem = 1\n", 'screen.them: unknown key; did you mean "theme"'),
        ("[rules.fail_rate]\ncrit = 0.15\n", "CRIT > 0.15 is looser than WARN > 0.2"),
        ("rules = 5\n", "does not fit the way it is written"),
        ("[rules]\nfail_rate = 5\n", "does not fit the way it is written"),
    ],
)
def test_a_file_that_is_or_would_be_wrong_is_refused_and_left_alone(
    tmp_path: Path, before: str, reason: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(before)
    with pytest.raises(RevtuiError) as refused:
        save_thresholds(path, [WARN])
    assert reason in refused.value.message
    assert refused.value.hint
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_out_of_the_folder_is_refused_and_one_within_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "revtui"
    folder.mkdir()
    outside = tmp_path / "elsewhere.toml"
    outside.write_text("")
    (folder / "config.toml").symlink_to(outside)
    with pytest.raises(RevtuiError, match="a link out of its folder"):
        save_thresholds(folder / "config.toml", [WARN])
    assert outside.read_text() == ""
    (folder / "config.toml").unlink()
    (folder / "real.toml").write_text("")
    (folder / "config.toml").symlink_to("real.toml")
    save_thresholds(folder / "config.toml", [WARN])
    assert (folder / "config.toml").is_symlink()
    assert (folder / "real.toml").read_text() == "[rules.fail_rate]\nwarn = 0.2\n"


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.symlink_to(path)
    with pytest.raises(RevtuiError, match="cannot save thresholds"):
        save_thresholds(path, [WARN])


def test_something_that_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.toml")
    with pytest.raises(RevtuiError, match="no regular file"):
        save_thresholds(tmp_path / "config.toml", [WARN])


def test_a_folder_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RevtuiError, match="Not a directory") as refused:
        save_thresholds(tmp_path / "file" / "revtui" / "config.toml", [WARN])
    assert "by hand" in refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[rules.fail_rate]",
        "[rules.fail_rate]\r\nwarn = 0.1\r\n",
        '[rules."fail_rate"]\nfor = "1m"\n[screen]\n',
        "[ rules . fail_rate ] # spaced\n",
        "rules = {fail_rate = {crit = 0.4}} # inline\n",
        "[rules]\nfail_rate = {crit = 0.4}\n",
        "[rules]\nfail_rate.crit = 0.4\n",
        "[rules.fail_rate.gateways.x]\nwarn = 0.1\n",
        'rules.fail_rate.warn = 0.1 # dotted\nrules.set = "classic"\n',
        '[screen]\ntheme = """\n[rules.fail_rate]\n"""\n',
        '[[source]]\nurl = "a"\n',
    ],
)
def test_a_value_is_set_in_any_layout(text: str) -> None:
    wanted = tomllib.loads(text)
    put(wanted, WARN.path, 0.2)
    edited = set_value(text, WARN.path, 0.2)
    assert edited is not None
    assert tomllib.loads(edited) == wanted
    assert all(comment in edited for comment in ("# spaced", "# inline", "# dotted") if comment in text)
    assert ("\r\n" in edited) == ("\r\n" in text)


NAMES = st.sampled_from(["stripe", "a.b", 'q"uote', "ü", "(other)", "line\u2028"]).filter(str.isprintable)
PAIRS = st.tuples(
    st.none() | st.floats(0, 0.4, allow_subnormal=False), st.none() | st.floats(0.4, 1, allow_subnormal=False)
)
LEVELS = PAIRS.filter(lambda pair: pair != (None, None)).map(lambda pair: Levels(warn=pair[0], crit=pair[1]))


@st.composite
def share_rules(draw: st.DrawFn) -> Rule:
    return Rule(
        name="fail_rate",
        kpi="fail_rate",
        comparison=Comparison.ABOVE,
        levels=draw(LEVELS),
        per_gateway=draw(st.dictionaries(NAMES, LEVELS, max_size=3)),
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    old=share_rules(),
    edits=st.lists(share_rules(), min_size=1, max_size=3),
    start=st.sampled_from(["", FILE.replace("warn = 0.1 ", "for = '1s'")]),
)
def test_what_is_saved_loads_to_the_same_levels(
    tmp_path: Path, old: Rule, edits: list[Rule], start: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(start, encoding="utf-8")
    base = (old,)
    current = rules_of(path, base)[0]
    for edit in edits:
        kept = dict.fromkeys(current.per_gateway, edit.levels)
        new = replace(current, levels=edit.levels, per_gateway={**kept, **edit.per_gateway})
        save_thresholds(path, changes_between(current, new))
        current = rules_of(path, base)[0]
        for name in ("*", *current.per_gateway, *new.per_gateway):
            assert current.levels_for(name) == new.levels_for(name)


@given(rule=share_rules())
def test_the_same_levels_are_no_change(rule: Rule) -> None:
    assert changes_between(rule, rule) == ()


def test_all_levels_of_a_rule_are_written_when_one_changes() -> None:
    old = replace(contracts()[1], per_gateway={"stripe": Levels(warn=0.2)})
    new = replace(old, levels=Levels(warn=0.15, crit=0.4))
    written: dict[tuple[str, ...], Any] = {
        change.path: change.written for change in changes_between(old, new)
    }
    assert written == {
        ("rules", "fail_rate", "warn"): 0.15,
        ("rules", "fail_rate", "crit"): 0.4,
        ("rules", "fail_rate", "gateways", "stripe", "warn"): 0.2,
        ("rules", "fail_rate", "gateways", "stripe", "crit"): "off",
    }


def test_levels_set_under_one_rule_set_load_under_another(tmp_path: Path) -> None:
    old = classic()[1]
    save_thresholds(tmp_path / "config.toml", changes_between(old, replace(old, levels=Levels(warn=0.5))))
    assert levels_of(rules_of(tmp_path / "config.toml", contracts()))["fail_rate"] == (Levels(warn=0.5), {})
