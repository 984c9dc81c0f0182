"""`revtui`: what it refuses, and in which order."""

from pathlib import Path

import pytest

from black_box import inside, revtui
from program import REVTUI, environment
from ptys import terminal
from revtui.cli.build import load_configuration, plan
from revtui.cli.monitor import readonly_by
from revtui.cli.options import Evaluation
from revtui.core.durations import DAY

pytestmark = pytest.mark.usefixtures("no_configuration")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope.csv", "--nope"], "unknown option '--nope'"),
        (["nope.csv", "--window", "x"], "--window"),
        (["nope.csv", "--theme", "neon"], "neon"),
        (["nope.csv", "--filter", "sev>="], "sev>="),
        (["nope.csv"], "the monitor needs a terminal"),
        ([], "the monitor needs a terminal"),
        (["-"], "the monitor needs a terminal"),
    ],
)
def test_arguments_are_refused_before_the_terminal_and_that_before_the_source(
    words: list[str], message: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = inside(capsysbinary, *words)
    assert (outcome.status, outcome.out) == (2, b"")
    assert message in outcome.err


@pytest.mark.parametrize(
    ("value", "readonly"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)]
)
def test_a_variable_makes_it_read_only_too(value: str | None, *, readonly: bool) -> None:
    assert readonly_by({} if value is None else {"REVTUI_READONLY": value}) is readonly


@pytest.mark.parametrize(("follow", "kept"), [(True, 2 * DAY), (False, 1000 * DAY)])
def test_panes_are_kept_for_a_screen_and_for_nobody_else(tmp_path: Path, *, follow: bool, kept: int) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("event_ts,event_type,amount\n2026-03-05T09:00:10Z,purchase,12.50\n")
    evaluation = Evaluation(timezone="Europe/Berlin")
    loaded = load_configuration(evaluation)
    for screen in (True, False):
        planned = plan([str(file)], evaluation, loaded, follow=follow, screen=screen)
        for source in planned.sources:
            source.close()
        archive = planned.settings.engine.archive
        assert (archive >= kept) if screen else (archive == 0)
        assert planned.settings.engine.timezone == "Europe/Berlin"


def test_without_a_terminal_it_names_what_works_without_one(tmp_path: Path) -> None:
    outcome = revtui(folder=tmp_path, env=environment(TERM="xterm"))
    assert outcome.status == 2
    assert "revtui snapshot" in outcome.err
    assert "revtui watch" in outcome.err


def test_a_terminal_that_cannot_draw_is_refused(tmp_path: Path) -> None:
    with terminal(folder=tmp_path, environ={"TERM": "dumb"}, program=REVTUI) as outer:
        assert outer.ended() == 2
        assert b"TERM=dumb" in outer.written
        assert b"\x1b" not in outer.written


def test_a_source_that_is_not_there_is_refused_on_a_terminal_too(tmp_path: Path) -> None:
    with terminal("nope.csv", folder=tmp_path, program=REVTUI) as outer:
        assert outer.ended() == 3
        assert b"nope.csv" in outer.written
        assert b"\x1b[?1049h" not in outer.written
