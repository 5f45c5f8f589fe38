"""The orders shipped are those that `streams/demo/data/README.md` says they are."""

from __future__ import annotations

import orjson

from streams.demo.faults import CUSTOMERS, ORDERS
from streams.demo.orders import LAST_DAY, LAST_WEEK, order_lines, split_by_day


def test_the_file_holds_the_whole_purchase_log() -> None:
    orders = [orjson.loads(line) for line in order_lines()]
    days = [order["ordered_at"][:10] for order in orders]
    assert len({order["event_id"] for order in orders}) == len(orders) == ORDERS
    assert len({order["customer_id"] for order in orders}) == CUSTOMERS
    assert sum(order["amount"] for order in orders) == 250_031_563
    assert sum(order["amount"] == 0 for order in orders) == 80
    assert {order["type"] for order in orders} == {"placed"}
    assert days == sorted(days)
    assert (days[0], days[-1]) == ("1997-01-01", LAST_DAY)


def test_the_last_week_is_split_off_by_day_and_nothing_is_lost() -> None:
    lines = order_lines()
    before, days = split_by_day(lines, LAST_WEEK)
    assert [line for _, each in days for line in each] == lines[len(before) :]
    assert before == lines[: len(before)]
    assert [(day, len(each)) for day, each in days] == [
        ("1998-06-24", 44),
        ("1998-06-25", 44),
        ("1998-06-26", 47),
        ("1998-06-27", 73),
        ("1998-06-28", 50),
        ("1998-06-29", 62),
        ("1998-06-30", 58),
    ]
