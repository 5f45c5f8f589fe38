"""The orders shipped are those that `streams/demo/data/README.md` says they are."""

from __future__ import annotations

import orjson

from streams.demo.faults import CUSTOMERS, ORDERS
from streams.demo.orders import LAST_DAY, order_lines


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
