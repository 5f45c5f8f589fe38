"""The pyramid: codes of values, borders, and damping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.pyramid import (
    LARGE,
    MEDIUM,
    NO_BORDERS,
    NOWHERE,
    SMALL,
    SUPER,
    Borders,
    damped_tier,
    fall_border,
    rank_code,
    rank_of,
    rank_value,
    tier_borders,
    tier_by_rule,
)
from streams.domain.rules import Rules, parse_rules

VALUES = st.one_of(
    st.integers(-10, 5000), st.integers(4000, 17_000), st.integers(0, 1 << 62), st.just(1 << 62)
)
SHARES = (Decimal("0.01"), Decimal("0.05"), Decimal("0.20"))


def top_bits(value: int) -> int:
    """The value with all but its top 12 bits cleared; values up to 0 as 0."""
    return int(f"{value:b}"[:12].ljust(value.bit_length(), "0"), 2) if value > 0 else 0


@given(VALUES)
def test_a_code_stands_for_the_top_12_bits_of_a_value(value: int) -> None:
    assert rank_value(rank_code(value)) == top_bits(value)


@given(VALUES, VALUES)
def test_codes_are_in_the_order_of_values_at_12_bits(one: int, other: int) -> None:
    assert (rank_code(one) < rank_code(other)) == (top_bits(one) < top_bits(other))


@given(st.integers(0, 100_000))
def test_codes_are_dense(code: int) -> None:
    assert rank_code(rank_value(code)) == code
    assert rank_value(code) < rank_value(code + 1)


@pytest.mark.parametrize(
    ("value", "code"),
    [(-5, 0), (0, 0), (1, 1), (4095, 4095), (4096, 4096), (4097, 4096), (8191, 6143), (8192, 6144)],
)
def test_small_values_are_their_own_codes(value: int, code: int) -> None:
    assert rank_code(value) == code


def borders_of(values: Sequence[int]) -> list[int]:
    counts = Counter(map(rank_code, values))
    return [
        b if b == NOWHERE else rank_value(b) for b in tier_borders(sorted(counts.items()), SHARES)
    ]


def test_of_100_customers_one_is_super_five_are_large_and_twenty_medium_or_higher() -> None:
    assert borders_of(range(1, 101)) == [100, 96, 81]


def test_of_101_customers_the_second_is_super_too() -> None:
    assert borders_of(range(1, 102)) == [100, 96, 81]  # above / n: 1/101 < 1 %, 5/101 < 5 %


def test_equal_values_share_the_better_tier() -> None:
    assert borders_of([7] * 100) == [7, 7, 7]
    assert borders_of([1] * 95 + [9] * 5) == [9, 9, 1]


def test_values_equal_at_12_bits_share_the_better_tier() -> None:
    assert borders_of([8192] * 50 + [8193] * 50) == [8192, 8192, 8192]


def test_the_only_customer_is_super() -> None:
    assert borders_of([0]) == [0, 0, 0]


def test_nobody_has_no_border() -> None:
    assert borders_of([]) == [NOWHERE] * 3
    assert tier_by_rule(rank_code(10**15), NO_BORDERS) == SMALL


@given(st.lists(VALUES, min_size=1, max_size=40))
def test_a_border_divides_as_the_rule_does(values: list[int]) -> None:
    counts = sorted(Counter(map(rank_code, values)).items())
    borders = Borders(1, tuple(tier_borders(counts, SHARES)), (0,) * 3, (), ())  # type: ignore[arg-type]
    for value in values:
        above = sum(top_bits(other) > top_bits(value) for other in values)
        tier = next((t for t, s in enumerate(SHARES) if above < s * len(values)), SMALL)
        assert tier_by_rule(rank_code(value), borders) == tier


# -- what is ranked


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('rank_by = "revenue"', 1000),
        ('rank_by = "profit"', 300),
        ('rank_by = "blend"', 1000),
        ('rank_by = "blend"\n[pyramid.blend]\nrevenue = 0.5\nprofit = 2\nfrequency = 1.5', 1550),
        ('rank_by = "blend"\n[pyramid.blend]\nrevenue = 0.0005', 0),  # half to even
        ('rank_by = "blend"\n[pyramid.blend]\nrevenue = 0.0015', 2),
    ],
)
def test_customers_are_ranked_by_what_the_rules_say(text: str, value: int) -> None:
    rules = parse_rules(f"[pyramid]\n{text}", "test")
    assert rank_of(rules, revenue=1000, profit=300, frequency=3) == value


def test_a_rank_value_fits_64_bits_whatever_the_weights() -> None:
    rules = parse_rules('[pyramid]\nrank_by = "blend"\n[pyramid.blend]\nrevenue = 1000000', "test")
    assert rank_of(rules, 1 << 61, 0, 1) == 1 << 62
    assert rank_of(rules, -(1 << 61), 0, 1) == -(1 << 62)


# -- damping: borders at 1000, 500 and 100


def damping(margin: str, grace_days: int) -> Rules:
    text = f"[pyramid]\ndemotion_margin = {margin}\ndemotion_grace_days = {grace_days}"
    return parse_rules(text, "test")


def tier_of(rules: Rules, value: int, held: int, under: list[int], today: int = 0) -> int:
    falls = tuple(fall_border(border, rules.demotion_margin) for border in (1000, 500, 100))
    borders = Borders(1, (1000, 500, 100), falls, (), ())  # type: ignore[arg-type]
    return damped_tier(rank_code(value), held, under, today, borders, rules)


def never() -> list[int]:
    return [-1, -1, -1]


@pytest.mark.parametrize("rules", [damping("0", 0), damping("0.02", 0), damping("0.02", 9)])
def test_promotions_are_at_once(rules: Rules) -> None:
    assert tier_of(rules, 1000, SMALL, never()) == SUPER
    assert tier_of(rules, 999, SMALL, never()) == LARGE
    assert tier_of(rules, 100, SMALL, never()) == MEDIUM


def test_without_damping_a_customer_falls_at_once() -> None:
    assert tier_of(damping("0", 0), 999, SUPER, never()) == LARGE


def test_the_margin_keeps_who_is_not_more_than_2_percent_under_the_border() -> None:
    rules = damping("0.02", 0)
    assert tier_of(rules, 980, SUPER, never()) == SUPER
    assert tier_of(rules, 979, SUPER, never()) == LARGE


def test_a_fall_goes_to_the_highest_tier_whose_own_margin_keeps() -> None:
    rules = damping("0.02", 0)
    assert tier_of(rules, 490, SUPER, never()) == LARGE
    assert tier_of(rules, 489, SUPER, never()) == MEDIUM
    assert tier_of(rules, 98, SUPER, never()) == MEDIUM
    assert tier_of(rules, 97, SUPER, never()) == SMALL


def test_grace_keeps_for_so_many_days_under_the_border() -> None:
    rules, under = damping("0", 3), never()
    assert tier_of(rules, 1, SUPER, under, today=10) == SUPER
    assert tier_of(rules, 1, SUPER, under, today=12) == SUPER
    assert tier_of(rules, 1, SUPER, under, today=13) == SMALL


def test_grace_begins_anew_once_the_border_was_reached_again() -> None:
    rules, under = damping("0", 3), never()
    assert tier_of(rules, 999, SUPER, under, today=10) == SUPER
    assert tier_of(rules, 1000, SUPER, under, today=12) == SUPER
    assert tier_of(rules, 999, SUPER, under, today=13) == SUPER
    assert tier_of(rules, 999, SUPER, under, today=15) == SUPER
    assert tier_of(rules, 999, SUPER, under, today=16) == LARGE


def test_each_tier_has_a_grace_of_its_own() -> None:
    rules, under = damping("0", 3), never()
    assert tier_of(rules, 700, SUPER, under, today=10) == SUPER  # under super
    assert tier_of(rules, 300, SUPER, under, today=12) == SUPER  # under large too
    assert tier_of(rules, 300, SUPER, under, today=13) == LARGE
    assert tier_of(rules, 300, LARGE, under, today=14) == LARGE
    assert tier_of(rules, 300, LARGE, under, today=15) == MEDIUM


def test_of_margin_and_grace_whichever_comes_first() -> None:
    rules, under = damping("0.02", 3), never()
    assert tier_of(rules, 990, SUPER, under, today=10) == SUPER
    assert tier_of(rules, 979, SUPER, list(under), today=11) == LARGE  # the margin
    assert tier_of(rules, 990, SUPER, under, today=13) == LARGE  # the grace


@given(st.integers(1, 1 << 40), st.sampled_from(["0.02", "0.1", "0.5", "0.999"]))
def test_the_margin_ends_with_the_last_value_within_it(value: int, margin: str) -> None:
    border = rank_code(value)
    fall = fall_border(border, Decimal(margin))
    least = rank_value(border) * (1 - Decimal(margin))
    assert rank_value(fall) >= least
    assert fall == 0 or rank_value(fall - 1) < least
