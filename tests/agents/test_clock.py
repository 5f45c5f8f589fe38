"""clock: ticks move time; a worker's own only where nothing waits to be read."""

from __future__ import annotations

from streams.engine.door import OWN_TICK
from tests.agents.one_worker import OneWorker
from tests.oracle.sending import Sent, order, tick

LATER = "2024-06-01T00:00:00Z"
LATER_US = 1_717_200_000_000_000


def stream_time(worker: OneWorker) -> int | None:
    return worker.machine.partitions[0].stream_time_us


def test_a_tick_moves_stream_time_on_and_never_back() -> None:
    worker = OneWorker()
    worker.send(tick(LATER), tick("2024-01-01"))
    assert stream_time(worker) == LATER_US


def test_a_tick_of_our_own_counts_when_all_inputs_are_read() -> None:
    worker = OneWorker()
    worker.tick_of_our_own(LATER, OWN_TICK, caught_up=True)
    assert stream_time(worker) == LATER_US


def test_a_tick_of_our_own_is_dropped_while_a_backlog_is_read() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-01-01"))
    worker.tick_of_our_own(LATER, OWN_TICK, caught_up=False)
    worker.rest()
    assert worker.said("dormant-customers", "stage") == []
    assert stream_time(worker) != LATER_US


def test_a_tick_of_anybody_else_always_counts() -> None:
    worker = OneWorker()
    worker.tick_of_our_own(LATER, "another header", caught_up=False)
    assert stream_time(worker) == LATER_US


def test_a_tick_is_asked_for_no_key_and_no_partition() -> None:
    worker = OneWorker(partitions=4)
    worker.send(Sent("clock", b"some key", tick(LATER).value, partition=2))
    times = [partition.stream_time_us for partition in worker.machine.partitions]
    assert times == [None, None, LATER_US, None]
    assert worker.said("dead-letters", "code") == []


def test_each_partition_has_a_time_of_its_own() -> None:
    worker = OneWorker(partitions=2)
    worker.send(tick("2024-01-01", partition=0), tick(LATER, partition=1))
    assert worker.machine.partitions[0].stream_time_us == 1_704_110_400_000_000
    assert worker.machine.partitions[1].stream_time_us == LATER_US
