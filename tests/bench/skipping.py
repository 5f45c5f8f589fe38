"""Contenders that can't be had on a machine: their tests are skipped, and a banner says so."""

from __future__ import annotations

import pytest

from tests.bench.contender import Contender
from tests.bench.environments import NotHereError
from tests.not_run import banner, skip


def require(contender: Contender) -> None:
    """Skip the test where the contender can't be had here; `TESTS_REQUIRE_PEERS=1`: fail it."""
    try:
        contender.prepare()
    except NotHereError as error:
        skip("PEERS", str(error))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The banner that nobody overlooks."""
    unproven = "That the benchmark's peers do the job they are measured by is unproven by this run."
    banner(terminalreporter, "PEERS", "NOT ALL OF THE BENCHMARK'S PEERS WERE RUN", unproven)
