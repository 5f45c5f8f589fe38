"""What is said when time passes, when an event comes, and when a customer is erased."""

from __future__ import annotations

from typing import Any

import pytest

from streams.domain.assess import assess
from streams.domain.customer import NEVER, UNKNOWN, Customer
from streams.domain.days import Calendar, instant
from streams.domain.decide import (
    Said,
    StageSaid,
    TierChanged,
    decide_on_erasure,
    decide_on_event,
    decide_on_time,
)
from streams.domain.orders_fold import fold_order, newest_order_day
from streams.domain.pyramid import INACTIVE, LARGE, NOWHERE, SMALL, SUPER, Borders
from streams.domain.rules import Rules, parse_rules
from streams.domain.scene import Scene
from tests.domain.customers import day, ordered, shown

BORDERS = Borders(1, (3000, 2000, NOWHERE), (3000, 2000, NOWHERE), (2, 3, 4, 5), (1, 2, 3000, 4000))
UNDAMPED = parse_rules("[pyramid]\ndemotion_margin = 0", "test")


def scene_of(rules: Rules = UNDAMPED, zone: str = "UTC", borders: Borders = BORDERS) -> Scene:
    return Scene(rules, Calendar(zone), borders)


def pass_to(customer: Customer, today: str, scene: Scene | None = None) -> list[tuple[Any, ...]]:
    scene = scene or scene_of()
    now_us = scene.calendar.start_of(day(today))
    return told(decide_on_time(customer, day(today), now_us, scene, "expiry"))


def place(customer: Customer, when: str, today: str, kind: str = "placed") -> list[tuple[Any, ...]]:
    newest = newest_order_day(customer)
    fold_order(customer, kind, day(when), 1000, None, 365)
    scene = scene_of()
    at_us = scene.calendar.start_of(day(today))
    return told(decide_on_event(customer, day(today), at_us, newest, "order", scene))


def told(said: list[Said]) -> list[tuple[Any, ...]]:
    """(stage, from, at) and (from, to, cause)."""
    return [
        (one.stage, one.from_stage, instant(one.at_us).isoformat())
        if isinstance(one, StageSaid)
        else (one.from_tier, one.to_tier, one.cause)
        for one in said
        if isinstance(one, StageSaid | TierChanged)
    ]


WEEKLY = ("2024-01-01", "2024-01-08", "2024-01-15")  # gap 7: slipping from the 30th


def weekly() -> Customer:
    """A customer of three orders, spoken of already."""
    customer = ordered(*WEEKLY)
    pass_to(customer, "2024-01-15")
    return customer


# -- figures


def test_the_window_is_the_last_365_days_up_to_and_including_today() -> None:
    customer = ordered("2024-01-01", "2024-01-02", "2024-12-30")
    standing = assess(customer, day("2024-12-31"), BORDERS, UNDAMPED)
    assert (standing.revenue, standing.frequency) == (2000, 2)
    assert standing.recency_days == 1


@pytest.mark.parametrize(
    ("today", "recency"),
    [("2024-01-15", 5), ("2024-01-22", 5), ("2024-01-23", 4), ("2024-02-14", 4), ("2024-02-15", 3),
     ("2024-03-15", 3), ("2024-03-16", 2), ("2024-05-14", 2), ("2024-05-15", 1)],
)  # fmt: skip
def test_recency_is_scored_by_bands_of_7_30_60_and_120_days(today: str, recency: int) -> None:
    standing = assess(ordered(*WEEKLY), day(today), BORDERS, UNDAMPED)
    assert standing.rfm == 100 * recency + 34  # 3 orders: 3; 3000: 4


def test_who_is_not_active_has_f_and_m_1() -> None:
    assert assess(ordered(*WEEKLY), day("2025-06-01"), BORDERS, UNDAMPED).rfm == 111


def test_each_day_that_changes_something_is_due_in_turn() -> None:
    customer, due = ordered(*WEEKLY), []
    today = day("2024-01-15")
    while today != NEVER:
        due.append(shown(today))
        today = assess(customer, today, BORDERS, UNDAMPED).due
    assert due == [
        "2024-01-15",
        "2024-01-23",  # R 4
        "2024-01-30",  # slipping
        "2024-02-15",  # R 3
        "2024-03-16",  # R 2
        "2024-05-15",  # R 1, dormant
        "2024-12-31",  # orders leave the window
        "2025-01-07",
        "2025-01-14",  # inactive
    ]


# -- time


def test_time_says_each_stage_on_the_day_on_which_it_came() -> None:
    assert pass_to(weekly(), "2029-01-01") == [
        ("slipping", 0, "2024-01-30T00:00:00+00:00"),
        ("dormant", 1, "2024-05-15T00:00:00+00:00"),
        ("inactive", 2, "2025-01-14T00:00:00+00:00"),
        (SUPER, INACTIVE, "expiry"),
    ]


def test_time_says_the_same_however_it_is_cut() -> None:
    customer, said = weekly(), []
    for today in (
        "2024-01-29",
        "2024-01-30",
        "2024-03-01",
        "2024-05-14",
        "2024-05-15",
        "2029-01-01",
    ):
        said += [one for one in pass_to(customer, today) if isinstance(one[0], str)]
    assert said == [one for one in pass_to(weekly(), "2029-01-01") if isinstance(one[0], str)]


def test_a_stage_has_the_figures_of_its_own_day() -> None:
    customer = weekly()
    said = decide_on_time(customer, day("2029-01-01"), 0, scene_of(), "expiry")
    slipping, dormant, inactive = (one for one in said if isinstance(one, StageSaid))
    figures = [(s.standing.revenue, s.standing.recency_days) for s in (slipping, dormant, inactive)]
    assert figures == [(3000, 15), (3000, 121), (0, 365)]


def test_a_stage_begins_with_its_day_in_the_business_time_zone() -> None:
    (said,) = pass_to(weekly(), "2024-01-30", scene_of(zone="Asia/Shanghai"))
    assert said == ("slipping", 0, "2024-01-29T16:00:00+00:00")


def test_a_due_day_that_has_come_makes_way_for_the_next() -> None:
    customer = weekly()
    assert shown(customer.due) == "2024-01-23"
    pass_to(customer, "2024-01-23")
    assert shown(customer.due) == "2024-01-30"


def test_a_due_day_that_moves_away_is_looked_at_when_it_comes() -> None:
    customer = weekly()
    place(customer, "2024-01-20", "2024-01-20")
    assert shown(customer.due) == "2024-01-23"
    assert pass_to(customer, "2024-01-23") == []
    assert shown(customer.due) == "2024-01-28"


# -- events


def test_a_newer_order_reactivates() -> None:
    customer = weekly()
    pass_to(customer, "2024-02-01")
    assert place(customer, "2024-02-01", "2024-02-01") == [
        ("reactivated", 1, "2024-02-01T00:00:00+00:00")
    ]
    assert customer.stage == 0


def test_a_newer_order_that_is_old_itself_reactivates_into_its_stage() -> None:
    customer = weekly()
    pass_to(customer, "2024-08-01")
    assert place(customer, "2024-01-20", "2024-08-01") == [
        ("reactivated", 2, "2024-08-01T00:00:00+00:00"),
        ("dormant", 0, "2024-08-01T00:00:00+00:00"),
    ]


def test_a_late_order_that_ends_a_stage_clears_it() -> None:
    customer = weekly()
    pass_to(customer, "2024-02-01")
    assert place(customer, "2023-08-01", "2024-02-01") == [
        ("cleared", 1, "2024-02-01T00:00:00+00:00")
    ]


def test_a_cancellation_that_brings_a_silence_back_says_the_stage_that_holds_alone() -> None:
    customer = ordered("2022-01-01", "2024-06-01")
    pass_to(customer, "2024-06-01")
    assert place(customer, "2024-06-01", "2024-06-01", "cancelled") == [
        (SMALL, INACTIVE, "order"),
        ("inactive", 0, "2024-06-01T00:00:00+00:00"),
    ]


# -- causes


def test_who_is_overtaken_has_not_changed_their_own_value() -> None:
    customer = weekly()
    moved = Borders(2, (3001, 2000, NOWHERE), (3001, 2000, NOWHERE), (), ())
    scene = scene_of(borders=moved)
    assert pass_to(customer, "2024-01-15", scene) == [(SUPER, LARGE, "overtaken")]
    assert pass_to(customer, "2024-01-15") == [(LARGE, SUPER, "overtaken")]


def test_where_both_changed_the_own_cause_goes_first() -> None:
    customer = weekly()
    moved = Borders(2, (9000, 2001, 1), (9000, 2001, 1), (), ())
    assert pass_to(customer, "2024-12-31", scene_of(borders=moved))[-1] == (SUPER, 2, "expiry")


# -- erasure


def test_an_erasure_clears_the_stage_and_ends_the_chain() -> None:
    customer = weekly()
    pass_to(customer, "2024-02-01")
    assert told(decide_on_erasure(customer, day("2024-02-01"), 0, scene_of())) == [
        ("cleared", 1, "1970-01-01T00:00:00+00:00"),
        (SUPER, UNKNOWN, "erasure"),
    ]


def test_an_erasure_of_someone_without_a_stage_ends_the_chain_alone() -> None:
    assert told(decide_on_erasure(weekly(), day("2024-01-15"), 0, scene_of())) == [
        (SUPER, UNKNOWN, "erasure")
    ]
