"""Whatever is killed, and whenever: the state and all that was said are as if nothing had been."""

from __future__ import annotations

import gzip
import shutil
from itertools import islice

import pytest

from tests.e2e.against_oracle import PARTITIONS, UNDAMPED, check_against
from tests.e2e.driver import Tierstream, Worker, until
from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import SHIPPED, cdnow_records

PART = 4_000  # orders between two interruptions
PARTS = 5

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def oracle() -> OracleResult:
    records = islice(cdnow_records(PARTITIONS, tick=None), PARTS * PART)
    return recompute(records, partitions=PARTITIONS)


def replay_part(tierstream: Tierstream, number: int, last: int = PART) -> None:
    """Send the `last` orders of a part; what is sent again within the 7 days counts once."""
    with gzip.open(SHIPPED, "rb") as lines:
        part = list(islice(lines, number * PART, (number + 1) * PART))
    tierstream.run("replay", "orders", "-", stdin=b"".join(part[-last:]))


def at_work(tierstream: Tierstream, *, has_counted: bool) -> Worker:
    """A worker with orders before it that has just begun, or has just counted some of them."""
    before = tierstream.orders_read()
    worker = tierstream.start()
    until(lambda: " is ours: " in worker.text)
    if has_counted:
        until(lambda: tierstream.orders_read() > before)
    return worker


def test_a_worker_stopped_and_killed_again_and_again_counts_and_says_everything_once(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    replay_part(tierstream, 0)
    at_work(tierstream, has_counted=True).stop()
    replay_part(tierstream, 1)
    at_work(tierstream, has_counted=False).kill()
    replay_part(tierstream, 2)
    at_work(tierstream, has_counted=True).kill()
    replay_part(tierstream, 3)
    replay_part(tierstream, 3, last=500)
    if not tierstream.on_kafka:  # there a dead worker has to be missed first: 10 seconds
        at_work(tierstream, has_counted=False).kill()
        at_work(tierstream, has_counted=False).kill()
        replay_part(tierstream, 3, last=1000)
        at_work(tierstream, has_counted=True).kill()
    replay_part(tierstream, 4)
    shutil.rmtree(tierstream.folder / ".tierstream")  # the last time the machine was lost too
    tierstream.start()
    tierstream.settle()
    check_against(tierstream, oracle)
