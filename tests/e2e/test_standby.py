"""On Kafka a worker that keeps copies of the other's partitions takes them over in moments."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest

from streams.engine.store import Store, StoreMemory
from tests.e2e.against_oracle import PARTITIONS, UNDAMPED, check_against
from tests.e2e.conftest import on_kafka
from tests.e2e.driver import Tierstream, Worker, until
from tests.e2e.test_two_workers import oracle, owners, replay_part
from tests.metrics.exposition import Exposed
from tests.oracle import OracleResult

__all__ = ["oracle"]

#: Kept of the log's end after the newest standings were sent; far fewer than any partition's
#: customers, of whom there are more than 500.
FEW = 100

pytestmark = [pytest.mark.slow, on_kafka]


def exposed(worker: Worker) -> Exposed:
    web = re.search(r"web on (http://\S+)", worker.text)
    assert web is not None, worker.text
    with urllib.request.urlopen(web[1] + "/metrics", timeout=30) as answer:
        return Exposed(answer.read().decode())


def copies(worker: Worker) -> tuple[float, float]:
    """How many copies a worker keeps, and how far the furthest is behind."""
    found = exposed(worker)
    return found.value("tierstream_standbys"), found.value("tierstream_standby_behind_records")


def stored(folder: Path) -> dict[str, dict[bytes, bytes]]:
    """All that the stores in a data folder hold, save what they say of themselves."""
    memory, found = StoreMemory(), {}
    for path in sorted((folder / "stores").iterdir()):
        store = Store(path, memory)
        found[path.name] = dict(store.scan(b"\x01", b"\xff"))
        store.close()
    return found


def test_who_has_copies_takes_over_after_a_kill_with_hardly_anything_to_read(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    first = tierstream.start(DATA="first")
    tierstream.settle()
    second = tierstream.start(DATA="second")
    until(lambda: owners(tierstream) == 2)
    replay_part(tierstream, 0)
    replay_part(tierstream, 1)
    tierstream.settle()
    lost = PARTITIONS - len(exposed(second).samples("tierstream_lag_records")) // 5
    assert lost > 0
    until(lambda: copies(second) == (lost, 0))
    before = exposed(second).value("tierstream_recovery_records_total")
    first.kill()
    until(lambda: owners(tierstream) == 1)
    assert exposed(second).value("tierstream_recovery_records_total") - before < FEW
    replay_part(tierstream, 2)
    tierstream.settle()
    check_against(tierstream, oracle)
    second.stop()

    third = tierstream.start(DATA="third")
    until(lambda: third.text.count(" is ours: ") == PARTITIONS)
    third.stop()
    kept, anew = (stored(tierstream.folder / name) for name in ("second", "third"))
    assert all(b"c" in {key[:1] for key in store} for store in anew.values())
    assert kept == anew
