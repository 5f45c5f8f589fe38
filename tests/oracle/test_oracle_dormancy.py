"""Dormancy: worked examples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.oracle import OracleResult, recompute
from tests.oracle.sending import (
    Sent,
    call,
    cancellation,
    erasure,
    file,
    lay,
    order,
    tick,
)

WEEKLY = [order("a", day) for day in ("2024-01-01", "2024-01-08", "2024-01-15")]  # gap 7


def run(*sent: Sent, **rules: Any) -> OracleResult:
    return recompute(lay(sent, 1), partitions=1, rules=rules)


def said(*sent: Sent, **rules: Any) -> list[tuple[str, str | None, str]]:
    """What is said of customer a: stage, from, day."""
    events = run(*sent, **rules).said.get("a", [])
    return [(one.stage, one.held_before, one.day.isoformat()) for one in events]


def test_slipping_begins_past_twice_the_usual_gap() -> None:
    assert said(*WEEKLY, tick("2024-01-29")) == []
    assert said(*WEEKLY, tick("2024-01-30")) == [("slipping", None, "2024-01-30")]


def test_slipping_takes_three_order_days() -> None:
    assert said(*WEEKLY[:2], tick("2024-03-01")) == []


def test_slipping_never_begins_within_its_least_days() -> None:
    daily = [order("a", f"2024-01-0{day}") for day in (1, 2, 3)]
    assert said(*daily, tick("2024-01-10")) == []
    assert said(*daily, tick("2024-01-11")) == [("slipping", None, "2024-01-11")]


def test_each_stage_is_said_with_the_day_on_which_it_came() -> None:
    stages = [
        ("slipping", None, "2024-01-30"),
        ("dormant", "slipping", "2024-05-15"),
        ("inactive", "dormant", "2025-01-14"),
    ]
    assert said(*WEEKLY, tick("2029-01-01")) == stages
    ticks = [tick(f"{year}-{month:02}-03") for year in (2024, 2025) for month in range(1, 13)]
    assert said(*WEEKLY, *ticks) == stages


def test_a_stage_begins_with_its_day_in_the_business_time_zone() -> None:
    result = run(*WEEKLY, tick("2024-03-01"), business={"time_zone": "Asia/Shanghai"})
    assert result.said["a"][0].at == datetime(2024, 1, 29, 16, tzinfo=UTC)


def test_slipping_is_skipped_where_dormant_comes_first_or_the_same_day() -> None:
    sparse = [order("a", day) for day in ("2024-01-01", "2024-03-01", "2024-04-30")]  # gap 60
    assert said(*sparse, tick("2024-09-30")) == [("dormant", None, "2024-08-29")]


def test_dormant_is_not_said_again_where_slipping_would_come_later() -> None:
    sparse = [order("a", day) for day in ("2023-09-01", "2023-11-10", "2024-01-19")]  # gap 70
    assert said(*sparse, tick("2024-12-01")) == [("dormant", None, "2024-05-19")]


def test_a_newer_order_reactivates() -> None:
    assert said(*WEEKLY, tick("2024-02-10"), order("a", "2024-02-10")) == [
        ("slipping", None, "2024-01-30"),
        ("reactivated", "slipping", "2024-02-10"),
    ]


def test_an_order_that_moves_time_itself_hides_the_silence_before_it() -> None:
    assert said(*WEEKLY, order("a", "2024-02-10")) == []


def test_what_fell_due_is_said_before_the_order_that_ends_it() -> None:
    assert said(*WEEKLY, order("b", "2024-02-09"), order("a", "2024-02-10")) == [
        ("slipping", None, "2024-01-30"),
        ("reactivated", "slipping", "2024-02-10"),
    ]


def test_a_newer_order_that_is_old_itself_reactivates_into_its_stage() -> None:
    sent = [order("a", "2022-01-01"), tick("2024-01-01"), order("a", "2023-06-01")]
    assert said(*sent)[-2:] == [
        ("reactivated", "inactive", "2024-01-01"),
        ("dormant", None, "2024-01-01"),
    ]


def test_a_first_order_that_is_old_says_its_stage_at_once() -> None:
    sent = [tick("2024-07-19"), order("a", "2024-01-01")]
    assert said(*sent) == [("dormant", None, "2024-07-19")]


def test_a_late_order_meets_its_stage_on_the_very_day() -> None:
    assert said(tick("2024-04-30"), order("a", "2024-01-01")) == []
    assert said(tick("2024-05-01"), order("a", "2024-01-01")) == [("dormant", None, "2024-05-01")]
    assert said(tick("2024-01-29"), *WEEKLY) == []
    assert said(tick("2024-01-30"), *WEEKLY) == [("slipping", None, "2024-01-30")]


def test_a_cancellation_of_the_newest_order_brings_the_silence_back() -> None:
    sent = [order("a", "2024-01-01"), order("a", "2024-06-01"), cancellation("a", "2024-06-01")]
    assert said(*sent) == [("dormant", None, "2024-06-01")]


def test_a_late_order_that_breaks_the_stage_clears_it() -> None:
    older = [order("a", day) for day in ("2023-06-01", "2023-07-01")]  # the gap grows to 57
    assert said(*WEEKLY, tick("2024-02-10"), *older) == [
        ("slipping", None, "2024-01-30"),
        ("cleared", "slipping", "2024-02-10"),
    ]


def test_a_cancellation_of_the_only_order_clears_the_stage() -> None:
    sent = [order("a", "2024-01-01"), tick("2024-06-01"), cancellation("a", "2024-01-01")]
    assert said(*sent) == [("dormant", None, "2024-05-01"), ("cleared", "dormant", "2024-06-01")]


def test_a_late_order_newer_than_the_newest_reactivates() -> None:
    sent = [order("a", "2024-01-01"), tick("2024-06-01"), order("a", "2024-01-20")]
    assert said(*sent) == [
        ("dormant", None, "2024-05-01"),
        ("reactivated", "dormant", "2024-06-01"),
        ("dormant", None, "2024-06-01"),
    ]


def test_calls_and_files_say_nothing_but_what_fell_due() -> None:
    sent = [*WEEKLY, tick("2024-01-30"), call("a", "2024-01-30"), file("a")]
    assert said(*sent) == [("slipping", None, "2024-01-30")]


def test_an_erasure_clears_the_stage_and_starts_anew() -> None:
    sent = [*WEEKLY, tick("2024-02-01"), erasure("a"), order("a", "2024-02-02")]
    assert said(*sent, tick("2024-06-02")) == [
        ("slipping", None, "2024-01-30"),
        ("cleared", "slipping", "2024-02-01"),
        ("dormant", None, "2024-06-02"),
    ]


def test_the_stage_held_is_the_one_said_last() -> None:
    assert run(*WEEKLY, tick("2024-02-10")).customers["a"].stage == "slipping"
    assert run(*WEEKLY, tick("2024-02-10"), order("a", "2024-02-10")).customers["a"].stage is None


def test_the_only_orders_left_are_let_go_ones() -> None:
    days = ["2023-01-01", "2024-03-01", "2024-03-02"]
    undone = [cancellation("a", "2024-03-02"), cancellation("a", "2024-03-01")]
    assert said(*[order("a", day) for day in days], *undone) == [
        ("inactive", None, "2024-03-02"),
    ]
