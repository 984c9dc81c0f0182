"""Every command line that the documents teach is one that revtui understands."""

import re
import shlex
from pathlib import Path

import pytest
from cyclopts import App

from revtui.cli.arguments import bind
from revtui.cli.commands import COMMANDS, MONITOR
from revtui.cli.main import find

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
