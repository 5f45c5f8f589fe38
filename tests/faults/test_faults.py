"""The short form of the fault suite: a few faults of each log, then at rest nothing is lost,
nothing counts twice, and no chain is broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.broker import Broker
from tests.faults.injectors import INJECTORS
from tests.faults.rounds import MOST_WORKERS, Outcome, Plan, play

RATE = 150
SEED = 7
WATCH_SECONDS = 5.0  # what is lost shows in the end; how long things stood is for the long form

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, kafka: str) -> Iterator[Broker]:
    """A node of its own, behind proxies; where the session has no Kafka, this has none either."""
    node = Broker(tmp_path_factory.mktemp("faults"), MOST_WORKERS)
    node.start()
    try:
        yield node
    finally:
        node.stop()


def check(outcome: Outcome) -> None:
    verdict = outcome.verdict
    assert verdict.faults == []
    assert (verdict.lost, verdict.twice, verdict.broken) == (0, 0, 0)
    assert outcome.struck > 0
    assert verdict.records > 0


def play_one(log: str, fault: str, folder: Path, broker: Broker | None) -> Outcome:
    """A round with as few strikes of the fault as there can be: one."""
    plan = Plan(log, [INJECTORS[fault]], 0.0, SEED, RATE, longest_watch=WATCH_SECONDS)
    return play(plan, folder / "round", broker, print_line)


def print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@pytest.mark.parametrize("fault", ["kill", "data"])
def test_on_the_embedded_log_nothing_is_lost_and_nothing_counts_twice(
    fault: str, tmp_path: Path
) -> None:
    check(play_one("embedded", fault, tmp_path, None))


@pytest.mark.parametrize("fault", ["freeze", "cut"])
def test_on_kafka_nothing_is_lost_and_nothing_counts_twice(
    fault: str, tmp_path: Path, broker: Broker
) -> None:
    check(play_one("kafka", fault, tmp_path, broker))
