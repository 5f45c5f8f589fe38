"""Pyramid and scores: worked examples."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.oracle import OracleResult, recompute
from tests.oracle.damping import above_without_reason, below_the_rule, border
from tests.oracle.ranking import top_bits
from tests.oracle.sending import (
    Sent,
    call,
    cancellation,
    complaint,
    file,
    giving_back,
    lay,
    order,
    tick,
)


def run(*sent: Sent, partitions: int = 1, **rules: Any) -> OracleResult:
    return recompute(lay(sent, partitions), partitions=partitions, rules=rules)


def hundred(**fields: Any) -> list[Sent]:
    """A hundred customers, c1 to c100, each with one order of as much."""
    return [order(f"c{n}", "2024-01-01", n, **fields) for n in range(1, 101)]


def test_values_keep_their_12_top_bits() -> None:
    assert [top_bits(v) for v in (-5, 0, 1, 4095, 4096, 4097, 8191, 8192)] == [
        *(0, 0, 1, 4095, 4096, 4096, 8190, 8192)
    ]


def test_the_tiers_are_cut_at_1_5_and_20_percent() -> None:
    result = run(*hundred(), partitions=3)
    tiers = Counter(one.tier for one in result.customers.values())
    assert tiers == {"super": 1, "large": 4, "medium": 15, "small": 80}
    assert result.customers["c99"].tier == "large"  # 1 above of 100 is not less than 1 %
    assert result.customers["c80"].tier == "small"


def test_equal_values_share_the_better_tier() -> None:
    result = run(*hundred(), order("d", "2024-01-01", 100), order("e", "2024-01-01", 100))
    assert [result.customers[c].tier for c in ("c100", "d", "e", "c99")] == ["super"] * 3 + [
        "large"
    ]


def test_values_that_differ_below_12_bits_are_equal() -> None:
    result = run(order("a", "2024-01-01", 8191), order("b", "2024-01-01", 8190))
    assert {one.tier for one in result.customers.values()} == {"super"}


def test_whoever_is_not_active_is_not_ranked() -> None:
    result = run(
        order("old", "2022-01-01"),
        order("undone", "2024-01-01"),
        cancellation("undone", "2024-01-01"),
        giving_back("back", "2024-01-01", 5),
        call("called", "2024-01-01"),
        complaint("complained", "2024-01-01"),
        file("filed"),
        file("dropped", disqualified=True),
        order("bought", "2024-01-01"),
        file("bought", disqualified=True),
    )
    assert {customer: one.tier for customer, one in result.customers.items()} == {
        "old": "inactive",
        "undone": "prospect",
        "back": "prospect",
        "called": "prospect",
        "complained": "prospect",
        "filed": "suspect",
        "dropped": "other",
        "bought": "super",
    }


def test_disqualified_goes_before_inactive_and_prospect() -> None:
    result = run(
        order("a", "2022-01-01"),
        file("a", disqualified=True),
        call("b", "2024-01-01"),
        file("b", disqualified=True),
        tick("2024-01-01"),
    )
    assert {one.tier for one in result.customers.values()} == {"other"}


def test_a_file_replaces_the_one_before_whole() -> None:
    assert run(file("a", disqualified=True), file("a")).customers["a"].tier == "suspect"


def test_a_customer_is_ranked_at_the_partitions_own_day() -> None:
    sent = [order(f"c{n}", "2024-01-01") for n in range(20)]
    tiers = run(*sent, tick("2024-12-31", partition=1), partitions=2)
    assert Counter(one.tier for one in tiers.customers.values()) == {
        "super": sum(one.frequency for one in tiers.customers.values()),
        "inactive": sum(not one.frequency for one in tiers.customers.values()),
    }
    assert {one.frequency for one in tiers.customers.values()} == {0, 1}


def test_ranked_by_profit() -> None:
    sent = [order("a", "2024-01-01", 900), order("b", "2024-01-01", 100, cost=1)]
    rules = {"rank_by": "profit", "super": 0.4, "large": 0.5, "medium": 0.6}
    result = run(*sent, pyramid=rules)
    assert (result.customers["b"].tier, result.customers["a"].tier) == ("super", "medium")
    assert (result.customers["b"].rfm, result.customers["a"].rfm) == ("511", "513")


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"revenue": 0.5, "profit": 0, "frequency": 0}, 2),  # 2.5
        ({"revenue": 0.7, "profit": 0, "frequency": 0}, 4),  # 3.5, as written in decimals
        ({"revenue": 1, "profit": 10, "frequency": 2}, 5 + 30 + 200),
    ],
)
def test_a_blend_is_weighed_and_rounded_half_to_even(
    weights: dict[str, float], expected: int
) -> None:
    result = run(
        order("a", "2024-01-01", 5, cost=2), pyramid={"rank_by": "blend", "blend": weights}
    )
    assert result.customers["a"].rank_value == expected


@pytest.mark.parametrize(
    ("today", "r"),
    [
        ("2024-01-08", "5"),
        ("2024-01-09", "4"),
        ("2024-01-31", "4"),
        ("2024-02-01", "3"),
        ("2024-03-01", "3"),
        ("2024-03-02", "2"),
        ("2024-04-30", "2"),
        ("2024-05-01", "1"),
        ("2025-06-01", "1"),
    ],
)
def test_recency_is_scored_by_its_bands(today: str, r: str) -> None:
    assert run(order("a", "2024-01-01"), tick(today)).customers["a"].rfm == f"{r}11"


def test_frequency_and_money_are_scored_by_how_many_are_below() -> None:
    sent = [order(c, f"2024-01-0{n}", n) for c, most in zip("abcde", (1, 1, 2, 3, 9), strict=True)
            for n in range(1, most + 1)]  # fmt: skip
    rfm = {customer: one.rfm for customer, one in run(*sent).customers.items()}
    assert rfm == {"a": "411", "b": "411", "c": "533", "d": "544", "e": "555"}


def test_who_stands_below_the_rule_is_found() -> None:
    result = run(*hundred())
    tiers = {customer: one.tier for customer, one in result.customers.items()}
    assert below_the_rule(result, tiers) == []
    assert below_the_rule(result, {**tiers, "c100": "large", "c1": "super"}) == ["c100"]
    assert below_the_rule(result, {**tiers, "c5": "inactive"}) == ["c5"]


def test_who_stands_above_the_rule_must_be_within_the_margin_of_the_border() -> None:
    result = run(*hundred())
    assert [border(result, tier) for tier in ("super", "large", "medium")] == [100, 96, 81]
    rules = {"pyramid": {"demotion_margin": 0.02}}
    assert above_without_reason(result, {"c99": "super", "c98": "super"}, rules) == []
    assert above_without_reason(result, {"c97": "super", "c95": "large"}, rules) == ["c97"]
