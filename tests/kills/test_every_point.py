"""A worker killed at every point that could be torn: nothing is lost, nothing comes twice.

Here each point once, at a time chosen by a seed, and some pairs. `make kills` has them all: each
point each time that it is reached, and every two points.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from streams.engine.fault_points import POINTS
from tests.kills.cases import Case, case_of, pairs, single_at, text_of
from tests.kills.checks import check
from tests.kills.killing import Ended, lives

PAIRS = 8
SENDS = 6


def kill_and_compare(folder: Path, case: Case, unkilled: Ended) -> None:
    """Live through a case; where it fails, its name runs it again."""
    again = f"make kills ARGS=\"--at '{text_of(case)}'\""
    try:
        ended = lives(folder, case)
        check(ended, unkilled)
    except AssertionError as error:
        raise AssertionError(f"to run it again: {again}\n{error}") from error
    assert ended.killed[:1] == list(case[:1]), f"it was not killed: {again}"


def test_without_a_kill_all_is_as_the_oracle_says(unkilled: Ended) -> None:
    check(unkilled, unkilled)


def test_a_run_is_the_same_each_time(unkilled: Ended, tmp_path: Path) -> None:
    assert lives(tmp_path, ()).reached == unkilled.reached


def test_every_point_is_reached(unkilled: Ended) -> None:
    assert set(unkilled.reached) == set(POINTS)


def test_everything_that_could_be_torn_happens_in_the_scenario(unkilled: Ended) -> None:
    """A scenario in which nothing happens would prove nothing."""
    values = unkilled.outcome.values
    causes = {value["cause"] for value in values("tier-changes")}
    assert causes >= {"order", "cancellation", "return", "expiry", "overtaken", "contact",
                      "profile", "erasure"}  # fmt: skip
    stages = {value["stage"] for value in values("dormant-customers")}
    assert stages == {"slipping", "dormant", "inactive", "reactivated", "cleared"}
    assert all(values(topic) for topic in unkilled.outcome.said)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_point(point: str, unkilled: Ended, seed: int, tmp_path: Path) -> None:
    kill_and_compare(tmp_path, single_at(point, unkilled.reached, seed), unkilled)


@pytest.mark.parametrize("number", range(SENDS))
def test_killed_in_the_middle_of_a_transaction(
    number: int, unkilled: Ended, seed: int, tmp_path: Path
) -> None:
    """Of what one transaction holds, some topics have it and others have not."""
    case = single_at("after send", unkilled.reached, seed + 1 + number)
    kill_and_compare(tmp_path, case, unkilled)


@pytest.mark.parametrize("number", range(PAIRS))
def test_killed_twice(number: int, unkilled: Ended, seed: int, tmp_path: Path) -> None:
    case = Random(f"{seed} {number}").choice(list(pairs(unkilled.reached, seed)))
    kill_and_compare(tmp_path, case, unkilled)


def test_killed_over_and_over(unkilled: Ended, tmp_path: Path) -> None:
    """At the same point of the recovery, of a chunk of it, and of the first commit after it."""
    case = case_of(
        "after commit:40, before recovery:1, after store write:2, before recovery:2, "
        "after recovery:1, after take-over:1, before commit:1, after commit:1, before store write:1"
    )
    kill_and_compare(tmp_path, case, unkilled)


def test_a_case_has_a_name_that_runs_it_again() -> None:
    case = case_of("before source offset commit:3, after take-over:1")
    assert case_of(text_of(case)) == case
    assert [kill.number for kill in case] == [3, 1]
