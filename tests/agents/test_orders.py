"""orders: each lands on its own day, and may move its customer."""

from __future__ import annotations

from typing import Any

import pytest

from streams.domain.packed import encode_customer
from tests.agents.one_worker import OneWorker
from tests.oracle.sending import cancellation, giving_back, order, tick


def test_a_first_order_enters_its_customer_into_the_pyramid() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-03-01", 5000, cost=3000))
    value: dict[str, Any] = worker.machine.values("tier-changes")[0]
    named = {name: value[name] for name in ("from", "to", "direction", "cause", "at", "source")}
    assert named == {
        "from": None,
        "to": "small",  # before the first borders are known
        "direction": "entered",
        "cause": "order",
        "at": "2024-03-01T12:00:00Z",
        "source": {"topic": "orders", "partition": 0, "offset": 0},
    }
    figures = ("revenue", "profit", "frequency", "recency_days")
    assert [value[name] for name in figures] == [5000, 2000, 1, 0]
    worker.rest()
    assert worker.said("tier-changes", "from", "to", "direction", "cause")[1:] == [
        ("small", "super", "up", "overtaken")
    ]


def test_an_order_without_cost_adds_no_profit() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-03-01", 5000), order("ann", "2024-03-02", 100, cost=30))
    state = worker.customer("ann")
    assert state is not None
    assert (state.profit, [day.unknown_profit for day in state.days]) == (70, [1, 0])


def test_a_cancellation_undoes_its_order_whole() -> None:
    worker = OneWorker()
    worker.send(
        order("ann", "2024-03-01", 5000, cost=3000),
        cancellation("ann", "2024-03-01", 5000, cost=3000),
    )
    worker.rest()
    assert worker.said("tier-changes", "from", "to", "cause") == [
        (None, "small", "order"),
        ("small", "prospect", "cancellation"),
    ]
    standing = worker.machine.standings()["ann"]
    shown = ("tier", "rfm", "revenue", "profit", "frequency", "recency_days", "last_order_day")
    assert [standing[name] for name in shown] == ["prospect", None, 0, 0, 0, None, None]


def test_a_return_takes_money_back_and_leaves_the_order_counted() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-03-01", 5000), giving_back("ann", "2024-03-01", 1500))
    worker.rest()
    standing = worker.machine.standings()["ann"]
    assert (standing["revenue"], standing["frequency"]) == (3500, 1)


def test_a_correction_lands_on_the_day_of_its_order() -> None:
    worker = OneWorker()
    worker.send(
        order("ann", "2024-03-01", 5000),
        giving_back("ann", "2024-03-01", 1500, occurred_at="2024-05-01T00:00:00Z"),
    )
    state = worker.customer("ann")
    assert state is not None
    assert [(day.revenue, day.orders) for day in state.days] == [(3500, 1)]
    assert worker.machine.partitions[0].stream_time_us == 1_709_294_400_000_000  # 1 March, noon


@pytest.mark.parametrize(
    ("late", "said"), [("2024-05-22", 2), ("2024-05-21", 1), ("2022-05-21", 1)]
)
def test_an_order_older_than_the_window_publishes_no_standing(late: str, said: int) -> None:
    worker = OneWorker("[business]\nwindow_days = 10\n[dormancy]\ndormant_days = 8\n")
    days = ("2024-05-29", "2024-05-30", "2024-05-31")
    worker.send(*(order("ann", day) for day in days))
    worker.rest()
    worker.send(order("ann", late, 500))
    worker.rest()
    standings = worker.said("customer-standings", "revenue", "frequency")
    assert standings == [(3000, 3), (3500, 4)][:said]
    state = worker.customer("ann")
    assert state is not None
    assert state.lifetime_orders == 4


def test_an_amount_in_another_currency_is_converted_by_the_rates() -> None:
    worker = OneWorker('[rates]\nUSD = "7.10"\nJPY = "0.0475"\n')
    worker.send(
        order("ann", "2024-03-01", 1000, currency="USD", cost=400),  # 10 dollars
        order("bob", "2024-03-01", 1000, currency="JPY"),  # 1000 yen: they have no sen
        order("cem", "2024-03-01", 1000, currency="CNY"),
    )
    figures = worker.said("tier-changes", "customer_id", "revenue", "profit")
    assert figures == [("ann", 7100, 4260), ("bob", 4750, 0), ("cem", 1000, 0)]


def test_a_currency_without_a_rate_is_a_dead_letter() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-03-01", currency="XTS"))
    assert worker.said("dead-letters", "code", "reason") == [
        ("unknown_currency", "currency must be one with a rate (CNY, USD), got 'XTS'")
    ]
    assert worker.customer("ann") is None


GREATEST = 10**15


def test_an_order_that_overflows_the_sums_is_a_dead_letter_and_leaves_no_trace() -> None:
    worker = OneWorker('[rates]\nUSD = "1000000"\n')
    worker.send(order("ann", "2024-03-01", GREATEST, currency="USD"))
    worker.rest()
    assert worker.said("dead-letters", "code") == ["sum_overflow"]
    assert worker.customer("ann") is None
    assert worker.topics_said("ann") == ["dead-letters"]
    assert worker.machine.partitions[0].stream_time_us is None


@pytest.mark.parametrize("undone", ["", "the same day", "another day"])
def test_no_sum_can_be_driven_past_64_bits(undone: str) -> None:
    worker = OneWorker('[rates]\nUSD = "1000"\n')
    money: dict[str, Any] = {"currency": "USD", "cost": 0}
    for number in range(8):
        worker.send(order("ann", "2024-03-01", GREATEST, event_id=f"o{number}", **money))
        if undone:
            day = "2024-03-01" if undone == "the same day" else "2024-03-02"
            worker.send(cancellation("ann", day, GREATEST, event_id=f"c{number}", **money))
    worker.rest()
    assert worker.tally("orders").keys() == {"counted", "sum_overflow"}
    assert worker.tally("orders")["counted"] == 2
    state = worker.customer("ann")
    assert state is not None
    assert encode_customer(state)


def test_a_second_order_is_dropped_by_its_event_id_whatever_its_content() -> None:
    worker = OneWorker()
    worker.send(
        order("ann", "2024-03-01", 5000, event_id="e"),
        order("ann", "2024-03-02", 70, event_id="e"),
        order("bob", "2024-03-02", 70, event_id="e"),
    )
    assert worker.tally("orders") == {"counted": 2, "repeated": 1}
    assert worker.said("tier-changes", "customer_id", "revenue") == [("ann", 5000), ("bob", 70)]


def test_an_event_id_is_remembered_for_seven_days_of_stream_time() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-03-01", event_id="e"), tick("2024-03-08T12:00:00Z"))
    worker.send(order("ann", "2024-03-01", event_id="e"))
    assert worker.tally("orders") == {"counted": 1, "repeated": 1}
    worker.send(tick("2024-03-08T12:00:01Z"), order("ann", "2024-03-01", event_id="e"))
    assert worker.tally("orders") == {"counted": 2, "repeated": 1}


@pytest.mark.parametrize("field", ["ordered_at", "occurred_at"])
def test_a_time_over_24_hours_ahead_of_the_wall_clock_is_a_dead_letter(field: str) -> None:
    worker = OneWorker()  # whose wall clock says 2026-11-21T12:00:00Z
    for number, time in enumerate(("2026-11-22T12:00:00.000001Z", "2026-11-22T20:00:00+08:00")):
        at: dict[str, Any] = {field: time}
        worker.send(order("ann", "2024-03-01", event_id=f"e{number}", **at))
    assert worker.said("dead-letters", "code", "offset") == [("future", 0)]
    assert worker.tally("orders") == {"future": 1, "counted": 1}


def test_what_fell_due_is_applied_before_an_order() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2024-01-01"), tick("2024-06-01"), order("ann", "2024-06-01"))
    assert worker.said("dormant-customers", "stage", "from", "at", "source") == [
        ("dormant", None, "2024-05-01T00:00:00Z", None),
        ("reactivated", "dormant", "2024-06-01T12:00:00Z",
         {"topic": "orders", "partition": 0, "offset": 1}),
    ]  # fmt: skip
