"""How calls, complaints and the customer's file change a customer's tables.

Commutative as orders are: of two facts the newer one stays, whatever came first.
"""

from __future__ import annotations

import msgspec

from schemas.calls import Call
from schemas.complaints import Complaint
from schemas.customers import CustomerFile
from streams.domain.customer import (
    CallDay,
    CallRecord,
    ComplaintRecord,
    Contact,
    Customer,
    Promise,
)
from streams.domain.days import Calendar, micros

_STEPS = ("", "opened", "accepted", "assigned", "resolved", "feedback", "rejected")
_CLOSED = frozenset({"resolved", "feedback", "rejected"})
_NOTE_LENGTH = 500  # characters of a call's note on the card; the whole is in call-logs


def fold_call(customer: Customer, call: Call, calendar: Calendar, begin_day: int | None) -> None:
    """Add a call. Days up to `begin_day` have left the window (None: there is no window yet)."""
    contact = _contact(customer)
    called_us = micros(call.called_at)
    _count_call(contact, calendar.day_of(called_us), call.outcome == "reached")
    if begin_day is not None:
        contact.call_days = [day for day in contact.call_days if day.day > begin_day]
    record = _record_of(call, called_us)
    last = contact.last_call
    if last is None or (record.called_us, record.call_id) >= (last.called_us, last.call_id):
        contact.last_call = record
    if call.outcome == "reached" and called_us > contact.reached_us:
        contact.reached_us = called_us
    if record.follow_up_us is not None:
        contact.promises.append(Promise(record.follow_up_us, called_us, call.call_id))
    contact.promises = sorted(
        kept_promises(contact, calendar, begin_day), key=msgspec.structs.astuple
    )


def fold_complaint(
    customer: Customer, complaint: Complaint, calendar: Calendar, begin_day: int | None
) -> None:
    """Add a step of a complaint. Closed ones whose last step left the window are let go."""
    contact = _contact(customer)
    record = contact.complaints.setdefault(complaint.complaint_id, ComplaintRecord())
    _add_step(record, complaint, micros(complaint.occurred_at))
    contact.complaints = kept_complaints(contact, calendar, begin_day)


def fold_file(customer: Customer, file: CustomerFile, raw: bytes) -> None:
    """Replace the customer's file by a newer one; `raw` is the record's value."""
    customer.file = raw
    customer.account_manager = file.account_manager
    customer.name = file.name
    customer.disqualified = bool(file.disqualified)


def kept_promises(contact: Contact, calendar: Calendar, begin_day: int | None) -> list[Promise]:
    """The promises that still stand."""
    return [one for one in contact.promises if _still_promised(one, contact, calendar, begin_day)]


def kept_complaints(
    contact: Contact, calendar: Calendar, begin_day: int | None
) -> dict[str, ComplaintRecord]:
    """The complaints that are open, or had their last step in the window."""
    if begin_day is None:
        return contact.complaints
    return {
        name: held
        for name, held in contact.complaints.items()
        if is_open(held) or calendar.day_of(held.step_us) > begin_day
    }


def is_open(complaint: ComplaintRecord) -> bool:
    """Neither solved nor rejected, and the customer's last word on it is still to come."""
    return complaint.step not in _CLOSED


def open_complaints(customer: Customer) -> int:
    """How many complaints of a customer are open."""
    contact = customer.contact
    if contact is None or not contact.complaints:
        return 0
    return sum(map(is_open, contact.complaints.values()))


def last_call(customer: Customer) -> CallRecord | None:
    """The newest call with a customer, or None."""
    return None if customer.contact is None else customer.contact.last_call


def _contact(customer: Customer) -> Contact:
    customer.contacted = True
    if customer.contact is None:
        customer.contact = Contact()
    return customer.contact


def _count_call(contact: Contact, day: int, reached: bool) -> None:
    days = contact.call_days
    at = len(days)
    while at and days[at - 1].day > day:
        at -= 1
    if not at or days[at - 1].day != day:
        days.insert(at, CallDay(day, 1, int(reached)))
        return
    days[at - 1].calls += 1
    days[at - 1].reached += int(reached)


def _still_promised(
    promise: Promise, contact: Contact, calendar: Calendar, begin_day: int | None
) -> bool:
    """No later call has reached the customer, and the promise is not older than the window."""
    if promise.called_us < contact.reached_us:
        return False
    latest = max(promise.called_us, promise.follow_up_us)
    return begin_day is None or calendar.day_of(latest) > begin_day


def _record_of(call: Call, called_us: int) -> CallRecord:
    return CallRecord(
        called_us=called_us,
        call_id=call.call_id,
        agent_id=call.agent_id,
        direction=call.direction,
        outcome=call.outcome,
        duration_s=call.duration_s,
        need=call.need,
        attitude=call.attitude,
        visit_wanted=call.visit_wanted,
        follow_up_us=None if call.follow_up_at is None else micros(call.follow_up_at),
        area=call.area,
        note=None if call.note is None else call.note[:_NOTE_LENGTH],
    )


def _add_step(record: ComplaintRecord, complaint: Complaint, at_us: int) -> None:
    if complaint.step == "opened" and (record.opened_us is None or at_us < record.opened_us):
        record.opened_us = at_us
        record.category = complaint.category
        record.severity = complaint.severity
    if (at_us, _STEPS.index(complaint.step)) > (record.step_us, _STEPS.index(record.step)):
        record.step_us = at_us
        record.step = complaint.step
    if complaint.department is not None and at_us >= record.department_us:
        record.department, record.department_us = complaint.department, at_us
    if complaint.satisfaction is not None and at_us >= record.satisfaction_us:
        record.satisfaction, record.satisfaction_us = complaint.satisfaction, at_us
