"""Nothing that a customer piles up makes a record that the log does not take."""

from __future__ import annotations

from streams import topics
from streams.domain.packed import encode_customer
from tests.agents.one_worker import OneWorker
from tests.oracle.sending import Sent, call, complaint, file, order, tick

LONG = "x" * 300_000
BEGIN = "2024-03-01"


def opened(number: int, **fields: object) -> Sent:
    return complaint(
        "ann", BEGIN, **{"event_id": f"o{number}", "complaint_id": f"c{number}", **fields}
    )


def promise(number: int, call_id: str) -> Sent:
    """A call that did not reach the customer, and is to be made again."""
    fields = {"outcome": "no_answer", "follow_up_at": "2024-03-08T12:00:00Z"}
    return call("ann", BEGIN, event_id=f"p{number}", call_id=f"{call_id}{number}", **fields)


def test_a_complaint_beyond_what_is_kept_of_a_customer_is_a_dead_letter() -> None:
    worker = OneWorker()
    worker.send(tick(BEGIN), *(opened(number, department=LONG) for number in range(6)))
    assert worker.tally("complaints") == {"counted": 4, "too_large": 2}
    assert worker.said("dead-letters", "code", "offset") == [("too_large", 4), ("too_large", 5)]
    state = worker.customer("ann")
    assert state is not None
    assert state.contact is not None
    assert list(state.contact.complaints) == ["c0", "c1", "c2", "c3"]


def test_what_ends_a_complaint_is_taken_however_many_there_are() -> None:
    worker = OneWorker()
    worker.send(tick(BEGIN), *(opened(number, department=LONG) for number in range(5)))
    resolved = [
        complaint("ann", "2024-03-02", event_id=f"r{n}", complaint_id=f"c{n}", step="resolved")
        for n in range(4)
    ]
    worker.send(*resolved)
    assert worker.tally("complaints") == {"counted": 8, "too_large": 1}
    worker.send(opened(6))
    assert worker.tally("complaints") == {"counted": 8, "too_large": 2}
    worker.send(tick("2025-03-04"))  # those of a year ago leave, and there is room
    worker.send(opened(7))
    assert worker.tally("complaints") == {"counted": 9, "too_large": 2}


def test_a_promise_beyond_what_is_kept_of_a_customer_is_a_dead_letter_until_one_is_kept() -> None:
    worker = OneWorker()
    worker.send(tick(BEGIN), *(opened(number, department=LONG) for number in range(3)))
    worker.send(*(promise(number, "😀" * 120) for number in range(300)))
    tally = worker.tally("call-logs")
    assert tally["counted"] > 190
    assert tally["too_large"] == 300 - tally["counted"]
    worker.send(call("ann", "2024-03-02"), promise(9_999, "again"))
    assert worker.tally("call-logs") == {**tally, "counted": tally["counted"] + 2}


def test_a_customer_of_whom_everything_is_as_large_as_can_be_fits_every_topic() -> None:
    """A megabyte each of manager and name, area and department, and the most complaints."""
    worker = OneWorker()
    many = [opened(n, severity=5, complaint_id="😀" * 120 + str(n)) for n in range(1_000)]
    worker.send(
        order("ann", BEGIN),
        file("ann", account_manager="m" * 500_000, name="n" * 500_000),
        call("ann", BEGIN, area="a" * 1_000_000),
        opened(9_999, complaint_id="d", department=LONG),
        *many[:900],
        opened(9_998, complaint_id="d", department="d" * 1_000_000),
        *many[900:],
        tick("2024-03-20"),  # and all of them are overdue
    )
    worker.rest()
    assert worker.tally("complaints")["too_large"] == 100
    state = worker.customer("ann")
    assert state is not None
    assert state.churn is not None
    assert len(state.churn.severe) == len(state.churn.overdue) - 1 == 900
    changelog = topics.changelog("tierstream").max_record_bytes or 0
    assert 5_000_000 < len(encode_customer(state)) < changelog
    limits = {topic.name: topic.max_record_bytes or 1_000_000 for topic in topics.CATALOGUE}
    sizes = {
        write.topic: len(write.key or b"") + len(write.value or b"")
        for write in worker.machine.said
    }
    assert sizes.keys() >= {"churn-alerts", "customer-standings", "tier-changes"}
    for topic, size in sizes.items():
        assert size < limits[topic], topic
