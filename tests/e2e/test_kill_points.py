"""Real workers, killed at each step of a commit, one after another, while orders come in.

On the embedded log `tests/kills` does so at every point and every time; this is the short form
for Kafka, where a dead worker has to be missed before another takes its place.
"""

from __future__ import annotations

import gzip
from itertools import islice
from signal import SIGKILL, SIGTERM

import pytest

from tests.e2e.against_oracle import PARTITIONS, UNDAMPED, check_against
from tests.e2e.conftest import on_kafka
from tests.e2e.driver import Tierstream, until
from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import SHIPPED, cdnow_records

REFUSED = "another worker has taken"
PART = 800  # orders that are sent before each worker
STEPS = ("begin", "send", "commit", "store write", "source offset commit", "border publication")
DOOMS = [f"{when} {step}" for step in STEPS for when in ("before", "after")]
TAKING_OVER = (
    ["before take-over"],
    ["before recovery"],
    ["after recovery"],
    ["after take-over", "after fold", "after commit"],
    ["before recovery", "after store write"],  # in the middle of it
    ["after recovery", "after recovery"],
    ["after take-over"],
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def oracle() -> OracleResult:
    records = islice(cdnow_records(PARTITIONS, tick=None), len(DOOMS) * PART)
    return recompute(records, partitions=PARTITIONS)


def replay_part(tierstream: Tierstream, number: int) -> None:
    """Send a part, and the end of the one before again: repeats count once."""
    with gzip.open(SHIPPED, "rb") as lines:
        begin = max(0, number * PART - PART // 10)
        part = list(islice(lines, begin, (number + 1) * PART))
    tierstream.run("replay", "orders", "-", stdin=b"".join(part))


def test_workers_killed_at_each_step_of_a_commit_count_and_say_everything_once(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    for number, point in enumerate(DOOMS):
        replay_part(tierstream, number)
        worker = tierstream.start_doomed("kill", "after fold", "after commit", point)
        assert worker.ended() == -SIGKILL, (point, worker.text)
    tierstream.start()
    tierstream.settle()
    check_against(tierstream, oracle)


@on_kafka
def test_workers_killed_as_they_take_over_and_give_back_count_and_say_everything_once(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    assert tierstream.start_doomed("kill", "before topic creation").ended() == -SIGKILL
    assert tierstream.start_doomed("kill", "after topic creation").ended() == -SIGKILL
    for number in range(len(DOOMS)):
        replay_part(tierstream, number)
    for points in TAKING_OVER:
        worker = tierstream.start_doomed("kill", *points)
        assert worker.ended() == -SIGKILL, (points, worker.text)
    for point in ("before release", "after release"):
        worker = tierstream.start_doomed("kill", point)
        until(lambda worker=worker: " is ours: " in worker.text)  # type: ignore[misc]
        worker.process.send_signal(SIGTERM)
        assert worker.ended() == -SIGKILL, (point, worker.text)
    tierstream.start()
    tierstream.settle()
    check_against(tierstream, oracle)


@on_kafka
@pytest.mark.parametrize("point", ["before begin", "after send", "before store write"])
def test_a_worker_that_sleeps_in_a_commit_and_wakes_up_replaced_is_refused(
    point: str, tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    for number in range(len(DOOMS)):
        replay_part(tierstream, number)
    sleeper = tierstream.start_doomed("sleep", "after fold", "after fold", point)
    assert sleeper.falls_asleep(), sleeper.text
    other = tierstream.start()
    until(lambda: other.text.count(" is ours: ") == PARTITIONS)
    sleeper.wake()
    until(lambda: REFUSED in sleeper.text or not sleeper.runs)
    tierstream.settle()
    check_against(tierstream, oracle)
