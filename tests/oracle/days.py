"""Which of a customer's days are kept, and what they say: newest order, first order, usual gap."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.events import OrderEvent


class Day(NamedTuple):
    """The sums of one day."""

    orders: int
    revenue: int
    profit: int
    unknown_profit: int

    def plus(self, event: OrderEvent) -> Day:
        return Day(
            self.orders + event.orders,
            self.revenue + event.revenue,
            self.profit + event.profit,
            self.unknown_profit + event.unknown_profit,
        )


_EMPTY = Day(0, 0, 0, 0)


@dataclass(slots=True)
class KeptDays:
    """One customer's days as they are kept, and the lifetime figures beside them.

    Kept are the `window_days` that end on the newest day with a standing order, the two newest
    such days, and days where a cancellation still waits for its order. What is let go counts in
    the lifetime figures alone.
    """

    window_days: int
    days: dict[date, Day] = field(default_factory=dict)
    lifetime_orders: int = 0
    lifetime_revenue: int = 0
    days_gone: set[date] = field(default_factory=set)  # let go with orders that may still stand
    standing: list[date] = field(default_factory=list)  # kept, with an order that stands; sorted

    def fold(self, event: OrderEvent, day: date) -> None:
        """Take in an order, cancellation or return that belongs to `day`."""
        if not self._cancels_what_is_gone(event, day):
            self.days[day] = self.days.get(day, _EMPTY).plus(event)
        self.lifetime_orders += event.orders
        self.lifetime_revenue += event.revenue
        self._let_go()

    def orders_gone(self) -> int:
        """How many orders that still stand are on days let go."""
        return self.lifetime_orders - sum(sums.orders for sums in self.days.values())

    def newest(self) -> date | None:
        """The day of the newest order known to stand; None when no order stands.

        Where every kept order has been cancelled, but some let go stand, it is the newest of
        the days let go.
        """
        if self.lifetime_orders < 1:
            return None
        return max(self.standing or self.days_gone)

    def first(self) -> date | None:
        """The day of the oldest order known to stand; None when no order stands."""
        if self.lifetime_orders < 1:
            return None
        return min(self.standing + list(self.days_gone))

    def gap_days(self) -> list[date]:
        """The distinct order days behind the usual gap, oldest first."""
        return [day for day in self.standing if day > self._since()]

    def usual_gap(self) -> Fraction | None:
        """The mean gap in days between the order days behind it; None with fewer than two."""
        days = self.gap_days()
        return Fraction((days[-1] - days[0]).days, len(days) - 1) if len(days) >= 2 else None

    def _cancels_what_is_gone(self, event: OrderEvent, day: date) -> bool:
        """A cancellation on a day not kept, within the days let go, is of an order let go.

        Taken as one that waits for its order it would leave the day let go behind, as the first
        or the newest day of an order, when all orders are cancelled.
        """
        if event.orders >= 0 or day in self.days or not self.days_gone:
            return False
        return min(self.days_gone) <= day <= max(self.days_gone)

    def _since(self) -> date:
        """The window of the newest standing day begins after this day."""
        return self.standing[-1] - timedelta(self.window_days) if self.standing else date.min

    def _let_go(self) -> None:
        self._find_standing()
        for day, sums in list(self.days.items()):
            is_old = day <= self._since() and day not in self.standing[-2:] and sums.orders >= 0
            if is_old or sums == _EMPTY:
                del self.days[day]
            if is_old and sums.orders >= 1:
                self.days_gone.add(day)
        self._find_standing()
        if self.orders_gone() < 1:
            self.days_gone.clear()

    def _find_standing(self) -> None:
        self.standing = sorted(day for day, sums in self.days.items() if sums.orders >= 1)
