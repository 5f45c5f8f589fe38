"""Orders for benchmarks: the same ones every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
SHAPES = ("flat", "skewed")
_SKEW = 3  # of a hundred customers the first one has a fifth of all orders, the last half 21 %

_PRIME = 7_368_787  # its multiples go through all customers, each once


def make_orders(
    count: int,
    customers: int,
    days: int,
    shape: str = "flat",
    first: int = 0,
    begin: datetime = BEGIN,
) -> Iterator[str]:
    """Lines of orders from number `first` on, spread evenly over days. `flat`: by customers picked
    evenly; `skewed`: a few have most of them."""
    pick = random.Random(1 + first)
    step = timedelta(days=days) / count
    for number in range(count):
        if shape == "flat":
            customer = pick.randrange(customers)
        else:
            customer = int(customers * pick.random() ** _SKEW)
        yield order_line(first + number, customer, begin + step * number, pick)


def first_orders(customers: int, days: int) -> Iterator[str]:
    """Lines of one order of each customer, in no order of their names, spread evenly over days."""
    pick = random.Random(1)
    step = timedelta(days=days) / customers
    for number in range(customers):
        customer = number * _PRIME % customers
        yield order_line(number, customer, BEGIN + step * number, pick)


def live_orders(
    first: int, customers: int, begin: datetime, rate: int, new_share: float
) -> Iterator[tuple[str, str, str]]:
    """(event id, customer, line) of orders as they come live, `rate` a second of event time, from
    number `first` on: `new_share` of them the first of a new customer, others picked evenly."""
    pick = random.Random(first)
    number = first
    while True:
        new = pick.random() < new_share
        customer = customers + number if new else pick.randrange(customers)
        line = order_line(number, customer, begin + timedelta(seconds=number / rate), pick)
        yield f"e{number}", customer_name(customer), line
        number += 1


def customer_name(number: int) -> str:
    """The id of the customer with this number."""
    return f"c{number:08d}"


def order_line(number: int, customer: int, at: datetime, pick: random.Random) -> str:
    """An order placed of some amount, as a line of JSON."""
    return order_of(number, customer, at, int(pick.paretovariate(1.2) * 1000))


def order_of(number: int, customer: int, at: datetime, amount: int) -> str:
    """An order placed of that amount, half of it profit, as a line of JSON."""
    return (
        f'{{"event_id":"e{number}","customer_id":"{customer_name(customer)}",'
        f'"order_id":"o{number}","type":"placed","ordered_at":"{at.isoformat()}",'
        f'"amount":{amount},"cost":{amount // 2}}}\n'
    )
