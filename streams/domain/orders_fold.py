"""How an order, a cancellation or a return changes a customer's tables.

Commutative: whatever the order of arrival, the sums per day end the same. What is kept of the
days: the window that ends on the newest order day, the two newest days with an order that stands,
and days with more cancellations than orders, whose orders are still to come.
"""

from __future__ import annotations

from streams.domain.customer import NO_DAY, SUM_LIMIT, Customer, Day

#: type of event -> (sign of the money, orders added)
EFFECTS = {"placed": (1, 1), "cancelled": (-1, -1), "returned": (-1, 0)}


def would_overflow(customer: Customer | None, amount: int, profit: int | None) -> bool:
    """Whether an order event would take what is summed up of a customer past SUM_LIMIT."""
    turnover = amount if customer is None else customer.turnover + amount
    return turnover + abs(profit or 0) >= SUM_LIMIT


def fold_order(
    customer: Customer, kind: str, day: int, amount: int, profit: int | None, window_days: int
) -> None:
    """Add one order event on its own day; money in minor units of the base currency.

    `profit` is None where the cost is unknown. Ask `would_overflow` first.
    """
    sign, orders = EFFECTS[kind]
    gain = 0 if profit is None else sign * profit
    change = Day(day, sign * amount, gain, orders, orders if profit is None else 0)
    absorbed = orders < 0 and _was_let_go(customer, day)
    customer.turnover += amount if profit is None else amount + abs(profit)
    customer.lifetime_revenue += change.revenue
    customer.lifetime_orders += orders
    customer.contacted = True
    if not absorbed:
        _add(customer.days, change)
        _let_go(customer, window_days)
    elif not let_go_orders(customer):
        customer.first_let_go = customer.last_let_go = NO_DAY


def newest_order_day(customer: Customer) -> int:
    """The newest day with an order that stands, or NO_DAY.

    Where every order that is kept has been cancelled it is the newest of those let go.
    """
    if customer.lifetime_orders < 1:
        return NO_DAY
    newest = _newest_kept(customer.days)
    return customer.last_let_go if newest == NO_DAY else newest


def let_go_orders(customer: Customer) -> int:
    """How many orders count in the lifetime figures alone."""
    return customer.lifetime_orders - sum(day.orders for day in customer.days)


def first_order_day(customer: Customer) -> int:
    """The day of the first order that stands, or NO_DAY."""
    if customer.lifetime_orders < 1:
        return NO_DAY
    kept = next((day.day for day in customer.days if day.orders >= 1), NO_DAY)
    if NO_DAY in (kept, customer.first_let_go):
        return max(kept, customer.first_let_go)
    return min(kept, customer.first_let_go)


def _newest_kept(days: list[Day]) -> int:
    for day in reversed(days):
        if day.orders >= 1:
            return day.day
    return NO_DAY


def _add(days: list[Day], change: Day) -> None:
    at = len(days)
    while at and days[at - 1].day > change.day:
        at -= 1
    if not at or days[at - 1].day != change.day:
        days.insert(at, change)
        return
    held = days[at - 1]
    held.revenue += change.revenue
    held.profit += change.profit
    held.orders += change.orders
    held.unknown_profit += change.unknown_profit
    if not (held.orders or held.revenue or held.profit or held.unknown_profit):
        del days[at - 1]


def _was_let_go(customer: Customer, day: int) -> bool:
    """Whether a cancellation on `day` undoes an order that is no longer kept.

    Between the first and the last day let go no other order can have been forgotten; a day
    outside, or one that is kept, waits for an order that is still to come.
    """
    if not customer.first_let_go <= day <= customer.last_let_go:
        return False
    return all(held.day != day for held in customer.days)


def _let_go(customer: Customer, window_days: int) -> None:
    """Keep what is kept; of orders let go only the first and the last day are remembered."""
    days = customer.days
    if not days or days[0].day > days[-1].day - window_days:
        return
    newest = _newest_kept(days)
    if newest != NO_DAY and days[0].day <= newest - window_days:
        standing = [day.day for day in days if day.orders >= 1][-2:]
        kept = []
        for day in days:
            if day.day > newest - window_days or day.orders < 0 or day.day in standing:
                kept.append(day)
            elif day.orders >= 1:
                _remember_let_go(customer, day.day)
        customer.days = kept


def _remember_let_go(customer: Customer, day: int) -> None:
    if customer.first_let_go == NO_DAY or day < customer.first_let_go:
        customer.first_let_go = day
    customer.last_let_go = max(customer.last_let_go, day)
