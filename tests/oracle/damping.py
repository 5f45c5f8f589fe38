"""With damping on the tiers are not one function of the tables; what has to hold all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.results import OracleResult
from tests.oracle.rules import read_rules

_PYRAMID = ("super", "large", "medium", "small")  # best first


def border(result: OracleResult, tier: str) -> int:
    """The smallest rank value among the customers whom the rule puts in `tier` or higher."""
    inside = _PYRAMID[: _PYRAMID.index(tier) + 1]
    values = [one.rank_value for one in result.customers.values() if one.tier in inside]
    return min(value for value in values if value is not None)


def below_the_rule(result: OracleResult, tiers: Mapping[str, str]) -> list[str]:
    """The customers who stand lower than the rule puts them: nobody may, damped or not.

    `tiers` are those actually held, of everyone; outside the pyramid they must be the rule's.
    """
    return [customer for customer, tier in tiers.items() if _is_below(result, customer, tier)]


def _is_below(result: OracleResult, customer: str, tier: str) -> bool:
    rule = result.customers[customer].tier
    if rule not in _PYRAMID or tier not in _PYRAMID:
        return tier != rule
    return _PYRAMID.index(tier) > _PYRAMID.index(rule)


def above_without_reason(
    result: OracleResult, tiers: Mapping[str, str], rules: Mapping[str, Any]
) -> list[str]:
    """The customers who stand higher than the margin alone allows (`demotion_grace_days` 0).

    Who stands above the rule must have a rank value of at least the border of the tier held,
    less `demotion_margin` of it.
    """
    kept = 1 - read_rules(rules).demotion_margin
    return [
        customer
        for customer, tier in tiers.items()
        if _is_above(result, customer, tier)
        and (result.customers[customer].rank_value or 0) < border(result, tier) * kept
    ]


def _is_above(result: OracleResult, customer: str, tier: str) -> bool:
    rule = result.customers[customer].tier
    if rule not in _PYRAMID or tier not in _PYRAMID:
        return False
    return _PYRAMID.index(tier) < _PYRAMID.index(rule)
