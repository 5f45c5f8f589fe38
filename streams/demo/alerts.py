"""Which alerts the demo shows: those of the account managers with the most of them.

Comes in: the values of `churn-alerts`, as parsed JSON objects. Money is in minor units of the base
currency throughout.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, as much of it as is shown; `reasons` are their texts, the weightiest first."""

    day: str
    customer_id: str
    severity: str
    score: int
    tier: str
    revenue: int
    revenue_at_risk: int
    reasons: tuple[str, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What one account manager was told: how much in all, and the alerts with most at risk.

    Of a customer alerted of twice the last alert alone is shown.
    """

    manager: str
    alerts: int
    customers: int
    revenue_at_risk: int  # of each customer as last said
    shown: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Alerts:
    """How many alerts were said, to how many account managers, and the busiest of them."""

    alerts: int
    managers: int
    busiest: tuple[Desk, ...]


def alerts(values: Iterable[Value], since: str, desks: int = 2, shown: int = 4) -> Alerts:
    """The alerts said on the day `since` (`YYYY-MM-DD`) or after to a named account manager."""
    told: dict[str, list[Value]] = defaultdict(list)
    for value in values:
        if value["at"][:10] >= since and value["account_manager"] is not None:
            told[value["account_manager"]].append(value)
    busiest = sorted(told, key=lambda manager: (-len(told[manager]), manager))[:desks]
    return Alerts(
        alerts=sum(map(len, told.values())),
        managers=len(told),
        busiest=tuple(_desk(manager, told[manager], shown) for manager in busiest),
    )


def _desk(manager: str, values: Sequence[Value], shown: int) -> Desk:
    last = {value["customer_id"]: value for value in values}
    weightiest = sorted(
        last.values(), key=lambda value: (-value["revenue_at_risk"], value["customer_id"])
    )
    return Desk(
        manager=manager,
        alerts=len(values),
        customers=len(last),
        revenue_at_risk=sum(value["revenue_at_risk"] for value in weightiest),
        shown=tuple(_alert(value) for value in weightiest[:shown]),
    )


def _alert(value: Value) -> Alert:
    return Alert(
        day=value["at"][:10],
        customer_id=value["customer_id"],
        severity=value["severity"],
        score=value["score"],
        tier=value["tier"],
        revenue=value["revenue"],
        revenue_at_risk=value["revenue_at_risk"],
        reasons=tuple(reason["text"] for reason in value["reasons"]),
        advice=value["advice"],
    )
