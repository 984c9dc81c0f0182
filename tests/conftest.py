"""Shared by all tests."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes, or is in the making, says more about the machine than about the code.
settings.register_profile("revtui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("revtui")

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, and no file of settings in sight."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What is skipped for want of a program fails instead, where REVTUI_REQUIRE_SERVICES is set."""
    report = yield
    if report.skipped and item.get_closest_marker("service") and os.environ.get("REVTUI_REQUIRE_SERVICES"):
        report.outcome = "failed"
        report.longrepr = "a program that this test needs is missing"
    return report
