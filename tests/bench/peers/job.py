"""The job that the peers in Python do, as plain functions on a customer's state.

The same tables as the product's, so far as orders alone make them: sums per day over the last 365
days, frequency, recency, RFM against given cut points, a tier against given borders, and the
deadlines of silence. It needs nothing but Python, for it runs in the peers' own environment.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

WINDOW_DAYS = 365
RECENCY_DAYS = (7, 30, 60, 120)
SLIPPING_FACTOR, SLIPPING_MIN_DAYS = 2, 7
DORMANT_DAYS = 120
STAGES = ("slipping", "dormant", "inactive")
NEVER = 1 << 40

#: A customer, as JSON has it; `days` are [day, revenue, profit, orders], oldest first.
State = dict[str, Any]
Said = dict[str, Any]


class Given(NamedTuple):
    """What a tier and a score begin at: revenue in minor units, and orders."""

    tiers: list[int]  # super, large, medium
    frequency_cuts: list[int]
    monetary_cuts: list[int]


class Place(NamedTuple):
    """Where a peer works: what the runner has written into the file that BENCH_PLACE names."""

    servers: str
    orders: str  # the topic
    group: str
    prefix: str  # of the topics that go out
    folder: str  # for state
    partitions: int
    commit_seconds: float | None  # None: the peer's own default
    given: Given

    @property
    def tier_changes(self) -> str:
        return f"{self.prefix}tier-changes"

    @property
    def dormant_customers(self) -> str:
        return f"{self.prefix}dormant-customers"


def read_place() -> Place:
    """The place of this peer."""
    fields = json.loads(Path(os.environ["BENCH_PLACE"]).read_text())
    return Place(**{**fields, "given": Given(**fields["given"])})


def day_of(time: str) -> int:
    """The calendar day (UTC, days since 1970) of a time with an offset."""
    return int(datetime.fromisoformat(time).timestamp() // 86400)


def new_customer() -> State:
    """Nobody has ordered yet."""
    return {
        "days": [], "orders": 0, "revenue": 0, "profit": 0, "frequency": 0,
        "tier": None, "rfm": None, "stage": None, "due": NEVER,
    }  # fmt: skip


def take_order(
    customer: State, day: int, amount: int, profit: int, today: int, given: Given
) -> list[Said]:
    """Add an order placed, and say what changes. `today`: the day of stream time."""
    said = pass_time(customer, today, given) if customer["due"] <= today else []
    days = customer["days"]
    newer = not days or day > days[-1][0]
    _add(days, day, amount, profit)
    customer["orders"] += 1
    if newer and customer["stage"] is not None:
        said.append(_stage(customer, "reactivated"))
        customer["stage"] = None
    return said + _look(customer, today, given)


def pass_time(customer: State, today: int, given: Given) -> list[Said]:
    """Time alone has come to `today`: what it changes."""
    return _look(customer, today, given)


def _add(days: list[list[int]], day: int, amount: int, profit: int) -> None:
    at = len(days)
    while at and days[at - 1][0] > day:
        at -= 1
    if at and days[at - 1][0] == day:
        held = days[at - 1]
        held[1] += amount
        held[2] += profit
        held[3] += 1
    else:
        days.insert(at, [day, amount, profit, 1])
    while days[0][0] <= days[-1][0] - WINDOW_DAYS:
        del days[0]


def _look(customer: State, today: int, given: Given) -> list[Said]:
    """The figures as of `today`, the tier, the stages that have come, the next day to look."""
    begin = today - WINDOW_DAYS
    inside = [each for each in customer["days"] if each[0] > begin]
    customer["revenue"] = revenue = sum(each[1] for each in inside)
    customer["profit"] = sum(each[2] for each in inside)
    customer["frequency"] = frequency = sum(each[3] for each in inside)
    newest = customer["days"][-1][0]
    recency = today - newest
    dues = [inside[0][0] + WINDOW_DAYS] if inside else []
    dues += [newest + days + 1 for days in RECENCY_DAYS if newest + days + 1 > today]
    r = 5 - sum(recency > days for days in RECENCY_DAYS)
    f = m = 1
    if frequency:
        f += sum(frequency >= cut for cut in given.frequency_cuts)
        m += sum(revenue >= cut for cut in given.monetary_cuts)
    customer["rfm"] = 100 * r + 10 * f + m
    said = []
    tier = tier_of(revenue, frequency, given)
    if tier != customer["tier"]:
        said.append({"kind": "tier", "from": customer["tier"], "to": tier, **_figures(customer)})
        customer["tier"] = tier
    for begins, stage in _stages(customer["days"]):
        if begins > today:
            dues.append(begins)
        elif customer["stage"] is None or STAGES.index(stage) > STAGES.index(customer["stage"]):
            said.append(_stage(customer, stage))
            customer["stage"] = stage
    customer["due"] = min(dues, default=NEVER)
    return said


def tier_of(revenue: int, frequency: int, given: Given) -> str:
    """The tier against the borders given."""
    if not frequency:
        return "inactive"
    for name, border in zip(("super", "large", "medium"), given.tiers, strict=True):
        if revenue >= border:
            return name
    return "small"


def _stages(days: list[list[int]]) -> list[tuple[int, str]]:
    """On which day each stage begins in a silence after the newest order."""
    newest = days[-1][0]
    dormant, inactive = newest + DORMANT_DAYS + 1, newest + WINDOW_DAYS
    found = [(dormant, "dormant"), (inactive, "inactive")]
    if len(days) >= 3:
        limit = SLIPPING_FACTOR * (newest - days[0][0]) // (len(days) - 1)
        slipping = newest + max(SLIPPING_MIN_DAYS, limit) + 1
        if slipping < dormant:
            found.insert(0, (slipping, "slipping"))
    return found


def _stage(customer: State, stage: str) -> Said:
    return {"kind": "stage", "from": customer["stage"], "stage": stage, **_figures(customer)}


def _figures(customer: State) -> Said:
    return {name: customer[name] for name in ("revenue", "profit", "frequency", "rfm")}


class Deadlines:
    """Who has to be looked at on which day; in memory. One for each partition."""

    def __init__(self) -> None:
        self.today = -NEVER
        self._days: dict[int, set[str]] = {}
        self._filed: dict[str, int] = {}

    def file(self, name: str, due: int) -> None:
        """Look at the customer on the day `due`; a day that moves away is found out then."""
        held = self._filed.get(name)
        if due != NEVER and (held is None or due < held):
            if held is not None:
                self._days[held].discard(name)
            self._filed[name] = due
            self._days.setdefault(due, set()).add(name)

    def pass_to(self, day: int) -> list[str]:
        """Time goes on to `day`, if it does: the customers filed up to then, and no longer."""
        if day <= self.today:
            return []
        self.today = day
        fallen = [name for due in sorted(d for d in self._days if d <= day)
                  for name in sorted(self._days.pop(due))]  # fmt: skip
        for name in fallen:
            del self._filed[name]
        return fallen
