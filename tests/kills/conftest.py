"""The run that is not killed, and the seed by which kills are chosen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory

import pytest

from tests.kills.killing import Ended, lives


@pytest.fixture(scope="session")
def unkilled() -> Iterator[Ended]:
    """What is left of a worker that nobody has killed."""
    with TemporaryDirectory() as folder:
        yield lives(Path(folder), ())


@pytest.fixture(scope="session")
def seed() -> int:
    """Another each time on developers' machines; TESTS_FAULT_SEED or CI set it."""
    given = os.environ.get("TESTS_FAULT_SEED", "0" if os.environ.get("CI") else "")
    return int(given) if given else SystemRandom().randrange(1_000_000)
