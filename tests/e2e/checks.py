"""What has to hold of the topics out, whatever went in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tests.e2e.driver import Tierstream

OUTPUTS = ("tier-changes", "dormant-customers", "customer-standings", "customer-erased",
           "churn-alerts", "dead-letters")  # fmt: skip
SAID_NOT_HELD = ("reactivated", "cleared")
TIERS = ("super", "large", "medium", "small", "inactive", "prospect", "suspect", "other")

Values = Iterable[Mapping[str, Any]]


def by_customer(values: Values) -> dict[str, list[Mapping[str, Any]]]:
    """The values of each customer, in their order."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for value in values:
        found[value["customer_id"]].append(value)
    return dict(found)


def check_everything(tierstream: Tierstream) -> dict[str, dict[str, Any]]:
    """At rest: chains unbroken and ending where everybody stands, each output there once.
    Returns the standings."""
    standings = tierstream.standings()
    said = {topic: tierstream.values(topic) for topic in OUTPUTS}
    check_tier_chains(said["tier-changes"], standings)
    check_stage_chains(said["dormant-customers"], standings)
    for values in said.values():
        check_said_once(values)
    return standings


def check_tier_chains(changes: Values, standings: Mapping[str, Mapping[str, Any]]) -> None:
    """Each `from` is the `to` before it, the first is null, the last `to` is the tier held."""
    ends = {}
    for customer, chain in by_customer(changes).items():
        tier = None
        for change in chain:
            assert change["from"] == tier, (customer, chain)
            assert change["to"] != tier, (customer, change)
            assert change["direction"] == _direction(tier, change["to"]), change
            tier = change["to"]
        ends[customer] = tier
    held = {customer: value["tier"] for customer, value in standings.items()}
    assert {customer: tier for customer, tier in ends.items() if tier is not None} == held


def check_stage_chains(said: Values, standings: Mapping[str, Mapping[str, Any]]) -> None:
    """Each `from` is the stage held before, and what is held last is in the standing."""
    ends = {}
    for customer, chain in by_customer(said).items():
        held = None
        for one in chain:
            assert one["from"] == held, (customer, chain)
            assert one["stage"] != held, (customer, chain)
            assert held is not None or one["stage"] not in SAID_NOT_HELD, (customer, chain)
            held = None if one["stage"] in SAID_NOT_HELD else one["stage"]
        ends[customer] = held
    shown = {customer: value["stage"] for customer, value in standings.items()}
    assert {customer: stage for customer, stage in ends.items() if stage is not None} == {
        customer: stage for customer, stage in shown.items() if stage is not None
    }


def check_said_once(values: Values) -> None:
    """No event_id twice."""
    seen = set()
    for value in values:
        assert value["event_id"] not in seen, value
        seen.add(value["event_id"])


def _direction(before: str | None, after: str | None) -> str:
    if before is None:
        return "entered"
    if after is None:
        return "left"
    return "up" if TIERS.index(after) < TIERS.index(before) else "down"
