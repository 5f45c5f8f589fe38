"""Tests that a machine can't run are skipped, and nobody overlooks that: a banner at the end."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def skip(what: str, reason: str) -> NoReturn:
    """Skip the test, for `what` (KAFKA) can't be had; fail it with `TESTS_REQUIRE_KAFKA=1`."""
    if os.environ.get(f"TESTS_REQUIRE_{what}") == "1":
        pytest.fail(reason)
    pytest.skip(f"{what}: {reason}")


def banner(reporter: pytest.TerminalReporter, what: str, title: str, unproven: str) -> None:
    """At the end of a run, where tests were skipped for want of `what`, in whatever process."""
    for report in reporter.stats.get("skipped", ()):
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _, found, reason = said.partition(f"{what}: ")
        if found:
            reporter.section(title, sep="!", red=True, bold=True)
            reporter.line(reason, red=True)
            reporter.line(unproven)
            return
