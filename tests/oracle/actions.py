"""What can happen in a story: the steps of which Hypothesis makes streams of events.

Each action stands at a moment of the story (its time of event) and sends its records there or
some actions later or earlier (`delay`), so that corrections come before and after their orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.oracle.records import CALL_LOGS, COMPLAINTS, CUSTOMERS, ORDERS
from tests.oracle.sending import (
    Sent,
    call,
    cancellation,
    complaint,
    erasure,
    file,
    giving_back,
    order,
    sent_value,
    tick,
)

BEGINNING = datetime(2001, 1, 1, tzinfo=UTC)
LATEST = datetime(2020, 12, 31, tzinfo=UTC)  # no story goes on past it
WALL_CLOCK = datetime(2021, 1, 1, tzinfo=UTC)
FUTURE = "2200-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Emitted:
    """A record to be sent when the story has got to `position`."""

    position: int
    sent: Sent
    customer: str | None = None  # whose event it is; None: a tick
    event: str | None = None  # the event id, where it has one


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in the story an action stands."""

    position: int
    now: datetime

    @property
    def event_id(self) -> str:
        return f"e{self.position}"


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order, `late_s` seconds before the moment, and perhaps its correction."""

    customer: str
    amount: int
    cost: int | None = None
    currency: str | None = None
    late_s: int = 0
    offset_h: int = 0  # the UTC offset in which its time is written
    correction: str | None = None  # cancelled | returned
    delay: int = 0  # of the correction, in actions; below 0: it comes before its order

    def emit(self, at: Moment) -> Iterator[Emitted]:
        day = time_text(at.now - timedelta(seconds=self.late_s), self.offset_h)
        fields: dict[str, Any] = {"cost": self.cost, "currency": self.currency}
        first, second = max(-self.delay, 0), max(self.delay, 0)
        placed = order(self.customer, day, self.amount, event_id=at.event_id, **fields)
        yield Emitted(at.position + first, placed, self.customer, at.event_id)
        if self.correction is not None:
            name = f"{at.event_id} {self.correction}"
            undone = self._correction(day, {**fields, "event_id": name})
            yield Emitted(at.position + second, undone, self.customer, name)

    def _correction(self, day: str, fields: dict[str, Any]) -> Sent:
        if self.correction == "cancelled":
            return cancellation(self.customer, day, self.amount, **fields)
        half = {"cost": None if self.cost is None else self.cost // 2}
        return giving_back(self.customer, day, self.amount // 2, **{**fields, **half})


@dataclass(frozen=True, slots=True)
class Habit:
    """Orders at a steady gap, the last of them at the moment; what makes a usual gap."""

    customer: str
    amount: int
    gap_s: int
    orders: int

    def emit(self, at: Moment) -> Iterator[Emitted]:
        for number in range(self.orders):
            then = at.now - timedelta(seconds=self.gap_s * (self.orders - 1 - number))
            name = f"{at.event_id} {number}"
            placed = order(self.customer, time_text(then), self.amount, event_id=name)
            yield Emitted(at.position, placed, self.customer, name)


@dataclass(frozen=True, slots=True)
class Contacted:
    """A call or a complaint, `late_s` seconds before the moment."""

    customer: str
    topic: str  # call-logs | complaints
    late_s: int = 0

    def emit(self, at: Moment) -> Iterator[Emitted]:
        said = {CALL_LOGS: call, COMPLAINTS: complaint}[self.topic]
        then = time_text(at.now - timedelta(seconds=self.late_s))
        sent = said(self.customer, then, event_id=at.event_id)
        yield Emitted(at.position, sent, self.customer, at.event_id)


@dataclass(frozen=True, slots=True)
class FileSent:
    """The customer's file, or its erasure."""

    customer: str
    disqualified: bool | None = None
    erased: bool = False

    def emit(self, at: Moment) -> Iterator[Emitted]:
        fields = {} if self.disqualified is None else {"disqualified": self.disqualified}
        sent = erasure(self.customer) if self.erased else file(self.customer, **fields)
        yield Emitted(at.position, sent, self.customer)


@dataclass(frozen=True, slots=True)
class Passed:
    """Time goes on; with `ticked` every partition is told, with `partition` one alone."""

    seconds: int
    ticked: bool = False
    partition: int | None = None

    def emit(self, at: Moment) -> Iterator[Emitted]:
        if self.ticked:
            yield Emitted(at.position, tick(time_text(at.now), self.partition))


@dataclass(frozen=True, slots=True)
class Repeated:
    """The record sent `back` records ago, once more; here so that the story knows where."""

    back: int

    def emit(self, at: Moment) -> Iterator[Emitted]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A record that can't be used (save one gone astray where there is but one partition)."""

    customer: str
    fault: str

    def emit(self, at: Moment) -> Iterator[Emitted]:
        sent = spoilt(self.customer, self.fault, time_text(at.now), at.event_id)
        yield Emitted(at.position, sent, self.customer, at.event_id)


Action = OrderPlaced | Habit | Contacted | FileSent | Passed | Repeated | Spoilt

FAULTS = (
    *("not json", "no key", "another key", "negative", "naive", "future", "future tick"),
    *("no rate", "null file", "null order", "no step", "wrong partition"),
)


def spoilt(customer: str, fault: str, now: str, event_id: str) -> Sent:
    """A record with one fault of FAULTS."""
    good = order(customer, now, 1, event_id=event_id)
    return {
        "not json": Sent(ORDERS, customer.encode(), b"{"),
        "no key": Sent(ORDERS, None, good.value),
        "another key": Sent(ORDERS, b"somebody else", good.value),
        "negative": order(customer, now, -1, event_id=event_id),
        "naive": order(customer, now, ordered_at="2001-01-01T00:00:00", event_id=event_id),
        "future": order(customer, FUTURE, event_id=event_id),
        "future tick": tick(FUTURE),
        "no rate": order(customer, now, currency="XTS", event_id=event_id),
        "null file": sent_value(CUSTOMERS, customer, None),
        "null order": Sent(ORDERS, customer.encode(), None),
        "no step": complaint(customer, now, step="begun", event_id=event_id),
        "wrong partition": replace(good, astray=1),
    }[fault]


def time_text(at: datetime, offset_h: int = 0) -> str:
    """A time as text, in the given UTC offset."""
    return at.astimezone(timezone(timedelta(hours=offset_h))).isoformat()
