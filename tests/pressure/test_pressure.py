"""The short form: small sizes, and the same bound. Nothing is dropped, nothing counts twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.pressure.bound import BOUND_MB
from tests.pressure.playing import play
from tests.pressure.pressures import ALL

SCALE = 0.02
ROOT = Path(__file__).resolve().parents[2]

by_name = {pressure.name: pressure for pressure in ALL}


def print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["backlog", "prospects", "one-day", "large-files", "flood"])
def test_nothing_is_dropped_and_memory_stays_within_its_bound(name: str, tmp_path: Path) -> None:
    result = play(by_name[name], "embedded", tmp_path / "stage", None, SCALE, print_line)
    assert result.wrong == []
    assert result.found.records > 0
    assert 0 < result.peak_mb < BOUND_MB


@pytest.mark.parametrize("page", ["README.md", "README.zh.md", "deploy/PRESSURE.md"])
def test_every_page_states_the_bound_that_is_tested(page: str) -> None:
    assert f"{BOUND_MB} MB" in (ROOT / page).read_text()
