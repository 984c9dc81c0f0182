"""The table of faults and the tests that cover them name the same entries."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "faults.md"


def marked() -> Iterator[str]:
    """Every id in a `pytest.mark.fault(...)` of any test."""
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "fault"
            ):
                yield from (ast.literal_eval(argument) for argument in node.args)


def test_every_fault_that_a_test_covers_is_in_the_table_and_every_one_in_the_table_has_a_test() -> None:
    listed = re.findall(r"^\| ([FMS]\d+) \|", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert sorted(set(marked())) == sorted(listed)
