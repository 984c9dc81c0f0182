"""The help screen: what it says of keys, filters and figures is what the program does."""

import re

import pytest

from revtui.core.filters import parse
from revtui.core.filters.fields import FIELDS
from revtui.core.filters.syntax import FLAGS, FilterError, Operator
from revtui.core.kpis import KPIS
from revtui.tui.actions import ACTIONS, spelled
from revtui.tui.guide import _FILTERS, guide_lines


def _text(width: int) -> str:
    return "\n".join("".join(text for text, _role in line) for line in guide_lines(width))


def _is_query(text: str) -> bool:
    try:
        parse(text)
    except FilterError:
        return False
    return True


@pytest.mark.parametrize("width", [46, 76, 96])
def test_every_line_fits_and_no_term_runs_into_its_meaning(width: int) -> None:
    for line in guide_lines(width):
        assert sum(len(text) for text, _role in line) <= width
        if len(line) == 2:
            assert line[0][0].endswith(" ")


def test_every_key_of_every_action_is_listed_by_its_own() -> None:
    lines = _text(96).splitlines()
    for action in ACTIONS:
        if action.id == "level.begin":  # ten digits are one entry
            continue
        own = [line.split() for line in lines if action.help[:40] in line]
        assert any({spelled(key) for key in action.keys} <= set(words) for words in own), action.id


@pytest.mark.parametrize("example", [example for example, _meaning in _FILTERS])
def test_every_example_of_a_filter_is_one(example: str) -> None:
    for part in re.split(r"  +", example):
        parse(part)


def test_every_field_is_listed_with_the_operators_it_takes() -> None:
    text = _text(96)
    for field in FIELDS.values():
        line = next(line for line in text.splitlines() if re.match(rf"  {field.name} +:", line))
        for operator in Operator:
            value = {"sev": "warn", "value": "5", "count": "5"}.get(field.name, "5m")
            listed = operator in line[: line.index(field.help[:10])].split()
            assert listed == _is_query(f"{field.name}{operator}{value}"), (field.name, operator)


def test_every_bare_word_and_every_figure_is_listed() -> None:
    text = " ".join(_text(96).split())
    assert " ".join(sorted(FLAGS)) in text
    for kpi in KPIS:
        assert kpi.label in text
