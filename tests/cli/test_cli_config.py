"""`revtui config`: what is in force and where it comes from, and what is wrong with it."""

import json
import tomllib
from pathlib import Path

import pytest

from black_box import revtui
from program import environment
from revtui.cli.main import run


@pytest.fixture(autouse=True)
def _empty_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def test_each_value_shows_where_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[window]\nlength = "10m"\n')
    env = environment(HOME=str(tmp_path), REVTUI_WINDOW__HOP="2m", REVTUI_DEBUG="1")
    outcome = revtui("config", "show", "--config", "mine.toml", folder=tmp_path, env=env)
    assert outcome.status == 0, outcome.err
    lines = {line.split(" = ")[0]: line for line in outcome.text.splitlines() if " = " in line}
    assert "10m" in lines["length"]
    assert "mine.toml" in lines["length"]
    assert "REVTUI_WINDOW__HOP" in lines["hop"]
    assert lines["bound"].endswith("# default")
    assert tomllib.loads(outcome.text)["window"]["hop"] == "2m"


def test_every_problem_is_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text('[window]\nlenght = "5m"\nhop = "soon"\n')
    assert run(["config", "check", "--config", "bad.toml"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "lenght" in captured.err
    assert "soon" in captured.err
    assert run(["config", "show", "--config", "bad.toml"]) == 2


def test_a_good_configuration_is_accepted_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_schema_is_json_with_every_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema"]) == 0
    assert {"window", "business", "rules", "screen"} <= set(json.loads(capsys.readouterr().out)["properties"])


def test_a_missing_file_is_a_problem_of_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "check", "--config", "nowhere.toml"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err
