"""Calls, complaints and files: what is kept for the card, in whatever order it arrives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.calls import Call
from schemas.complaints import Complaint
from schemas.customers import CustomerFile
from streams.domain.contact_fold import fold_call, fold_complaint, fold_file, is_open
from streams.domain.customer import CallDay, ComplaintRecord, Contact, Customer
from streams.domain.days import Calendar, instant, micros
from tests.domain.customers import day

UTC_DAYS = Calendar("UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00:00Z")


def call(called_at: str, outcome: str = "reached", **fields: Any) -> Call:
    named = {"event_id": "e", "customer_id": "ann", "call_id": "L-1", "agent_id": "A-1"}
    if "follow_up_at" in fields:
        fields["follow_up_at"] = at(fields["follow_up_at"])
    return Call(**{**named, "called_at": at(called_at), "direction": "out", "outcome": outcome,
                   **fields})  # fmt: skip


def step(name: str, occurred_at: str, **fields: Any) -> Complaint:
    named = {"event_id": "e", "customer_id": "ann", "complaint_id": "K-1"}
    return Complaint(**{**named, "occurred_at": at(occurred_at), "step": name, **fields})


def contact_of(*events: Call | Complaint, begin_day: int | None = None) -> Contact:
    customer = Customer()
    for event in events:
        if isinstance(event, Call):
            fold_call(customer, event, UTC_DAYS, begin_day)
        else:
            fold_complaint(customer, event, UTC_DAYS, begin_day)
    assert customer.contacted
    assert customer.contact is not None
    return customer.contact


# -- calls


def test_calls_are_counted_by_day_and_those_that_reached_apart() -> None:
    contact = contact_of(
        call("2024-03-02T10"), call("2024-03-01T10", "no_answer"), call("2024-03-02T11", "refused")
    )
    assert contact.call_days == [
        CallDay(day("2024-03-01"), 1, 0),
        CallDay(day("2024-03-02"), 2, 1),
    ]


def test_days_that_have_left_the_window_are_let_go() -> None:
    calls = [call("2023-03-01T10"), call("2024-02-28T10"), call("2024-02-29T10")]
    contact = contact_of(*calls, begin_day=day("2024-02-28"))
    assert [one.day for one in contact.call_days] == [day("2024-02-29")]


def test_the_last_call_is_the_newest_whatever_came_first() -> None:
    newest = call("2024-03-02T10", need="strong", note="wants a quote")
    for calls in ([newest, call("2024-03-01T10")], [call("2024-03-01T10"), newest]):
        last = contact_of(*calls).last_call
        assert last is not None
        assert (last.need, last.note) == ("strong", "wants a quote")


def test_a_call_told_again_in_other_words_replaces_what_was_told() -> None:
    last = contact_of(call("2024-03-01T10", note="?"), call("2024-03-01T10", note="!")).last_call
    assert last is not None
    assert last.note == "!"


def test_of_a_long_note_the_beginning_is_kept() -> None:
    last = contact_of(call("2024-03-01T10", note="x" * 10_000)).last_call
    assert last is not None
    assert last.note == "x" * 500


# -- promises


def follow_ups(*calls: Call, begin_day: int | None = None) -> list[str]:
    promises = contact_of(*calls, begin_day=begin_day).promises
    return [instant(one.follow_up_us).date().isoformat() for one in promises]


PROMISE = call("2024-03-01T10", follow_up_at="2024-03-08T09")


def test_a_promise_stays_until_a_later_call_reaches_the_customer() -> None:
    assert follow_ups(PROMISE) == ["2024-03-08"]
    assert follow_ups(PROMISE, call("2024-03-08T10", "no_answer")) == ["2024-03-08"]
    assert follow_ups(PROMISE, call("2024-03-08T10", "reached")) == []


def test_a_promise_that_arrives_after_the_call_that_kept_it_is_kept_all_the_same() -> None:
    assert follow_ups(call("2024-03-08T10", "reached"), PROMISE) == []


def test_promises_are_in_the_order_in_which_they_are_due() -> None:
    later = call("2024-03-01T11", "no_answer", follow_up_at="2024-03-20T09", call_id="L-2")
    assert follow_ups(later, PROMISE) == ["2024-03-08", "2024-03-20"]


def test_a_promise_that_has_left_the_window_is_let_go() -> None:
    other = call("2024-06-01T10", "no_answer")
    assert follow_ups(PROMISE, other, begin_day=day("2024-03-07")) == ["2024-03-08"]
    assert follow_ups(PROMISE, other, begin_day=day("2024-03-08")) == []


# -- complaints


def complaint_of(*steps: Complaint, begin_day: int | None = None) -> ComplaintRecord | None:
    return contact_of(*steps, begin_day=begin_day).complaints.get("K-1")


OPENED = step("opened", "2024-03-01T10", category="delivery", given_severity=4)


def test_a_complaint_has_what_it_was_opened_with_and_its_newest_step() -> None:
    steps = [OPENED, step("assigned", "2024-03-02T10", department="logistics")]
    for told in (steps, steps[::-1]):
        record = complaint_of(*told)
        assert record is not None
        assert (record.category, record.severity, record.step, record.department) == (
            "delivery", 4, "assigned", "logistics",
        )  # fmt: skip
        assert record.opened_us == micros(at("2024-03-01T10"))
        assert is_open(record)


def test_severity_is_3_where_none_was_given() -> None:
    record = complaint_of(step("opened", "2024-03-01T10", category="price"))
    assert record is not None
    assert record.severity == 3


def test_resolved_rejected_and_feedback_close_a_complaint() -> None:
    for name in ("resolved", "rejected", "feedback"):
        record = complaint_of(OPENED, step(name, "2024-03-02T10"))
        assert record is not None
        assert not is_open(record)


def test_of_steps_at_one_time_the_later_in_the_course_of_things_counts() -> None:
    steps = [step("resolved", "2024-03-01T10"), OPENED, step("accepted", "2024-03-01T10")]
    record = complaint_of(*steps)
    assert record is not None
    assert record.step == "resolved"


def test_satisfaction_is_that_of_the_newest_feedback() -> None:
    steps = [
        step("feedback", "2024-03-03T10", satisfaction=90),
        step("feedback", "2024-03-02T10", satisfaction=20),
    ]
    record = complaint_of(OPENED, *steps)
    assert record is not None
    assert record.satisfaction == 90


def test_closed_complaints_are_let_go_with_the_day_of_their_last_step() -> None:
    closed = [OPENED, step("resolved", "2024-03-02T10")]
    assert complaint_of(*closed, begin_day=day("2024-03-01")) is not None
    assert complaint_of(*closed, begin_day=day("2024-03-02")) is None


def test_open_complaints_are_never_let_go() -> None:
    assert complaint_of(OPENED, begin_day=day("2034-03-02")) is not None


# -- files


def test_a_file_replaces_the_one_before_whole_and_is_no_contact() -> None:
    customer = Customer()
    fold_file(customer, CustomerFile("ann", name="Ann", disqualified=True), b"1")
    fold_file(customer, CustomerFile("ann", account_manager="maya"), b"2")
    assert (customer.name, customer.account_manager, customer.disqualified) == (None, "maya", False)
    assert customer.file == b"2"
    assert not customer.contacted


# -- the order of arrival

_HOUR = 3_600_000_000  # microseconds
HOURS = st.integers(0, 300 * 24)


@st.composite
def contacts(draw: st.DrawFn) -> list[Call | Complaint]:
    """Calls and the steps of a few complaints, each at a time of its own."""
    hours = draw(st.lists(HOURS, min_size=1, max_size=12, unique=True))
    return [_event(draw, number, hour) for number, hour in enumerate(hours)]


def _event(draw: st.DrawFn, number: int, hour: int) -> Call | Complaint:
    start = micros(at("2024-01-01T00"))
    when = instant(start + hour * _HOUR)
    fields: dict[str, Any] = {"event_id": "e", "customer_id": "ann"}
    if draw(st.booleans()):
        promised = draw(st.none() | HOURS)
        fields["follow_up_at"] = None if promised is None else instant(start + promised * _HOUR)
        fields["outcome"] = draw(st.sampled_from(["reached", "no_answer", "refused"]))
        fields |= {"call_id": f"L-{number}", "agent_id": "A", "direction": "in"}
        return Call(**fields, called_at=when)
    fields["step"] = draw(st.sampled_from(["opened", "accepted", "assigned", "resolved"]))
    fields["complaint_id"] = draw(st.sampled_from(["K-1", "K-2"]))
    fields["department"] = draw(st.none() | st.sampled_from(["one", "two"]))
    fields["satisfaction"] = draw(st.none() | st.integers(0, 100))
    return Complaint(**fields, occurred_at=when, category="price")


@given(st.data(), contacts())
def test_contact_is_the_same_in_whatever_order_it_arrives(
    data: st.DataObject, events: list[Call | Complaint]
) -> None:
    begin = day("2023-12-31")  # the window has all of them
    ours = contact_of(*events, begin_day=begin)
    theirs = contact_of(*data.draw(st.permutations(events)), begin_day=begin)
    assert ours == theirs
