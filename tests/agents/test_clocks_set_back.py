"""Where clocks go back over midnight (St John's did at 00:01), the day of stream time does not."""

from __future__ import annotations

from tests.agents.one_worker import OneWorker
from tests.oracle.sending import order, tick

RULES = '[business]\ntime_zone = "America/St_Johns"\n'


def test_no_order_lies_ahead_of_today() -> None:
    worker = OneWorker(RULES)
    worker.send(order("ann", "2010-11-07T02:30:30Z"))  # 00:00:30 on the 7th
    worker.send(order("ann", "2010-11-07T02:40:00Z", 500))  # 23:10 on the 6th
    worker.rest()
    assert worker.said("customer-standings", "last_order_day", "recency_days") == [
        ("2010-11-07", 0)
    ]


def test_a_first_order_of_the_hour_that_comes_again_is_one_of_yesterday() -> None:
    worker = OneWorker(RULES)
    worker.send(order("ann", "2010-11-07T02:30:30Z"), order("bob", "2010-11-07T02:40:00Z"))
    assert worker.said("tier-changes", "customer_id", "recency_days") == [("ann", 0), ("bob", 1)]


def test_a_stage_that_the_day_has_brought_is_said_once_and_stays() -> None:
    worker = OneWorker(RULES)
    worker.send(order("ann", "2010-07-09"), order("bob", "2010-07-09"))
    worker.send(tick("2010-11-07T02:30:30Z"))
    worker.rest()
    worker.send(tick("2010-11-07T02:40:00Z"), order("bob", "2010-07-08", 500))
    worker.rest()
    assert worker.said("dormant-customers", "customer_id", "stage") == [
        ("ann", "dormant"), ("bob", "dormant"),
    ]  # fmt: skip
