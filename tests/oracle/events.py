"""The events that valid records carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """An order, cancellation or return, as what it adds to the day of `ordered_at`."""

    customer: str
    event_id: str
    ordered_at: datetime
    occurred_at: datetime | None
    orders: int  # +1 placed, -1 cancelled, 0 returned
    revenue: int  # signed, minor units of the base currency
    profit: int  # signed; 0 where the cost is not given
    unknown_profit: int  # signed; orders whose cost is not given

    def times(self) -> list[datetime]:
        return [at for at in (self.ordered_at, self.occurred_at) if at is not None]


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """A call or a step of a complaint."""

    customer: str
    event_id: str
    occurred_at: datetime

    def times(self) -> list[datetime]:
        return [self.occurred_at]


@dataclass(frozen=True, slots=True)
class FileEvent:
    """A customer's whole file."""

    customer: str
    disqualified: bool

    def times(self) -> list[datetime]:
        return []


@dataclass(frozen=True, slots=True)
class ErasureEvent:
    """A tombstone in `customers`."""

    customer: str

    def times(self) -> list[datetime]:
        return []


@dataclass(frozen=True, slots=True)
class TickEvent:
    """Time, told to one partition."""

    now: datetime

    def times(self) -> list[datetime]:
        return [self.now]


CustomerEvent = OrderEvent | ContactEvent | FileEvent | ErasureEvent
Event = CustomerEvent | TickEvent
