"""How much of calls and complaints is kept of one customer, so that a state stays a record.

Promises and open complaints are kept until they end, however many they are: of a customer who
stands for many (a counter, a test) they would pile up past what the changelog takes.
"""

from __future__ import annotations

from typing import Final

import msgspec

from schemas.calls import Call
from schemas.complaints import Complaint
from streams.domain.contact_fold import kept_complaints, kept_promises
from streams.domain.customer import ComplaintRecord, Contact, Customer, Promise
from streams.domain.days import Calendar

#: Promises and complaints of one customer, encoded: thousands of them. With what one record may
#: bring beyond it, the ids that alerts remember, the last call and the file, 8 MB are not reached.
PILE_BYTES: Final = 1_000_000

Pile = tuple[list[Promise], dict[str, ComplaintRecord]]

_encode = msgspec.msgpack.Encoder().encode


def would_pile_up(
    customer: Customer | None, event: Call | Complaint, calendar: Calendar, begin_day: int | None
) -> bool:
    """Whether the event adds to what is kept of a customer, and there is no room any more.

    What ends something is always taken: calls without a promise, steps of complaints known.
    Days up to `begin_day` have left the window (None: there is no window yet).
    """
    contact = None if customer is None else customer.contact
    if (
        contact is None
        or not _adds(contact, event)
        or not _is_full((contact.promises, contact.complaints))
    ):
        return False
    kept = (
        kept_promises(contact, calendar, begin_day),
        kept_complaints(contact, calendar, begin_day),
    )
    return _is_full(kept)


def _adds(contact: Contact, event: Call | Complaint) -> bool:
    if isinstance(event, Call):
        return event.follow_up_at is not None
    held = contact.complaints.get(event.complaint_id)
    return held is None or len(event.department or "") > len(held.department or "")


def _is_full(pile: Pile) -> bool:
    return len(_encode(pile)) > PILE_BYTES
