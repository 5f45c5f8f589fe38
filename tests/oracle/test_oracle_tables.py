"""The tables: worked examples."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle import Standing, recompute
from tests.oracle.money import to_base
from tests.oracle.rules import read_rules
from tests.oracle.sending import Sent, call, cancellation, file, giving_back, lay, order, tick


def standing(*sent: Sent, **rules: Any) -> Standing:
    """Customer a's, on one partition."""
    return recompute(lay(sent, 1), partitions=1, rules=rules).customers["a"]


def test_an_order_adds_its_amount_and_its_profit() -> None:
    one = standing(order("a", "2024-01-01", 1000, cost=400), order("a", "2024-01-02", 50))
    assert (one.revenue, one.profit, one.frequency, one.unknown_profit) == (1050, 600, 2, 1)


def test_a_cancellation_leaves_nothing_before_or_after_its_order() -> None:
    sent = [order("a", "2024-01-01", 1000, cost=400), cancellation("a", "2024-01-01", cost=400)]
    for both in (sent, sent[::-1]):
        one = standing(order("a", "2023-12-01", 7), *both)
        assert (one.revenue, one.profit, one.frequency, one.lifetime_orders) == (7, 0, 1, 1)
        assert one.last_order_day == date(2023, 12, 1)


def test_a_return_takes_the_amount_back_and_leaves_the_order() -> None:
    one = standing(
        order("a", "2024-01-01", 1000, cost=400), giving_back("a", "2024-01-01", 300, cost=100)
    )
    assert (one.revenue, one.profit, one.frequency, one.lifetime_revenue) == (700, 400, 1, 700)


def test_a_correction_lands_on_the_orders_own_day() -> None:
    sent = [order("a", "2023-01-10"), order("a", "2024-01-09")]
    back = giving_back("a", "2023-01-10", 300, occurred_at="2024-01-09T12:00:00Z")
    assert standing(*sent, back).revenue == 1700
    assert standing(*sent, back, tick("2024-01-10")).revenue == 1000


def test_the_window_is_so_many_days_up_to_and_including_today() -> None:
    sent = [order("a", "2024-01-01", 100), order("a", "2024-01-10", 10)]
    rules = {"business": {"window_days": 30}, "dormancy": {"dormant_days": 20}}
    assert standing(*sent, tick("2024-01-30"), **rules).revenue == 110
    left = standing(*sent, tick("2024-01-31"), **rules)
    assert (left.revenue, left.frequency, left.lifetime_revenue) == (10, 1, 110)


def test_days_are_those_of_the_business_time_zone() -> None:
    sent = order("a", "2024-01-01T20:00:00Z")
    assert standing(sent).last_order_day == date(2024, 1, 1)
    there = standing(sent, business={"time_zone": "Asia/Shanghai"})
    assert there.last_order_day == date(2024, 1, 2)


def test_recency_is_counted_from_the_newest_order_that_stands() -> None:
    sent = [order("a", "2024-01-01"), order("a", "2024-01-20")]
    assert standing(*sent, tick("2024-01-31")).recency_days == 11
    undone = standing(*sent, cancellation("a", "2024-01-20"), tick("2024-01-31"))
    assert (undone.recency_days, undone.last_order_day) == (30, date(2024, 1, 1))


def test_nothing_is_recent_where_no_order_stands() -> None:
    one = standing(order("a", "2024-01-01"), cancellation("a", "2024-01-01"))
    assert (one.recency_days, one.rfm, one.stage, one.last_order_day) == (None, None, None, None)


def test_the_usual_gap_is_the_mean_between_distinct_days_of_the_newest_orders_window() -> None:
    days = ["2022-01-01", "2024-01-01", "2024-01-04", "2024-01-11"]
    again = order("a", "2024-01-04", event_id="again")
    one = standing(*[order("a", day) for day in days], again, tick("2026-01-01"))
    assert one.usual_gap_days == Fraction(10, 2)
    assert standing(order("a", "2024-01-01")).usual_gap_days is None


def test_an_order_older_than_what_is_kept_counts_in_the_lifetime_alone() -> None:
    sent = [order("a", "2024-01-01"), order("a", "2024-01-02"), order("a", "2020-01-01")]
    one = standing(*sent, cancellation("a", "2024-01-01"), cancellation("a", "2024-01-02"))
    assert (one.lifetime_orders, one.frequency, one.usual_gap_days) == (1, 0, None)
    assert one.first_order_day == date(2020, 1, 1)


def test_the_two_newest_days_are_kept_however_old() -> None:
    sent = [order("a", "2020-01-01"), order("a", "2021-06-01"), order("a", "2024-01-01")]
    one = standing(*sent, cancellation("a", "2024-01-01"))
    assert one.last_order_day == date(2021, 6, 1)
    assert one.first_order_day == date(2020, 1, 1)


def test_a_day_that_was_kept_can_be_cancelled_itself() -> None:
    sent = [order("a", "2020-01-01"), order("a", "2021-06-01"), order("a", "2024-01-01")]
    undone = [cancellation("a", "2024-01-01"), cancellation("a", "2021-06-01")]
    assert standing(*sent, *undone).last_order_day == date(2020, 1, 1)


@pytest.mark.parametrize(("oldest", "gap"), [("2023-01-03", 362), ("2023-01-02", None)])
def test_kept_are_the_days_of_the_window_that_ends_on_the_newest_order(
    oldest: str, gap: int | None
) -> None:
    days = [oldest, "2023-12-31", "2024-01-02"]
    one = standing(*[order("a", day) for day in days], cancellation("a", "2024-01-02"))
    assert one.usual_gap_days == gap


def test_two_days_further_apart_than_the_window_have_no_gap() -> None:
    assert standing(order("a", "2021-06-01"), order("a", "2024-01-01")).usual_gap_days is None


def test_a_day_let_go_does_not_return() -> None:
    days = ["2024-01-01", "2024-02-01", "2025-03-01", "2025-03-02"]
    one = standing(
        *[order("a", day) for day in days],
        cancellation("a", "2025-03-01"),
        cancellation("a", "2025-03-02"),
    )
    assert (one.lifetime_orders, one.frequency, one.recency_days) == (2, 0, 395)
    assert one.usual_gap_days is None  # the gap of 31 days is forgotten


def test_a_cancellation_of_an_order_let_go_counts_in_the_lifetime_alone() -> None:
    days = ["2020-01-01", "2024-01-01", "2024-01-02"]
    one = standing(*[order("a", day) for day in days], cancellation("a", "2020-01-01"))
    assert (one.lifetime_orders, one.lifetime_revenue) == (2, 2000)
    assert one.first_order_day == date(2024, 1, 1)


def test_an_old_cancellation_waits_for_its_order() -> None:
    sent = [order("a", "2024-01-01"), order("a", "2024-01-02"), cancellation("a", "2020-01-01")]
    assert standing(*sent).lifetime_orders == 1
    one = standing(*sent, order("a", "2020-01-01"))
    assert (one.lifetime_orders, one.first_order_day) == (2, date(2024, 1, 1))


def test_a_waiting_cancellation_hides_no_other_order_let_go() -> None:
    sent = [order("a", "2024-01-01"), order("a", "2024-01-02"), cancellation("a", "2020-01-01")]
    one = standing(*sent, order("a", "2019-01-01"))
    assert (one.lifetime_orders, one.first_order_day) == (2, date(2019, 1, 1))


def test_sums_may_be_negative_until_the_order_arrives() -> None:
    one = standing(cancellation("a", "2024-01-01", 500, cost=100))
    assert (one.revenue, one.profit, one.frequency, one.lifetime_orders) == (-500, -400, -1, -1)
    assert one.tier == "prospect"


def test_an_order_makes_active_even_where_an_old_cancellation_still_waits() -> None:
    one = standing(order("a", "2024-01-01"), cancellation("a", "2020-01-01"))
    assert (one.lifetime_orders, one.frequency, one.tier) == (0, 1, "super")
    assert (one.recency_days, one.rfm, one.stage) == (None, None, None)


def test_calls_and_files_have_no_orders() -> None:
    one = standing(call("a", "2024-01-01"), file("a"))
    assert (one.revenue, one.frequency, one.recency_days, one.first_order_day) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (1234, None, 1234),
        (1234, "CNY", 1234),
        (100, "USD", 710),
        (5, "USD", 36),  # 35.5
        (15, "USD", 106),  # 106.5
        (1000, "JPY", 4850),  # no decimals: 1000 yen
        (1000, "KWD", 2310),  # three decimals: one dinar
        (1, "KWD", 2),
    ],
)
def test_currencies_are_converted_half_to_even(
    minor: int, currency: str | None, expected: int
) -> None:
    rules = read_rules({"rates": {"USD": "7.10", "JPY": "0.0485", "KWD": "23.10"}})
    assert to_base(minor, currency, rules) == expected


def test_a_base_currency_without_decimals_is_counted_in_whole_units() -> None:
    rules = read_rules({"business": {"base_currency": "JPY"}, "rates": {"USD": "150"}})
    assert to_base(199, "USD", rules) == 298  # 1.99 x 150 = 298.5


def test_amount_and_cost_are_converted_each_by_itself() -> None:
    one = standing(order("a", "2024-01-01", 5, cost=15, currency="USD"))
    assert (one.revenue, one.profit) == (36, 36 - 106)
