"""When a commit says how far its partition is."""

from __future__ import annotations

import pytest

from streams.domain.rules import parse_rules
from streams.engine.progress import ProgressNews
from tests.engine.machine import WALL_CLOCK, Machine
from tests.engine.test_moved_borders import borders


def news() -> ProgressNews:
    partition = Machine(None, parse_rules("", "test")).partitions[0]
    made = ProgressNews(partition, "progress", "", lambda: WALL_CLOCK)
    assert made.with_commit(100.0, 100.0, 0)  # the first one always does
    return made


@pytest.mark.parametrize(
    ("now", "fed_at", "said"),
    [(100.1, 100.09, False), (100.21, 100.2, True), (100.15, 100.04, True)],
)
def test_it_is_said_after_a_while_or_once_no_records_flow(
    now: float, fed_at: float, said: bool
) -> None:
    made = news()
    assert bool(made.with_commit(now, fed_at, 0)) is said
    assert made.owed is not said


@pytest.mark.parametrize("applied", ["tiers_applied", "scores_applied"])
def test_a_commit_by_other_borders_says_it_at_once(applied: str) -> None:
    made = news()
    setattr(made._partition.marker, applied, borders(7, 10_000, 500))
    assert made.with_commit(100.01, 100.0, 0)
    assert not made.with_commit(100.02, 100.0, 0)
