"""Whatever is killed, and whenever: the state and all that was said are as if nothing had been."""

from __future__ import annotations

import gzip
import shutil
from itertools import islice

import pytest

from tests.e2e.against_oracle import PARTITIONS, UNDAMPED, check_against
from tests.e2e.driver import Tierstream, until
from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import SHIPPED, cdnow_records

ORDERS = 25_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def oracle() -> OracleResult:
    records = islice(cdnow_records(PARTITIONS, tick=None), ORDERS)
    return recompute(records, partitions=PARTITIONS)


def replay_orders(tierstream: Tierstream) -> None:
    with gzip.open(SHIPPED, "rb") as lines:
        tierstream.run("replay", "orders", "-", stdin=b"".join(islice(lines, ORDERS)))


def kill_in_the_middle(tierstream: Tierstream) -> None:
    """Start a worker, and kill it as soon as it has counted some more orders."""
    before = tierstream.orders_read()
    worker = tierstream.start()
    until(lambda: tierstream.orders_read() > before or not worker.runs)
    assert worker.runs, worker.text
    worker.kill()


def test_a_worker_killed_again_and_again_counts_and_says_everything_once(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    replay_orders(tierstream)
    for _ in range(2 if tierstream.on_kafka else 4):  # there a dead worker has to be missed first
        kill_in_the_middle(tierstream)
    shutil.rmtree(tierstream.folder / ".tierstream")  # the last time the machine was lost too
    tierstream.start()
    tierstream.settle()
    check_against(tierstream, oracle)
