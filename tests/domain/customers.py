"""Customers in short, with days as ISO dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from streams.domain.customer import NO_DAY, Customer
from streams.domain.days import as_date, as_day
from streams.domain.orders_fold import fold_order

#: (type, day, amount, profit)
Event = tuple[str, str, int, int | None]


def day(text: str) -> int:
    """The day number of an ISO date."""
    return as_day(date.fromisoformat(text))


def shown(number: int) -> str | None:
    """A day number as an ISO date; None where there is none."""
    return None if number == NO_DAY else as_date(number).isoformat()


def folded(events: Iterable[Event], window_days: int = 365) -> Customer:
    """A customer with these order events."""
    customer = Customer()
    for kind, when, amount, profit in events:
        fold_order(customer, kind, day(when), amount, profit, window_days)
    return customer


def ordered(*days: str, amount: int = 1000) -> Customer:
    """A customer with an order on each of these days."""
    return folded(("placed", when, amount, None) for when in days)
