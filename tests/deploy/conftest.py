"""Prometheus and its promtool, as Debian's package `prometheus` brings them.

Where the machine has them not, the tests that need them are skipped and a banner at the end says
so; with `TESTS_REQUIRE_PROMETHEUS=1` they fail instead.
"""

from __future__ import annotations

import os
import shutil

import pytest

_NOT_RUN = pytest.StashKey[str]()


def _program(name: str, config: pytest.Config) -> str:
    found = shutil.which(name)
    if found is not None:
        return found
    reason = f"{name} is missing: install Prometheus (on Debian: apt-get install prometheus)"
    config.stash[_NOT_RUN] = reason
    if os.environ.get("TESTS_REQUIRE_PROMETHEUS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def promtool(pytestconfig: pytest.Config) -> str:
    """The path of promtool."""
    return _program("promtool", pytestconfig)


@pytest.fixture(scope="session")
def prometheus(pytestconfig: pytest.Config) -> str:
    """The path of Prometheus."""
    return _program("prometheus", pytestconfig)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The banner that nobody overlooks."""
    reason = config.stash.get(_NOT_RUN, None)
    if reason is None:
        return
    terminalreporter.section("PROMETHEUS' HALF WAS NOT RUN", sep="!", red=True, bold=True)
    terminalreporter.line(reason, red=True)
    terminalreporter.line("Rules, alerts and the dashboards' queries are unproven by this run.")
