"""RFM: recency by bands, frequency and monetary by fifths of the active customers."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.pyramid import NOWHERE, rank_code
from streams.domain.rfm import score_cuts


def scores(values: list[int]) -> list[int]:
    cuts = score_cuts(sorted(Counter(map(rank_code, values)).items()))
    return [1 + bisect_right(cuts, rank_code(value)) for value in values]


def test_five_customers_have_a_score_each() -> None:
    assert scores([10, 20, 30, 40, 50]) == [1, 2, 3, 4, 5]


def test_equal_values_share_the_lower_score() -> None:
    assert scores([1, 1, 1, 1, 9]) == [1, 1, 1, 1, 5]
    assert scores([1, 9, 9, 9, 9]) == [1, 2, 2, 2, 2]


def test_a_fifth_begins_where_exactly_so_many_are_below() -> None:
    assert scores(list(range(1, 11))) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scores(list(range(1, 5))) == [1, 2, 3, 4]  # 1 + floor(5 x below / 4)


def test_the_only_customer_has_the_lowest_score() -> None:
    assert scores([7]) == [1]


def test_nobody_has_no_cut() -> None:
    assert score_cuts([]) == [NOWHERE] * 4


@given(st.lists(st.integers(-3, 10_000), min_size=1, max_size=60))
def test_the_cuts_score_as_the_rule_does(values: list[int]) -> None:
    codes = [rank_code(value) for value in values]
    below = [sum(other < code for other in codes) for code in codes]
    assert scores(values) == [1 + 5 * count // len(values) for count in below]
