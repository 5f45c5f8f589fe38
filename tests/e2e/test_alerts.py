"""churn-alerts through the whole product: each once, whatever is killed in between."""

from __future__ import annotations

from collections.abc import Iterable
from signal import SIGKILL
from typing import Any

import pytest

from streams.domain.rules import parse_rules
from tests.e2e.checks import check_everything
from tests.e2e.driver import Tierstream
from tests.engine.comparing import feed_all
from tests.engine.machine import Machine
from tests.oracle.sending import Sent, complaint, file, lay, order, tick

PARTITIONS = 4
#: Who overtakes whom, and so falls a tier, depends on the moment: it is left out here.
RULES = """
[churn]
min_tier = "small"
cooldown_days = 3
[churn.weights]
tier_fall = 0
"""
CUSTOMERS = [f"c{number:03}" for number in range(400)]
#: With the first nothing of a transaction counts; with the second all does, but for the store.
KILLED_AT = ("before commit", "before store write")
SHOWN = ("at", "severity", "score", "reasons", "revenue", "cooldown_until", "account_manager")

#: Sent one after another; what is in one part is of one topic, or comes to the same in any order.
STORY: list[list[Sent]] = [
    [file(name, account_manager=f"m{at % 7}") for at, name in enumerate(CUSTOMERS)],
    [
        order(name, f"2024-01-{day:02}", 1000 + at, event_id=f"o{day}")
        for day in range(1, 25)
        for at, name in enumerate(CUSTOMERS)
        if (day + at) % 4 == 0 and at % 25 > day
    ],
    [
        complaint(name, f"2024-01-{day:02}", event_id=f"k{day}", complaint_id=f"k{day}",
                  severity=(day + at) % 5 + 1)
        for day in range(1, 25)
        for at, name in enumerate(CUSTOMERS)
        if (day + at) % 9 == 0
    ],
    [tick("2024-01-28")],
    [tick("2024-12-31")],
]  # fmt: skip


def shown(values: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """The alerts of each customer, in order: what of them doesn't depend on others."""
    found: dict[str, list[Any]] = {}
    for value in values:
        found.setdefault(value["customer_id"], []).append([value[name] for name in SHOWN])
    return found


def expected() -> dict[str, list[Any]]:
    """What an engine says that nobody kills."""
    machine = Machine(None, parse_rules(RULES, "the test's rules"), PARTITIONS)
    laid = lay([sent for part in STORY for sent in part], PARTITIONS)
    feed_all(machine, laid)
    machine.rest()
    return shown(machine.values("churn-alerts"))


@pytest.mark.slow
def test_alerts_are_said_once_and_in_order_whatever_is_killed(tierstream: Tierstream) -> None:
    tierstream.set(PARTITIONS=str(PARTITIONS))
    tierstream.rules(RULES)
    for part in STORY:
        tierstream.send(*part)
        for point in KILLED_AT:
            worker = tierstream.start_doomed("kill", "after fold", point)
            assert worker.ended() == -SIGKILL, (point, worker.text)
        worker = tierstream.start()
        tierstream.settle()
        worker.stop()
    tierstream.start()
    check_everything(tierstream)
    lines = tierstream.dump("churn-alerts")
    assert shown(line["value"] for line in lines) == expected()
    where: dict[str, set[int]] = {}
    for line in lines:
        assert line["key"] == line["value"]["account_manager"]
        where.setdefault(line["key"], set()).add(line["partition"])
    assert len(where) == 7
    assert all(len(partitions) == 1 for partitions in where.values())
