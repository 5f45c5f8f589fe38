"""Complaints: the steps each of them goes through."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.fields import Identifier, Time
from schemas.invalid import InvalidRecord
from schemas.reading import Reader, check_time

DEFAULT_SEVERITY = 3


class Complaint(msgspec.Struct, frozen=True, gc=False):
    """One step of a complaint; `category` is there on `opened`."""

    event_id: Identifier
    customer_id: Identifier
    complaint_id: Identifier
    occurred_at: Time
    step: Literal["opened", "accepted", "rejected", "assigned", "resolved", "feedback"]
    category: Literal["product", "delivery", "service", "facility", "price", "other"] | None = None
    given_severity: Annotated[int, Meta(ge=1, le=5)] | None = msgspec.field(
        name="severity", default=None
    )
    department: str | None = None
    satisfaction: Annotated[int, Meta(ge=0, le=100)] | None = None

    @property
    def severity(self) -> int:
        """1 to 5; 3 where none was given."""
        return DEFAULT_SEVERITY if self.given_severity is None else self.given_severity


_READER = Reader(Complaint)


def parse_complaint(value: bytes | None, latest: datetime) -> Complaint:
    """The step that `value` holds; `latest` is the wall clock + 24 h. Raises InvalidRecord."""
    complaint = _READER.read(value)
    check_time("occurred_at", complaint.occurred_at, latest)
    if complaint.step == "opened" and complaint.category is None:
        raise InvalidRecord(
            "missing_field", "category must be given where step is opened, got none"
        )
    return complaint
