"""On Kafka several workers share the partitions; whoever goes, the others go on."""

from __future__ import annotations

import gzip
import signal
from itertools import islice
from typing import Any

import pytest
from kafka import KafkaAdminClient

from tests.e2e.against_oracle import PARTITIONS, UNDAMPED, check_against
from tests.e2e.conftest import on_kafka
from tests.e2e.driver import Tierstream, until
from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import SHIPPED, cdnow_records

PART = 4_000  # orders at a time

pytestmark = [pytest.mark.slow, on_kafka]


@pytest.fixture(scope="module")
def oracle() -> OracleResult:
    records = islice(cdnow_records(PARTITIONS, tick=None), 3 * PART)
    return recompute(records, partitions=PARTITIONS)


def replay_part(tierstream: Tierstream, number: int) -> None:
    with gzip.open(SHIPPED, "rb") as lines:
        part = list(islice(lines, number * PART, (number + 1) * PART))
    tierstream.run("replay", "orders", "-", stdin=b"".join(part))


def owners(tierstream: Tierstream) -> int:
    """How many workers own a partition."""
    return len({each["web"] for each in tierstream.progress().values()})


def members(servers: str, group: str) -> list[Any]:
    """Who is in a consumer group, as the broker has it."""
    admin = KafkaAdminClient(bootstrap_servers=servers)
    try:
        found: list[Any] = admin.describe_groups([group])[group]["members"]
    finally:
        admin.close()
    return found


def test_two_workers_share_the_work_and_one_takes_over_from_the_other(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    first = tierstream.start()
    tierstream.settle()
    second = tierstream.start()
    replay_part(tierstream, 0)
    until(lambda: owners(tierstream) == 2)
    tierstream.settle()
    name = next(iter(tierstream.standings()))
    assert tierstream.customer(name)["answered_by"].startswith("worker")
    replay_part(tierstream, 1)
    first.stop()
    tierstream.settle()
    assert owners(tierstream) == 1
    replay_part(tierstream, 2)
    tierstream.settle()
    check_against(tierstream, oracle)
    second.stop()


def test_a_worker_thought_dead_that_wakes_up_again_says_nothing_twice(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    sleeper = tierstream.start()
    tierstream.settle()
    for number in range(3):
        replay_part(tierstream, number)
    until(lambda: tierstream.orders_read() > 0)
    sleeper.process.send_signal(signal.SIGSTOP)
    other = tierstream.start()
    until(lambda: tierstream.orders_read() >= 3 * PART, seconds=120)
    sleeper.process.send_signal(signal.SIGCONT)
    tierstream.settle()
    check_against(tierstream, oracle)
    assert other.runs


def test_a_worker_that_is_stopped_leaves_the_group(tierstream: Tierstream, kafka: str) -> None:
    """Others need not wait then until it is missed, which takes as long as a session."""
    worker = tierstream.start()
    tierstream.settle()
    assert len(members(kafka, tierstream.app)) == 1
    worker.stop()
    assert members(kafka, tierstream.app) == []
