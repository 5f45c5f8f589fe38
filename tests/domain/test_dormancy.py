"""Stages of silence: on which day each begins."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.dormancy import (
    DORMANT,
    INACTIVE,
    NONE,
    SLIPPING,
    Gap,
    revenue_at_risk,
    stage_days,
    usual_gap,
)
from streams.domain.rules import default_rules, parse_rules
from tests.domain.customers import day, ordered, shown

RULES = default_rules()  # slipping past twice the gap and 7 days, dormant past 120, window 365


def test_the_usual_gap_is_the_mean_of_the_gaps_between_order_days() -> None:
    gap = usual_gap(ordered("2024-01-01", "2024-01-05", "2024-01-15").days, 365)
    assert (gap, gap.days) == (Gap(14, 3), 7.0)


def test_two_orders_of_a_day_are_one_order_day() -> None:
    gap = usual_gap(ordered("2024-01-01", "2024-01-01", "2024-01-11").days, 365)
    assert (gap.order_days, gap.days) == (2, 10.0)


def test_one_order_day_has_no_gap() -> None:
    assert usual_gap(ordered("2024-01-01").days, 365).days is None
    assert usual_gap([], 365).days is None


def test_the_gap_is_of_the_window_that_ends_on_the_newest_order_day() -> None:
    customer = ordered("2020-01-01", "2024-01-01")  # both kept, a window apart
    assert usual_gap(customer.days, 365) == Gap(0, 1)


def begins(gap: Gap, rules: str = "") -> dict[int, int]:
    """stage -> days after the newest order on which it begins."""
    newest = day("2024-01-01")
    return {s: d - newest for d, s in stage_days(newest, gap, parse_rules(rules, "test"))}


@pytest.mark.parametrize(
    ("gap", "slipping"),
    [
        (Gap(14, 3), 15),  # gap 7: recency 15 > 14
        (Gap(2, 3), 8),  # never before the 8th day
        (Gap(15, 3), 16),  # gap 7.5: recency 16 > 15
        (Gap(22, 4), 15),  # gap 7.33: recency 15 > 14.67
        (Gap(118, 3), 119),
    ],
)
def test_slipping_begins_past_twice_the_usual_gap_and_seven_days(gap: Gap, slipping: int) -> None:
    assert begins(gap) == {SLIPPING: slipping, DORMANT: 121, INACTIVE: 365}


@pytest.mark.parametrize("gap", [Gap(14, 2), Gap(120, 3), Gap(300, 4)])
def test_slipping_takes_three_order_days_and_comes_before_dormant_or_not_at_all(gap: Gap) -> None:
    assert begins(gap) == {DORMANT: 121, INACTIVE: 365}


def test_dormant_is_skipped_where_the_window_ends_on_its_day() -> None:
    rules = "[business]\nwindow_days = 121"
    assert begins(Gap(0, 1), rules) == {INACTIVE: 121}
    assert begins(Gap(0, 1), "[business]\nwindow_days = 122") == {DORMANT: 121, INACTIVE: 122}


def test_stages_are_given_in_the_order_in_which_they_come() -> None:
    stages = stage_days(day("2024-01-01"), Gap(14, 3), RULES)
    assert [(shown(when), stage) for when, stage in stages] == [
        ("2024-01-16", SLIPPING), ("2024-05-01", DORMANT), ("2024-12-31", INACTIVE),
    ]  # fmt: skip


@given(st.integers(0, 364), st.integers(3, 365), st.decimals("0.001", "3", places=3))
def test_the_limit_of_slipping_is_exact(span: int, order_days: int, factor: Decimal) -> None:
    rules = f"[dormancy]\nslipping_factor = {factor}\nslipping_min_days = 0"
    begun = begins(Gap(span, order_days), rules).get(SLIPPING)
    limit = Fraction(factor) * span / (order_days - 1)
    assert (begun is None) == (limit >= 120)
    assert begun is None or begun - 1 <= limit < begun


@pytest.mark.parametrize(
    ("revenue", "stage", "at_risk"),
    [
        (1000, NONE, 100), (1000, SLIPPING, 300), (1000, DORMANT, 600), (1000, INACTIVE, 1000),
        (5, NONE, 0), (15, NONE, 2), (25, NONE, 2), (-15, NONE, -2), (-25, NONE, -2),
        (0, INACTIVE, 0),
    ],
)  # fmt: skip
def test_revenue_at_risk_goes_by_the_stage_and_rounds_half_to_even(
    revenue: int, stage: int, at_risk: int
) -> None:
    assert revenue_at_risk(revenue, stage, default_rules()) == at_risk
