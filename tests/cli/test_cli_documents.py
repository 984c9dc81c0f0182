"""Every command line that the documents teach is one that revtui understands."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from cyclopts import App

from revtui.adapters.sources.mapping import read_map
from revtui.adapters.sources.simulator import SCENARIOS
from revtui.cli.arguments import bind
from revtui.cli.build import load_configuration, plan
from revtui.cli.commands import COMMANDS, MONITOR
from revtui.cli.main import find
from revtui.cli.options import Evaluation
from revtui.config.layers import DEFAULT
from revtui.config.loading import check_document
from revtui.core.alerts import Phase
from revtui.core.durations import MINUTE
from revtui.engine.batchrun import run_finite

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "sample_data" / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ENDS = {"|", "||", "&&", ";", ">"}


def taught() -> list[str]:
    """The lines of shell in the documents, and the examples of the help pages."""
    found = [example for entry in (MONITOR, *COMMANDS) for example in entry.examples]
    for document in DOCUMENTS:
        text = document.read_text("utf-8").replace("\\\n", " ")
        blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        lines = [*"".join(blocks).splitlines(), *re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)]
        found += [line for line in lines if re.match(r"(zcat \S+ \| )?revtui( |$)", line)]
    return found


def commands_of(line: str) -> list[list[str]]:
    """The words of each revtui in a line of shell, as far as the next pipe."""
    words = shlex.split(line, comments=True)
    starts = [place for place, word in enumerate(words) if word == "revtui"]
    return [
        words[start + 1 : next((i for i in range(start, len(words)) if words[i] in ENDS), len(words))]
        for start in starts
    ]


def test_the_documents_teach_something() -> None:
    lines = "\n".join(taught())
    assert all(f"revtui {entry.name.split()[0]}" in lines for entry in COMMANDS)
    assert "revtui --follow" in lines


@pytest.mark.parametrize("line", dict.fromkeys(taught()))
def test_a_line_that_is_taught_is_understood(line: str, no_configuration: None) -> None:
    for words in commands_of(line):
        entry, rest = find(words)
        app = App(default_command=entry.load(), help_flags=[], version_flags=[])
        bind(app, rest, command="revtui")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_toml_in_a_document_loads(document: Path) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        if "[map]" in block:
            read_map(tomllib.loads(block), origin=document.name)
        else:
            assert check_document(block.encode(), DEFAULT) == ()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_contracts_make_of_a_scenario_what_its_page_says(name: str, no_configuration: None) -> None:
    page = (ROOT / "docs" / "simulator.md").read_text("utf-8")
    (said,) = re.findall(rf"^\| `{name}` \|.*\| ([^|]+) \|$", page, flags=re.MULTILINE)
    address = f"sim:?seed=42&scenario={name}@+30m&duration={SCENARIOS[name].duration // MINUTE + 60}m"
    planned = plan([address], Evaluation(), load_configuration(Evaluation()))
    transitions = run_finite(planned.sources, planned.settings).monitor.transitions.since(0)
    fired = [one for one in transitions if one.to is Phase.FIRING]
    rules = {one.rule for one in fired}
    worst = max((one.severity for one in fired), default=None)
    assert len(rules) <= 1
    assert said == ("none" if worst is None else f"`{rules.pop()}` {worst.name}")
