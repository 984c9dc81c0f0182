"""The outermost frame: names, help, exit statuses, closed streams, signals."""

import json
import sys
from pathlib import Path

import pytest

from black_box import inside, revtui, shell
from revtui import __version__
from revtui.cli.commands import COMMANDS, MONITOR
from revtui.cli.help import overview_page
from revtui.cli.main import OVERVIEW, find, page, run

HEAVY = ("polars", "textual", "pandas", "prophet", "numpy", "plotext")
NAMES = [entry.name for entry in COMMANDS]


def imported_by(*arguments: str) -> set[str]:
    """The heavy packages that a run imports."""
    script = (
        "import sys; from revtui.cli.main import run; status = run(sys.argv[1:]);"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(status)"
    )
    outcome = revtui(*arguments, command=(sys.executable, "-c", script))
    assert outcome.status == 0, outcome.err
    return set(outcome.err.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([*name.split(), "--help"] for name in NAMES)]
)
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    assert imported_by(*arguments) == set()


def test_the_overview_and_the_version_do_not_even_load_the_argument_library() -> None:
    script = (
        "import sys; from revtui.cli.main import run; run(sys.argv[1:]); sys.exit('cyclopts' in sys.modules)"
    )
    for argument in ("--help", "--version"):
        assert revtui(argument, command=(sys.executable, "-c", script)).status == 0


def test_the_version_is_one_line() -> None:
    assert revtui("--version").text == f"revtui {__version__}\n"


@pytest.mark.parametrize("name", ["", *NAMES])
def test_every_help_page_has_an_example_and_fits_80_columns_without_colour(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert f"  revtui {name}".rstrip() in text
    assert "Example" in text
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()
    assert "\x1b" not in text


def test_the_overview_is_what_the_commands_say() -> None:
    from cyclopts import App

    collection = App(
        default_command=MONITOR.load(), help_flags=[], version_flags=[]
    ).assemble_argument_collection()
    assert OVERVIEW.read_text("utf-8") == overview_page(MONITOR, collection) + "\n", (
        "write overview_page(...) to src/revtui/cli/overview.txt"
    )


def test_the_overview_offers_every_command_and_no_other() -> None:
    lines = page(MONITOR).split("Commands (each has --help):\n")[1].split("\n\n")[0].splitlines()
    assert [line[2:24].strip() for line in lines] == NAMES


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["a" * 300], 2, "unknown command"),
        (["windows", "a" * 300 + ".csv"], 3, "cannot be reached"),
        (["windows", "x/**.csv"], 2, "not a pattern"),
        (["windows", "~nosuchuser/x.csv"], 3, "no such user"),
        (["windows", "sim:", "--rules", "a" * 300], 2, "neither a set of rules nor a file"),
        (["windows", "sim:", "--rules", "a" * 300 + ".toml"], 2, "cannot be read"),
        (["windows", "sim:", "--map", "a" * 300], 2, "cannot be read"),
        (["windows", "sim:", "--config", "a" * 300], 2, "cannot be read"),
        (["windows", "sim:", "-o", "a" * 300], 2, "cannot write"),
        (["windows", "sim:", "--window", "9" * 5000 + "m"], 2, "duration"),
        (["windows", "sim:", "--max-gateways", "9" * 5000], 2, "--max-gateways"),
        (["windows", "sim:", "--batch-rows", "9" * 5000], 2, "--batch-rows"),
        (["windows", "sim:?seed=" + "9" * 5000], 2, "not a seed"),
        (["windows", "sim:?duration=" + "9" * 5000 + "s"], 2, "not a duration"),
        (["snapshot", "sim:", "--size", "9" * 5000 + "x40"], 2, "not a size"),
        (["snapshot", "sim:", "--wait", "9" * 5000 + "s"], 2, "not a duration"),
        (["snapshot", "sim:", "--at", "-" + "9" * 5000 + "s"], 2, "not a duration"),
        (["snapshot", "sim:", "--at", "9" * 5000], 2, "not a time"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.usefixtures("no_configuration")
def test_whatever_is_typed_is_no_fault_of_the_program(
    words: list[str], status: int, message: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    outcome = inside(capsysbinary, *words)
    assert (outcome.status, outcome.out) == (status, b"")
    assert message in outcome.err
    assert "fault of revtui" not in outcome.err


def test_a_word_that_only_begins_commands_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "--help"]) == 0
    assert "config check" in capsys.readouterr().out
    assert run(["config"]) == 2
    assert run(["config", "shwo"]) == 2


def test_a_bare_word_that_is_no_path_is_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["windws"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "revtui: unknown command 'windws', and no file of that name\n"
        "  hint: did you mean windows? see revtui --help, or write ./windws for a file\n"
    )


@pytest.mark.parametrize("name", ["collect", "attach", "detect", "check", "serve", "forecast", "help"])
def test_commands_that_do_not_exist_yet_are_unknown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name]) == 2
    assert "unknown command" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--follow", "windws"], ["--ascii", "windows", "x.csv"], ["--tab", "windows", "config"]]
)
def test_a_command_behind_an_option_is_no_source_either(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert "command" in capsys.readouterr().err


def test_a_word_that_is_an_existing_path_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payments").touch()
    assert find(["payments", "--follow"]) == (MONITOR, ["payments", "--follow"])
    assert find(["./windows"]) == (MONITOR, ["./windows"])


@pytest.mark.parametrize("name", ["", *NAMES])
@pytest.mark.parametrize(
    "words",
    [["-x"], ["-5"], ["-2h"], ["--nope"], ["--nope=1"], ["-hx"], ["--output"], ["-o", "-x"], ["--", "-x"]],
)
def test_hyphens_are_refused_by_every_command(
    name: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = run([*name.split(), *words])
    captured = capsys.readouterr()
    takes_sources = name in {"windows", "snapshot", "watch"}
    assert status == (3 if takes_sources and words == ["--", "-x"] else 2)
    assert captured.out == ""
    assert captured.err.startswith("revtui: ")
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"windows", "snapshot", "watch"}])
@pytest.mark.parametrize("argument", ["-", "word"])
def test_commands_without_arguments_refuse_them(
    name: str, argument: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*name.split(), argument]) == 2
    assert f"unexpected argument {argument!r}" in capsys.readouterr().err


def test_help_is_given_although_the_rest_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "--nope", "-h"]) == 0
    assert capsys.readouterr().out.startswith("usage: revtui keys")


def test_keys_are_those_of_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    from revtui.tui.actions import ACTIONS

    assert run(["keys", "--format", "json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == [action.id for action in ACTIONS]
    assert run(["keys"]) == 0
    text = capsys.readouterr().out
    assert [action.id for action in ACTIONS if action.help not in text] == []


def test_a_fault_of_the_program_is_one_line_and_a_trace_only_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("revtui.cli.main.page", lambda _entry: 1 // 0)
    assert run(["keys", "--help"]) == 1
    assert capsys.readouterr().err == (
        "revtui: a fault of revtui itself: ZeroDivisionError: integer division or modulo by zero\n"
        "  hint: set REVTUI_DEBUG=1 to see where, and please report it\n"
    )
    monkeypatch.setenv("REVTUI_DEBUG", "1")
    assert run(["keys", "--help"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "status", "message"),
    [
        ("revtui keys >&-", 1, "standard output is closed"),
        ("revtui keys >/dev/full", 1, "cannot write standard output: No space left on device"),
        ("revtui keys -o keys.txt >&- <&- && grep -qi quit keys.txt", 0, ""),
        ("revtui nope 2>&-", 2, ""),
        ("revtui nope 2>/dev/full", 2, ""),
        ("revtui keys <&- >/dev/null 2>&-", 0, ""),
    ],
)
def test_any_of_the_three_streams_may_be_closed_or_full(
    script: str, status: int, message: str, tmp_path: Path
) -> None:
    outcome = shell(script, folder=tmp_path)
    assert outcome.status == status, outcome.err
    assert message in outcome.err
    assert len(outcome.err.splitlines()) <= 2
    assert "Traceback" not in outcome.err


def test_it_is_the_same_program_as_a_module_and_as_a_script() -> None:
    script = str(Path(sys.executable).with_name("revtui"))
    assert revtui("--help", command=(script,)) == revtui("--help")
