"""Prometheus and its promtool, as Debian's package `prometheus` brings them.

Where the machine has them not, the tests that need them are skipped and a banner at the end says
so; with `TESTS_REQUIRE_PROMETHEUS=1` they fail instead.
"""

from __future__ import annotations

import shutil

import pytest

from tests.not_run import banner, skip


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is missing: install Prometheus (on Debian: apt-get install prometheus)"
        skip("PROMETHEUS", reason)
    return found


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of promtool."""
    return _program("promtool")


@pytest.fixture(scope="session")
def prometheus() -> str:
    """The path of Prometheus."""
    return _program("prometheus")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The banner that nobody overlooks."""
    unproven = "Rules, alerts and the dashboards' queries are unproven by this run."
    banner(terminalreporter, "PROMETHEUS", "PROMETHEUS' HALF WAS NOT RUN", unproven)
