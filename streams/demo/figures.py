"""What the demo shows, worked out from what the topics hold.

Comes in: the values of `customer-standings`, `tier-changes` and `dormant-customers`, as parsed
JSON objects. Money is in minor units of the base currency throughout. Nothing here reads a
topic, a clock or a terminal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.domain.pyramid import SMALL, TIERS

Value = Mapping[str, Any]

PYRAMID_TIERS = TIERS[: SMALL + 1]
OUTSIDE_TIERS = TIERS[SMALL + 1 :]
STAGES = ("slipping", "dormant", "inactive")
SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class TierFigures:
    """One tier of the pyramid; shares are of all active customers, between 0 and 1."""

    tier: str
    heads: int
    revenue: int
    share_of_heads: float
    share_of_revenue: float
    border: int | None  # smallest revenue in the tier; None where nobody is in it


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The tiers from the top down, and how many customers stand outside them."""

    tiers: tuple[TierFigures, ...]
    outside: Mapping[str, int]
    heads: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Cell:
    """The active customers of one R and F score; the mean is in minor units."""

    heads: int
    mean_revenue: int


@dataclass(frozen=True, slots=True)
class Change:
    """One tier-change, as much of it as is shown."""

    at: str
    customer_id: str
    from_tier: str | None
    to_tier: str | None
    direction: str
    cause: str
    revenue: int
    share: float | None  # of the active customers, how many stand above


@dataclass(frozen=True, slots=True)
class Silent:
    """A customer whose silence has reached a stage, as told when it was reached."""

    customer_id: str
    stage: str
    at: str
    silent_days: int
    usual_gap_days: float | None
    tier: str
    revenue: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Heads and rolling revenue per stage held, and the most valuable of the newly silent."""

    heads: Mapping[str, int]
    revenue: Mapping[str, int]
    newest: tuple[Silent, ...]
    since: str  # the first day that counts as new


def pyramid(standings: Sequence[Value]) -> Pyramid:
    """The pyramid as the standings have it."""
    revenues: dict[str, list[int]] = defaultdict(list)
    for standing in standings:
        revenues[standing["tier"]].append(standing["revenue"])
    heads = sum(len(revenues[tier]) for tier in PYRAMID_TIERS)
    revenue = sum(sum(revenues[tier]) for tier in PYRAMID_TIERS)
    return Pyramid(
        tiers=tuple(_tier(tier, revenues[tier], heads, revenue) for tier in PYRAMID_TIERS),
        outside={tier: len(revenues[tier]) for tier in OUTSIDE_TIERS if revenues[tier]},
        heads=heads,
        revenue=revenue,
    )


def _tier(tier: str, revenues: Sequence[int], all_heads: int, all_revenue: int) -> TierFigures:
    revenue = sum(revenues)
    return TierFigures(
        tier=tier,
        heads=len(revenues),
        revenue=revenue,
        share_of_heads=len(revenues) / all_heads if all_heads else 0.0,
        share_of_revenue=revenue / all_revenue if all_revenue else 0.0,
        border=min(revenues, default=None),
    )


def rfm_grid(standings: Iterable[Value]) -> dict[tuple[int, int], Cell]:
    """Every (R, F) of the grid; only active customers are in it, for the others have F = 1."""
    revenues: dict[tuple[int, int], list[int]] = {(r, f): [] for r in SCORES for f in SCORES}
    for standing in standings:
        if standing["tier"] in PYRAMID_TIERS:
            recency, frequency = standing["rfm"][:2]
            revenues[int(recency), int(frequency)].append(standing["revenue"])
    return {
        scores: Cell(len(found), round(sum(found) / len(found)) if found else 0)
        for scores, found in revenues.items()
    }


def last_changes(tier_changes: Iterable[Value], count: int = 20) -> list[Change]:
    """The `count` newest tier-changes between tiers of the pyramid, the newest last."""
    within = [
        value
        for value in tier_changes
        if value["from"] in PYRAMID_TIERS and value["to"] in PYRAMID_TIERS
    ]
    newest = sorted(within, key=lambda value: str(value["at"]))[-count:]
    return [
        Change(
            at=value["at"],
            customer_id=value["customer_id"],
            from_tier=value["from"],
            to_tier=value["to"],
            direction=value["direction"],
            cause=value["cause"],
            revenue=value["revenue"],
            share=value["share"],
        )
        for value in newest
    ]


def movement(
    tier_changes: Iterable[Value], since: str = ""
) -> Counter[tuple[str | None, str | None]]:
    """How many tier-changes, from the day `since` on, led from one tier to another; None stands
    for "not known"."""
    return Counter(
        (value["from"], value["to"]) for value in tier_changes if value["at"][:10] >= since
    )


def silence(
    standings: Sequence[Value], dormant_customers: Iterable[Value], since: str, count: int = 10
) -> Silence:
    """Who is silent. New are those whose stage, still held, was said on the day `since`
    (`YYYY-MM-DD`) or after; `inactive` is left out, for nothing of it is left to lose."""
    held = {value["customer_id"]: value["stage"] for value in standings}
    said: dict[str, Value] = {}
    for value in dormant_customers:
        said[value["customer_id"]] = value
    new = [
        _silent(value)
        for customer_id, value in said.items()
        if value["stage"] in ("slipping", "dormant")
        and value["stage"] == held.get(customer_id)
        and value["at"][:10] >= since
    ]
    new.sort(key=lambda silent: (-silent.revenue, silent.customer_id))
    return Silence(
        heads={stage: sum(held_stage == stage for held_stage in held.values()) for stage in STAGES},
        revenue={
            stage: sum(value["revenue"] for value in standings if value["stage"] == stage)
            for stage in STAGES
        },
        newest=tuple(new[:count]),
        since=since,
    )


def _silent(value: Value) -> Silent:
    return Silent(
        customer_id=value["customer_id"],
        stage=value["stage"],
        at=value["at"],
        silent_days=value["silent_days"],
        usual_gap_days=value["usual_gap_days"],
        tier=value["tier"],
        revenue=value["revenue"],
    )
