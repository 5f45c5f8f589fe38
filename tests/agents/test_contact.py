"""call-logs and complaints: contact makes a prospect, moves no time, and is kept on the card."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.agents.one_worker import OneWorker
from tests.oracle.sending import Sent, call, complaint, file, order, tick


@pytest.mark.parametrize("contact", [call, complaint])
def test_contact_makes_a_suspect_a_prospect(contact: Callable[[str, str], Sent]) -> None:
    worker = OneWorker()
    worker.send(file("ann"), contact("ann", "2024-03-01"))
    assert worker.said("tier-changes", "from", "to", "cause", "direction") == [
        (None, "suspect", "profile", "entered"),
        ("suspect", "prospect", "contact", "up"),
    ]


@pytest.mark.parametrize("contact", [call, complaint])
def test_contact_moves_no_time(contact: Callable[[str, str], Sent]) -> None:
    worker = OneWorker()
    worker.send(contact("ann", "2024-03-01"))
    worker.rest()
    assert worker.machine.partitions[0].stream_time_us is None
    assert worker.said("tier-changes", "at") == ["2024-03-01T12:00:00Z"]
    assert worker.machine.standings()["ann"]["at"] == "2024-03-01T12:00:00Z"


def test_at_is_stream_time_once_there_is_one() -> None:
    worker = OneWorker()
    worker.send(order("bob", "2024-05-01"), call("ann", "2024-03-01"))
    assert worker.said("tier-changes", "at") == ["2024-05-01T12:00:00Z"] * 2


def test_a_call_changes_nothing_of_someone_who_has_ordered_but_the_standing() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-03-01"))
    worker.rest()
    told = len(worker.machine.said)
    worker.send(call("ann", "2024-03-01", outcome="refused"))
    worker.rest()
    assert [write.topic for write in worker.machine.said[told:]] == ["customer-standings"]
    standing = worker.machine.standings()["ann"]
    assert standing["last_call_at"] == "2024-03-01T12:00:00Z"
    assert standing["last_call_outcome"] == "refused"


def test_a_standing_counts_the_complaints_that_are_open() -> None:
    worker = OneWorker()
    worker.send(
        complaint("ann", "2024-03-01", complaint_id="a"),
        complaint("ann", "2024-03-02", complaint_id="b"),
    )
    worker.rest()
    assert worker.machine.standings()["ann"]["open_complaints"] == 2
    worker.send(complaint("ann", "2024-03-03", complaint_id="a", step="resolved"))
    worker.rest()
    assert worker.machine.standings()["ann"]["open_complaints"] == 1


def test_what_fell_due_is_said_before_a_call_of_its_own_cause() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-01-01"), tick("2024-06-01"), call("ann", "2024-06-01"))
    assert worker.said("dormant-customers", "stage", "at", "source") == [
        ("dormant", "2024-05-01T00:00:00Z", None)
    ]


def test_the_same_event_id_in_another_topic_is_another_event() -> None:
    worker = OneWorker()
    worker.send(
        order("ann", "2024-03-01", event_id="e"),
        call("ann", "2024-03-01", event_id="e"),
        complaint("ann", "2024-03-01", event_id="e"),
    )
    assert [worker.tally(t) for t in ("orders", "call-logs", "complaints")] == [{"counted": 1}] * 3


def test_event_ids_taken_before_stream_time_began_count_as_taken_when_it_did() -> None:
    worker = OneWorker()
    calls = [call("ann", "2024-03-01", event_id=f"e{number}") for number in range(300)]
    worker.send(*calls, *calls)
    assert worker.tally("call-logs") == {"counted": 300, "repeated": 300}
    worker.send(tick("2024-03-02T00:00:00Z"), *calls, tick("2024-03-09T00:00:00Z"), *calls)
    assert worker.tally("call-logs") == {"counted": 300, "repeated": 900}
    worker.send(tick("2024-03-09T00:00:01Z"), *calls)
    assert worker.tally("call-logs") == {"counted": 600, "repeated": 900}


def test_a_call_of_the_future_is_a_dead_letter_but_its_follow_up_may_lie_ahead() -> None:
    worker = OneWorker()
    worker.send(
        call("ann", "2026-11-23"),
        call("bob", "2026-11-20", follow_up_at="2027-05-01T09:00:00Z"),
    )
    assert worker.tally("call-logs") == {"future": 1, "counted": 1}
