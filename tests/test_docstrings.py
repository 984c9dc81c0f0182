"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import revtui

MODULES = [
    found.name
    for found in pkgutil.walk_packages(revtui.__path__, "revtui.")
    if not found.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_module_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
