"""Keys and partitions: whoever lies elsewhere than murmur2 says would be two customers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.engine.records import Record
from tests.agents.one_worker import OneWorker
from tests.oracle.sending import Sent, call, complaint, erasure, file, order, tick

KEYED = [
    order("ann", "2024-03-01"),
    call("ann", "2024-03-01"),
    complaint("ann", "2024-03-01"),
    file("ann"),
]


@pytest.mark.parametrize("sent", [*KEYED, erasure("ann")], ids=lambda sent: str(sent.topic))
def test_a_record_in_another_partition_than_murmur2_gives_is_a_dead_letter(sent: Sent) -> None:
    worker = OneWorker(partitions=4)
    worker.send(replace(sent, astray=1))
    assert worker.said("dead-letters", "code", "key") == [("wrong_partition", "ann")]
    assert worker.said("customer-erased", "customer_id") == []
    assert worker.customer("ann") is None


def test_the_dead_letter_names_the_setting_that_mends_the_producer() -> None:
    worker = OneWorker(partitions=4)
    worker.send(replace(KEYED[0], astray=1))
    (reason,) = worker.said("dead-letters", "reason")
    assert "partitioner=murmur2_random" in reason
    assert "TIERSTREAM_PARTITIONER=trust" in reason


def test_where_all_producers_agree_on_another_partitioner_nobody_is_astray() -> None:
    worker = OneWorker(partitions=4)
    worker.machine.restart_trusting(True)
    worker.send(*[replace(sent, astray=1) for sent in KEYED])
    assert worker.said("dead-letters", "code") == []
    assert worker.customer("ann") is not None


def test_who_was_known_by_trust_is_astray_once_nobody_is_trusted_any_more() -> None:
    worker = OneWorker(partitions=4)
    worker.machine.restart_trusting(True)
    worker.send(replace(KEYED[0], astray=1))
    worker.machine.restart_trusting(False)
    worker.send(replace(KEYED[1], astray=1))
    assert worker.said("dead-letters", "code", "key") == [("wrong_partition", "ann")]


@pytest.mark.parametrize("sent", KEYED, ids=lambda sent: str(sent.topic))
def test_a_record_without_its_customers_key_is_a_dead_letter(sent: Sent) -> None:
    worker = OneWorker()
    worker.send(replace(sent, key=None), replace(sent, key=b"bob"), replace(sent, key=b'"ann"'))
    assert worker.said("dead-letters", "code") == ["no_key", "key_mismatch", "key_mismatch"]
    assert worker.customer("ann") is worker.customer("bob") is None


def test_a_bad_record_does_not_stop_those_after_it() -> None:
    worker = OneWorker()
    worker.send(Sent("orders", b"ann", b"{"), *KEYED)
    assert worker.said("dead-letters", "code", "offset", "value") == [("not_json", 0, "{")]
    assert worker.tally("orders") == {"not_json": 1, "counted": 1}


def test_a_record_timestamp_that_is_no_time_does_no_harm() -> None:
    worker = OneWorker()
    machine = worker.machine
    for number, stamp in enumerate((-1, 1 << 62)):
        from_file = file("ann", name=f"Ann {number}")
        machine.feed(0, "customers", [_stamped(from_file, number, stamp)])
        machine.feed(0, "orders", [_stamped(Sent("orders", b"ann", b"{"), number, stamp)])
    worker.rest()
    assert worker.said("tier-changes", "at") == ["1970-01-01T00:00:00Z"]
    assert worker.tally("orders") == {"not_json": 2}
    assert machine.standings()["ann"]["name"] == "Ann 1"


def _stamped(sent: Sent, offset: int, timestamp_ms: int) -> Record:
    return Record(offset, sent.key, sent.value, (), timestamp_ms)


def test_a_tick_of_one_partition_leaves_the_customers_of_others_alone() -> None:
    worker = OneWorker(partitions=4)
    names = [f"c{number}" for number in range(16)]
    worker.send(*[order(name, "2024-01-01") for name in names])
    worker.send(tick("2024-06-01", partition=3))
    worker.rest()
    theirs = {p.identity.number: p.table.everyone() for p in worker.machine.partitions}
    dormant = {name.decode() for name in theirs[3]}
    assert 0 < len(dormant) < 16
    assert set(worker.said("dormant-customers", "customer_id")) == dormant
