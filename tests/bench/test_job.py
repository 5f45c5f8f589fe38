"""The job of the peers: what it says on the way, with literal days."""

from __future__ import annotations

from tests.bench.peers.job import (
    NEVER,
    Deadlines,
    Given,
    Said,
    day_of,
    new_customer,
    pass_time,
    take_order,
)

GIVEN = Given([1000, 500, 100], [2, 3, 4, 5], [100, 200, 300, 400])


def short(said: list[Said]) -> list[tuple[str | None, str]]:
    return [(one["from"], one.get("to") or one["stage"]) for one in said]


def test_a_day_is_that_of_the_time_in_utc() -> None:
    assert day_of("1970-01-02T07:59:59+08:00") == 0
    assert day_of("1970-01-02T08:00:00+08:00") == 1


def test_an_order_moves_its_customer_over_the_borders_given() -> None:
    customer = new_customer()
    assert short(take_order(customer, 10, 99, 1, 10, GIVEN)) == [(None, "small")]
    assert short(take_order(customer, 10, 1, 1, 10, GIVEN)) == [("small", "medium")]
    assert short(take_order(customer, 11, 900, 1, 11, GIVEN)) == [("medium", "super")]
    assert take_order(customer, 11, 1, 1, 11, GIVEN) == []
    assert (customer["revenue"], customer["frequency"], customer["rfm"]) == (1001, 4, 545)


def test_silence_comes_to_each_stage_once_and_an_order_ends_it() -> None:
    customer = new_customer()
    for day in (0, 4, 8):  # the usual gap is 4 days: slipping after 8
        take_order(customer, day, 100, 1, day, GIVEN)
    assert customer["due"] == 16  # seven days of recency are over
    assert short(pass_time(customer, 16, GIVEN)) == []
    assert short(pass_time(customer, 17, GIVEN)) == [(None, "slipping")]
    assert short(pass_time(customer, 18, GIVEN)) == []
    assert short(pass_time(customer, 400, GIVEN)) == [
        ("medium", "inactive"), ("slipping", "dormant"), ("dormant", "inactive"),
    ]  # fmt: skip
    assert customer["due"] == NEVER
    assert short(take_order(customer, 400, 100, 1, 400, GIVEN)) == [
        ("inactive", "reactivated"), ("inactive", "medium"),
    ]  # fmt: skip


def test_a_deadline_is_kept_until_its_day_and_given_back_once() -> None:
    deadlines = Deadlines()
    deadlines.file("ann", 8)
    deadlines.file("ann", 12)  # later: found out on day 8
    deadlines.file("ben", 20)
    deadlines.file("ben", 9)
    assert deadlines.pass_to(7) == []
    assert deadlines.pass_to(9) == ["ann", "ben"]
    assert deadlines.pass_to(9) == []
    assert deadlines.pass_to(30) == []
