"""Orders, cancellations and returns: sums per day, in whatever order they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.customer import SUM_LIMIT, Customer, Day
from streams.domain.orders_fold import (
    first_order_day,
    fold_order,
    let_go_orders,
    newest_order_day,
    would_overflow,
)
from tests.domain.customers import Event, day, folded, ordered, shown


def test_an_order_adds_to_its_own_day() -> None:
    customer = folded([("placed", "2024-03-01", 500, 200), ("placed", "2024-03-01", 70, None)])
    assert customer.days == [Day(day("2024-03-01"), 570, 200, 2, 1)]
    assert (customer.lifetime_revenue, customer.lifetime_orders) == (570, 2)


def test_days_are_kept_in_order_whatever_arrives_first() -> None:
    customer = ordered("2024-03-05", "2024-03-01", "2024-03-09", "2024-03-03")
    assert [one.day - day("2024-03-01") for one in customer.days] == [0, 2, 4, 8]


@pytest.mark.parametrize("profit", [None, 0, 200, -50])
@pytest.mark.parametrize("first", ["placed", "cancelled"])
def test_a_cancellation_before_or_after_its_order_leaves_nothing(
    first: str, profit: int | None
) -> None:
    kinds = sorted(["placed", "cancelled"], key=lambda kind: kind != first)
    customer = folded((kind, "2024-03-01", 500, profit) for kind in kinds)
    assert customer.days == []
    assert (customer.lifetime_revenue, customer.lifetime_orders) == (0, 0)
    assert customer.contacted


def test_a_return_leaves_the_order_counted() -> None:
    customer = folded([("placed", "2024-03-01", 500, 200), ("returned", "2024-03-01", 100, 40)])
    assert customer.days == [Day(day("2024-03-01"), 400, 160, 1, 0)]


def test_a_return_of_unknown_cost_makes_no_order_of_unknown_profit() -> None:
    customer = folded([("placed", "2024-03-01", 500, 200), ("returned", "2024-03-01", 100, None)])
    assert customer.days == [Day(day("2024-03-01"), 400, 200, 1, 0)]


def test_the_cancellation_of_what_is_left_after_a_return_leaves_nothing() -> None:
    customer = folded(
        [
            ("placed", "2024-03-01", 500, 200),
            ("returned", "2024-03-01", 100, 40),
            ("cancelled", "2024-03-01", 400, 160),
        ]
    )
    assert customer.days == []


# -- what is kept


def test_kept_are_the_days_of_the_window_that_ends_on_the_newest() -> None:
    customer = ordered("2023-03-01", "2023-03-02", "2024-02-28", "2024-02-29")
    assert [shown(one.day) for one in customer.days] == [
        "2023-03-02", "2024-02-28", "2024-02-29",
    ]  # fmt: skip
    assert (customer.lifetime_orders, let_go_orders(customer)) == (4, 1)
    assert (shown(first_order_day(customer)), shown(newest_order_day(customer))) == (
        "2023-03-01", "2024-02-29",
    )  # fmt: skip


def test_the_two_newest_days_with_an_order_are_always_kept() -> None:
    customer = ordered("2018-01-01", "2019-01-01", "2024-01-01")
    assert [shown(one.day) for one in customer.days] == ["2019-01-01", "2024-01-01"]


def test_a_cancellation_of_the_newest_order_brings_the_one_before_back() -> None:
    events = [("placed", when, 1000, None) for when in ("2019-01-01", "2024-01-01")]
    customer = folded([*events, ("cancelled", "2024-01-01", 1000, None)])
    assert shown(newest_order_day(customer)) == "2019-01-01"


def test_a_late_order_older_than_what_is_kept_counts_in_the_lifetime_figures_alone() -> None:
    customer = ordered("2024-01-01", "2024-01-02", "2001-01-01", amount=700)
    assert [shown(one.day) for one in customer.days] == ["2024-01-01", "2024-01-02"]
    assert (customer.lifetime_revenue, customer.lifetime_orders) == (2100, 3)
    assert shown(first_order_day(customer)) == "2001-01-01"


def test_a_cancellation_that_waits_for_its_order_is_kept_whatever_its_age() -> None:
    events: list[Event] = [
        ("placed", "2024-01-01", 1000, None),
        ("placed", "2024-01-02", 1000, None),
        ("cancelled", "2001-01-01", 700, None),
    ]
    assert [one.orders for one in folded(events).days] == [-1, 1, 1]
    whole = folded([*events, ("placed", "2001-01-01", 700, None)])
    assert [shown(one.day) for one in whole.days] == ["2024-01-01", "2024-01-02"]
    assert let_go_orders(whole) == 0


def test_a_cancellation_of_an_order_let_go_takes_it_off_the_lifetime_figures() -> None:
    customer = ordered("2001-01-01", "2024-01-01", "2024-01-02", amount=700)
    fold_order(customer, "cancelled", day("2001-01-01"), 700, None, 365)
    assert [shown(one.day) for one in customer.days] == ["2024-01-01", "2024-01-02"]
    assert (customer.lifetime_revenue, customer.lifetime_orders) == (1400, 2)
    assert shown(first_order_day(customer)) == "2024-01-01"


def test_where_only_orders_let_go_are_left_the_newest_of_them_counts() -> None:
    customer = ordered("2001-01-01", "2001-06-01", "2024-01-01", "2024-01-02")
    for when in ("2024-01-01", "2024-01-02"):
        fold_order(customer, "cancelled", day(when), 1000, None, 365)
    assert (customer.days, customer.lifetime_orders) == ([], 2)
    assert shown(first_order_day(customer)) == "2001-01-01"
    assert shown(newest_order_day(customer)) == "2001-06-01"


def test_once_all_orders_are_cancelled_no_day_let_go_is_left_behind() -> None:
    days = ("2001-01-01", "2024-01-01", "2024-01-02")
    customer = ordered(*days)
    for when in reversed(days):
        fold_order(customer, "cancelled", day(when), 1000, None, 365)
    assert (customer.days, customer.lifetime_orders) == ([], 0)
    assert (shown(first_order_day(customer)), shown(newest_order_day(customer))) == (None, None)
    fold_order(customer, "placed", day("2024-06-01"), 1000, None, 365)
    assert shown(first_order_day(customer)) == "2024-06-01"


def test_an_order_older_than_all_that_were_let_go_is_the_first() -> None:
    customer = ordered("2001-01-01", "2024-01-01", "2024-01-02")
    for when in ("2024-01-01", "2024-01-02"):
        fold_order(customer, "cancelled", day(when), 1000, None, 365)
    fold_order(customer, "placed", day("1999-01-01"), 1000, None, 365)
    assert shown(first_order_day(customer)) == "1999-01-01"


def test_while_cancellations_outweigh_orders_no_order_stands() -> None:
    customer = ordered("2024-03-01")
    fold_order(customer, "cancelled", day("2024-02-01"), 1000, None, 365)
    assert customer.lifetime_orders == 0
    assert (shown(first_order_day(customer)), shown(newest_order_day(customer))) == (None, None)


# -- bounds


def test_no_customer_moves_more_money_than_64_bits_hold() -> None:
    assert not would_overflow(None, SUM_LIMIT - 1, None)
    assert would_overflow(None, SUM_LIMIT, None)
    assert would_overflow(None, SUM_LIMIT // 2, -(SUM_LIMIT // 2))
    customer = Customer()
    fold_order(customer, "placed", 0, SUM_LIMIT // 2, None, 365)
    fold_order(customer, "cancelled", 0, SUM_LIMIT // 2 - 1, None, 365)
    assert not would_overflow(customer, 0, None)
    assert would_overflow(customer, 1, None)


# -- the order of arrival

DAYS = st.integers(0, 363).map(lambda number: day("2024-01-01") + number)
MONEY = st.tuples(st.integers(0, 5000), st.none() | st.integers(-100, 5000))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, int, int | None]]:
    """Orders within a window, some undone, some given back in part."""
    events = []
    for _ in range(draw(st.integers(1, 6))):
        when, (amount, profit) = draw(DAYS), draw(MONEY)
        undone = draw(st.sampled_from([[], ["cancelled"], ["returned"]]))
        events += [(kind, when, amount, profit) for kind in ("placed", *undone)]
    return events


@given(st.data())
def test_orders_commute(data: st.DataObject) -> None:
    history = data.draw(histories())
    ours, theirs = Customer(), Customer()
    for one in history:
        fold_order(ours, *one, 365)
    for one in data.draw(st.permutations(history)):
        fold_order(theirs, *one, 365)
    assert ours == theirs
