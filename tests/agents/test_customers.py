"""customers: a file makes a suspect, a tombstone erases."""

from __future__ import annotations

import pytest

from streams.card import card_of
from tests.agents.one_worker import OneWorker
from tests.oracle.sending import Sent, call, cancellation, erasure, file, order, sent_value, tick


def test_a_file_alone_makes_a_suspect() -> None:
    worker = OneWorker()
    worker.send(file("ann", name="Ann", account_manager="maya"))
    worker.rest()
    assert worker.said("tier-changes", "to", "cause", "account_manager") == [
        ("suspect", "profile", "maya")
    ]
    standing = worker.machine.standings()["ann"]
    assert [standing[f] for f in ("tier", "name", "account_manager")] == ["suspect", "Ann", "maya"]


def test_each_file_replaces_the_one_before_whole() -> None:
    worker = OneWorker()
    worker.send(file("ann", name="Ann", account_manager="maya", disqualified=True), file("ann"))
    worker.rest()
    standing = worker.machine.standings()["ann"]
    assert [standing[f] for f in ("tier", "name", "account_manager")] == ["suspect", None, None]
    state = worker.customer("ann")
    assert state is not None
    assert state.file == b'{"customer_id": "ann"}'


def test_disqualified_goes_before_inactive_prospect_and_suspect_but_not_before_active() -> None:
    worker = OneWorker()
    worker.send(
        order("inactive", "2020-01-01"),
        call("prospect", "2024-01-01"),
        file("suspect"),
        order("active", "2024-01-01"),
    )
    worker.rest()
    assert {n: v["tier"] for n, v in worker.machine.standings().items()} == {
        "inactive": "inactive", "prospect": "prospect", "suspect": "suspect", "active": "super",
    }  # fmt: skip
    worker.send(*[file(name, disqualified=True) for name in worker.machine.standings()])
    worker.rest()
    assert {n: v["tier"] for n, v in worker.machine.standings().items()} == {
        "inactive": "other", "prospect": "other", "suspect": "other", "active": "super",
    }  # fmt: skip
    assert worker.said("tier-changes", "direction", "cause")[-3:] == [("down", "profile")] * 3


def test_a_tombstone_erases_a_customer_and_says_so_in_order() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-01-01", 700, cost=200), file("ann"), tick("2024-06-01"))
    worker.rest()
    begun = len(worker.machine.said)
    worker.send(erasure("ann"))
    worker.rest()
    worker.machine.said = worker.machine.said[begun:]
    assert worker.said("dormant-customers", "from", "stage") == [("dormant", "cleared")]
    assert worker.said("tier-changes", "from", "to", "direction", "cause", "source") == [
        ("super", None, "left", "erasure", {"topic": "customers", "partition": 0, "offset": 1})
    ]
    assert worker.said("customer-erased", "customer_id", "at") == [("ann", "2024-06-01T12:00:00Z")]
    told = [topic for topic in worker.topics_said("ann") if topic != "customer-standings"]
    assert told == ["dormant-customers", "tier-changes", "customer-erased"]
    assert "ann" not in worker.machine.standings()


def test_nothing_of_an_erased_customer_stays_in_the_store() -> None:
    worker = OneWorker()
    many = [order("ann", "2024-01-01", event_id=f"e{number}") for number in range(500)]
    worker.send(*many, call("ann", "2024-01-02"), file("ann"), order("bob", "2024-01-01"))
    worker.rest()
    worker.send(erasure("ann"))
    worker.rest()
    store = worker.machine.partitions[0].table.store
    assert [key for key, _ in store.scan(b"\x00", b"\xff") if b"ann" in key] == []
    newest = dict(worker.machine.changelogs[0])
    assert {value for key, value in newest.items() if b"ann" in key} == {None}
    assert worker.machine.partitions[0].table.counts.customers == 1


def test_an_erased_customer_says_no_standing_that_was_still_to_be_sent() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-01-01"), erasure("ann"))
    worker.rest()
    values = [w.value for w in worker.machine.said if w.topic == "customer-standings"]
    assert values == [None]


def test_a_tombstone_of_someone_unknown_says_customer_erased_alone() -> None:
    worker = OneWorker()
    worker.send(erasure("ann"))
    worker.rest()
    assert worker.topics_said("ann") == ["customer-erased"]
    assert worker.machine.standings() == {}
    assert worker.customer("ann") is None


def test_after_an_erasure_an_event_sent_again_counts_as_new() -> None:
    worker = OneWorker()
    sent = order("ann", "2024-01-01", 700, event_id="e")
    worker.send(sent, erasure("ann"), sent)
    assert worker.tally("orders") == {"counted": 2}
    assert worker.said("tier-changes", "from", "to") == [
        (None, "small"), ("small", None), (None, "small"),
    ]  # fmt: skip
    ids = worker.said("tier-changes", "event_id")
    assert len(set(ids)) == 3


def test_what_is_erased_are_the_event_ids_in_chunks_too() -> None:
    worker = OneWorker()
    many = [order("ann", "2024-01-01", event_id=f"e{number}") for number in range(300)]
    worker.send(*many, erasure("ann"), *many)
    assert worker.tally("orders") == {"counted": 600}


def test_the_json_text_null_is_a_dead_letter_and_no_tombstone() -> None:
    worker = OneWorker()
    worker.send(file("ann"), sent_value("customers", "ann", None))
    assert worker.said("dead-letters", "code") == ["not_an_object"]
    assert worker.customer("ann") is not None


def test_a_tombstone_without_a_key_is_a_dead_letter() -> None:
    worker = OneWorker()
    worker.send(Sent("customers", None, None))
    assert worker.said("dead-letters", "code") == ["no_key"]


def test_an_order_since_cancelled_makes_a_prospect_and_no_suspect() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-01-01"), cancellation("ann", "2024-01-01"), file("ann"))
    assert worker.said("tier-changes", "to")[-1] == "prospect"


@pytest.mark.parametrize("odd", ["1e400", "9" * 5000, '{"deep":[-1e400]}'])
def test_a_file_is_shown_as_text_where_a_free_section_holds_what_nobody_can_read(odd: str) -> None:
    worker = OneWorker()
    text = f'{{"customer_id":"ann","free":{odd}}}'
    worker.send(Sent("customers", b"ann", text.encode()))
    assert worker.tally("customers") == {"counted": 1}
    card = card_of(worker.machine.partitions[0], "ann")
    assert card is not None
    assert card["tables"]["file"] == text
