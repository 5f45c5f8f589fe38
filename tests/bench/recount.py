"""What every customer has to stand at, recounted the slow way; and the borders given to all.

It shares no code with the peers. `tests/bench/test_recount.py` holds it against the oracle.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from streams.domain.pyramid import NOWHERE, rank_code, rank_value, tier_borders
from streams.domain.rfm import score_cuts
from streams.domain.rules import default_rules
from streams.engine.partitioner import default_partition
from tests.bench.peers.job import Given

_RULES = default_rules()
_UNREACHED = 1 << 50


class Figures(NamedTuple):
    """Where a customer stands; money in minor units, `rfm` such as 545."""

    revenue: int
    frequency: int
    rfm: int
    tier: str
    stage: str | None


class Bought(NamedTuple):
    """One order: its day and its amount."""

    day: int
    amount: int


class Recount:
    """The orders of all customers, and what day it is for each of them."""

    def __init__(self, lines: Iterable[str], partitions: int) -> None:
        self.orders: defaultdict[str, list[Bought]] = defaultdict(list)
        self.partition: dict[str, int] = {}
        self.days: Counter[int] = Counter()  # partition -> day of its stream time
        for line in lines:
            order = json.loads(line)
            name = order["customer_id"]
            day = int(datetime.fromisoformat(order["ordered_at"]).timestamp() // 86400)
            partition = self.partition.setdefault(
                name, default_partition(name.encode(), partitions)
            )
            self.days[partition] = max(self.days[partition], day)
            self.orders[name].append(Bought(day, order["amount"]))

    def today(self, name: str, deadlines: bool) -> int:
        """The day as of which a customer is looked at: that of the partition's stream time, or,
        without deadlines, that of the customer's own newest order."""
        if deadlines:
            return self.days[self.partition[name]]
        return max(order.day for order in self.orders[name])

    def given(self) -> Given:
        """The borders and cut points that the rules shipped give these orders at rest."""
        totals = [_inside(orders, self.today(name, True)) for name, orders in self.orders.items()]
        active = [inside for inside in totals if inside]
        revenues = Counter(rank_code(sum(order.amount for order in each)) for each in active)
        frequencies = Counter(rank_code(len(each)) for each in active)
        by_revenue, by_frequency = sorted(revenues.items()), sorted(frequencies.items())
        return Given(
            _values(tier_borders(by_revenue, _RULES.shares)),
            _values(score_cuts(by_frequency)),
            _values(score_cuts(by_revenue)),
        )

    def figures(self, given: Given, deadlines: bool) -> dict[str, Figures]:
        """Everybody, against `given`."""
        return {
            name: _figures(orders, self.today(name, deadlines), given)
            for name, orders in self.orders.items()
        }


def differences(found: Mapping[str, Figures], wanted: Mapping[str, Figures]) -> list[str]:
    """A line for each customer who does not stand where they should."""
    return [
        f"{name}: {found.get(name)} instead of {wanted.get(name)}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]


def _values(codes: Iterable[int]) -> list[int]:
    return [_UNREACHED if code == NOWHERE else rank_value(code) for code in codes]


def _inside(orders: list[Bought], today: int) -> list[Bought]:
    return [order for order in orders if order.day > today - _RULES.window_days]


def _figures(orders: list[Bought], today: int, given: Given) -> Figures:
    inside = _inside(orders, today)
    revenue = sum(order.amount for order in inside)
    recency = today - max(order.day for order in orders)
    r = 5 - sum(recency > days for days in _RULES.recency_days)
    f = 1 + sum(len(inside) >= cut for cut in given.frequency_cuts) if inside else 1
    m = 1 + sum(revenue >= cut for cut in given.monetary_cuts) if inside else 1
    tier = "inactive" if not inside else _tier(revenue, given)
    return Figures(revenue, len(inside), 100 * r + 10 * f + m, tier, _stage(orders, recency))


def _tier(revenue: int, given: Given) -> str:
    names = ("super", "large", "medium")
    return next((n for n, b in zip(names, given.tiers, strict=True) if revenue >= b), "small")


def _stage(orders: list[Bought], recency: int) -> str | None:
    """The stage that holds, with the gap of the last window's days."""
    if recency >= _RULES.window_days:
        return "inactive"
    if recency > _RULES.dormant_days:
        return "dormant"
    newest = max(order.day for order in orders)
    days = sorted({order.day for order in orders if order.day > newest - _RULES.window_days})
    if len(days) < 3:
        return None
    gap = (days[-1] - days[0]) / (len(days) - 1)
    least = max(_RULES.slipping_min_days, float(_RULES.slipping_factor) * gap)
    return "slipping" if recency > least else None
