"""The whole demo, as a person runs it: in an empty folder, through a real worker."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from streams.demo.worker_process import worker_command

ACTIVE = 8_332  # customers with an order in the 365 days up to 1998-06-30
INACTIVE = 15_238


def tierstream(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name[:11] != "TIERSTREAM_"}
    return subprocess.run(
        [*worker_command()[:-1], *words],
        cwd=folder,
        env={**kept, "COLUMNS": "80", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return tierstream(folder, "demo")


def standings(folder: Path) -> Sequence[dict[str, object]]:
    printed = tierstream(folder, "standings", "--format", "ndjson")
    assert printed.returncode == 0, printed.stderr
    return [orjson.loads(line) for line in printed.stdout.splitlines()]


def test_the_demo_ends_well_and_plain_where_there_is_no_terminal(
    demo: subprocess.CompletedProcess[str],
) -> None:
    assert demo.returncode == 0, demo.stderr
    assert "\x1b" not in demo.stdout
    assert f"{ACTIVE:,} active customers, revenue 1,069,356.50" in demo.stdout
    assert f"{INACTIVE:,} inactive" in demo.stdout
    assert "tierstream standings --tier super" in demo.stdout


def test_what_the_demo_left_can_be_looked_at_without_settings(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    found = standings(folder)
    heads = Counter(standing["tier"] for standing in found)
    assert len(found) == 23_570
    assert heads["inactive"] == INACTIVE
    assert heads.total() - INACTIVE == ACTIVE
    assert heads["super"] >= 85  # the rule's own numbers: damping keeps customers above it
    assert heads["super"] + heads["large"] >= 85 + 332
    assert heads["super"] + heads["large"] + heads["medium"] >= 85 + 332 + 1_252


def test_the_pyramid_that_was_shown_is_that_of_the_standings(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    heads = Counter(str(standing["tier"]) for standing in standings(folder))
    for tier in ("super", "large", "medium", "small"):
        lines = demo.stdout.splitlines()
        (line,) = [line for line in lines if f" {tier} " in line and line.count("%") == 2]
        assert line.split()[0] == f"{heads[tier]:,}"


def test_a_second_demo_replaces_the_first(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    again = tierstream(folder, "demo")
    assert again.returncode == 0, again.stderr
    assert len(standings(folder)) == 23_570


def test_data_of_ones_own_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / ".tierstream").mkdir()
    (tmp_path / ".tierstream" / "log.db").write_bytes(b"mine")
    refused = tierstream(tmp_path, "demo")
    assert refused.returncode == 1
    assert "holds data that the demo did not make" in refused.stderr
    assert (tmp_path / ".tierstream" / "log.db").read_bytes() == b"mine"
