"""A customer with 100,000 orders: repeats are known, the state stays small, the cost even."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from streams.domain.packed import encode_customer
from streams.engine import dedupe
from streams.engine.records import Record
from tests.agents.one_worker import OneWorker
from tests.oracle.sending import order, tick

ORDERS, BATCH = 100_000, 2_000
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)


def feed(worker: OneWorker, numbers: range, at: int) -> None:
    """Orders of these numbers, two a second, as one batch from offset `at` on."""
    records = []
    for place, number in enumerate(numbers):
        when = (BEGIN + timedelta(seconds=number // 2)).isoformat()
        value = order("ann", when, 100, event_id=f"e{number}").value
        records.append(Record(at + place, b"ann", value, (), 0))
    worker.machine.feed(0, "orders", records)


class Grown(NamedTuple):
    """The customer's worker, the seconds that each batch took, and the bytes of the state."""

    worker: OneWorker
    seconds: list[float]
    state_bytes: int


@pytest.fixture(scope="module")
def grown() -> Grown:
    worker, seconds = OneWorker(), []
    for begin in range(0, ORDERS, BATCH):
        before = time.process_time()
        feed(worker, range(begin, begin + BATCH), begin)
        seconds.append(time.process_time() - before)
    state = worker.customer("ann")
    assert state is not None
    assert state.lifetime_orders == ORDERS
    return Grown(worker, seconds, len(encode_customer(state)))


def test_the_state_stays_small(grown: Grown) -> None:
    assert grown.state_bytes < 20_000


def test_the_last_orders_cost_about_what_the_first_ones_do(grown: Grown) -> None:
    assert sum(grown.seconds[-10:]) < 3 * sum(grown.seconds[:10])


def test_repeats_are_dropped_as_long_as_they_are_remembered(grown: Grown) -> None:
    worker = grown.worker
    feed(worker, range(0, ORDERS, 50), ORDERS)
    assert worker.tally("orders") == {"counted": ORDERS, "repeated": 2000}
    worker.machine.restart(0)
    feed(worker, range(7, ORDERS, 1000), ORDERS + 2000)
    assert worker.tally("orders") == {"counted": ORDERS, "repeated": 2100}
    worker.send(tick("2024-04-01"))
    feed(worker, range(1), ORDERS + 2100)
    assert worker.tally("orders") == {"counted": ORDERS + 1, "repeated": 2100}
    state, store = worker.customer("ann"), worker.machine.partitions[0].table.store
    assert state is not None
    assert (len(state.seen), state.seen_chunks) == (1, [])
    assert list(store.scan(b"s", b"t")) == []


def test_of_many_large_customers_no_more_ids_are_in_memory_than_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dedupe, "HOT_EVENTS", 1000)
    worker, names = OneWorker(), [f"c{number}" for number in range(20)]
    held = worker.machine.partitions[0].dedupe
    for day in range(1, 6):
        orders = [
            order(name, f"2024-03-0{day}", 100, event_id=f"{day}-{number}")
            for name in names
            for number in range(60)
        ]
        worker.send(*orders, *orders)
        assert held.held <= 1000
    assert held.held > 0
    assert worker.tally("orders") == {"counted": 6000, "repeated": 6000}
