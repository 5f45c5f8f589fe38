"""What goes in while workers are killed: a dozen customers to whom everything happens."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Literal, NamedTuple

from tests.oracle import InputRecord, OracleResult, recompute
from tests.oracle.records import CALL_LOGS, COMPLAINTS, ORDERS
from tests.oracle.sending import (
    Sent,
    call,
    cancellation,
    complaint,
    erasure,
    file,
    giving_back,
    lay,
    order,
    tick,
)

PARTITIONS = 2
CHANGELOG = "tierstream-customers-changelog"
RULES = """
[business]
window_days = 150

[pyramid]
super = 0.1
large = 0.3
medium = 0.6
demotion_margin = 0

[dormancy]
dormant_days = 90

[churn]
min_tier = "small"
cooldown_days = 0
complaint_days = 5
language = "{language}"

[churn.weights]
tier_fall = 0
"""
ORACLE_RULES = {
    "business": {"window_days": 150},
    "dormancy": {"dormant_days": 90},
    "pyramid": {"super": 0.1, "large": 0.3, "medium": 0.6, "demotion_margin": 0},
}
NAMES = ("ann", "bob", "cleo", "dan", "eve", "fay", "gus", "hal", "ida", "jon", "kim", "冯")


class Round(NamedTuple):
    """Records of one topic, sent at once; the next round is sent when these are `read` (what they
    lead to may still be under way), or when all is at `rest`."""

    sent: list[Sent]
    until: Literal["read", "rest"]


def first_life() -> list[Round]:
    """What is sent before the worker is stopped for a change of the rules."""
    return [
        Round(_files(), "rest"),
        Round(_orders("2020-01", 1), "rest"),
        Round(_corrections(), "rest"),
        Round(_calls(), "rest"),
        Round(_complaints(), "read"),
        Round(_late_orders(), "rest"),
        Round([tick("2020-03-20")], "read"),
        Round(_orders("2020-03", 5, names=NAMES[3:7]), "rest"),
    ]


def second_life() -> list[Round]:
    """What is sent after it."""
    return [
        Round(_erasures(), "rest"),
        Round(_after_the_erasures(), "rest"),
        Round([tick("2020-08-20")], "rest"),
        Round(_solutions(), "read"),
        Round(_orders("2020-08", 9, names=NAMES[4:9]), "rest"),
        Round([tick("2020-12-10")], "read"),
        Round(_comebacks(), "rest"),
        Round([tick("2021-01-20")], "rest"),
    ]


@cache
def rounds() -> list[Round]:
    """All of it."""
    return first_life() + second_life()


@cache
def laid(number: int) -> list[InputRecord]:
    """The records of the first `number` rounds, as they lie in the log."""
    return lay([sent for each in rounds()[:number] for sent in each.sent], PARTITIONS)


@cache
def expected() -> OracleResult:
    """What has to come of it all."""
    now = datetime.now(UTC)
    records = laid(len(rounds()))
    return recompute(records, partitions=PARTITIONS, rules=ORACLE_RULES, wall_clock=now)


# -- the rounds


def _files() -> list[Sent]:
    managed = [file(name, account_manager=f"am-{i % 3}") for i, name in enumerate(NAMES)]
    return [*managed, file("old", disqualified=True), Sent("customers", b"bad", b"{")]


def _orders(month: str, seed: int, names: tuple[str, ...] = NAMES[:10]) -> list[Sent]:
    """Some orders of each, on rising days, of amounts that make them overtake each other."""
    return [
        order(name, f"{month}-{21 + day:02}", 1000 + (seed * 7919 * (i + 1) * (day + 1)) % 9000)
        for day in range(4)
        for i, name in enumerate(names)
        if (i + day + seed) % 4
    ]


def _corrections() -> list[Sent]:
    first = _orders("2020-01", 1)
    return [
        first[0],
        order("ann", "2020-01-25", 40_000, cost=30_000),
        Sent(ORDERS, b"bob", b"{"),
        order("gus", "2020-01-25", 25_000),
        first[5],
        Sent(ORDERS, None, order("bob", "2020-01-25").value),
        cancellation("gus", "2020-01-25", 25_000),
        giving_back("ann", "2020-01-25", 39_000, cost=29_000),
        Sent(ORDERS, b"bob", order("cleo", "2020-01-25").value),
        order("dan", "2999-01-01"),
        order("eve", "2020-01-25", currency="XTS"),
        order("fay", "2020-01-25", 60_000),
        order("hal", "2020-01-26", 2_000),
        Sent(ORDERS, b"fay", order("fay", "2020-01-26").value, astray=1),
        cancellation("kim", "2020-01-20", 5_000),
        order("kim", "2020-01-20", 5_000),
    ]


def _calls() -> list[Sent]:
    again = call("lea", "2020-01-26")
    return [
        again,
        call("ann", "2020-01-26", outcome="no_answer"),
        again,
        call("bob", "2020-01-27", follow_up_at="2020-02-01T12:00:00Z"),
        Sent(CALL_LOGS, b"bob", b"[]"),
        call("冯", "2020-01-27"),
        call("max", "2020-01-27"),
    ]


def _complaints() -> list[Sent]:
    return [
        complaint("ann", "2020-01-27", severity=5),
        complaint("bob", "2020-01-27", severity=2),
        Sent(COMPLAINTS, b"bob", json.dumps({"customer_id": "bob"}).encode()),
        complaint("fay", "2020-01-27", severity=4),
        complaint("nia", "2020-01-27"),
    ]


def _late_orders() -> list[Sent]:
    return [
        order("ann", "2019-12-24", 3_000),
        order("bob", "2019-11-30", 90_000),
        order("冯", "2020-01-10", 12_345),
        cancellation("cleo", "2020-01-28", 4_000),
        order("ida", "2020-01-27", 8_000),
        order("cleo", "2020-01-28", 4_000),
        order("jon", "2020-01-29", 100),
    ]


def _erasures() -> list[Sent]:
    return [
        erasure("ann"),
        file("bob", account_manager="am-2", name="Bob"),
        erasure("nobody"),
        erasure("max"),
        file("ida", disqualified=True),
    ]


def _after_the_erasures() -> list[Sent]:
    again = order("ann", "2020-03-22", 500)
    return [
        again,
        order("jon", "2020-03-25", 200_000),
        again,
        order("dan", "2020-03-25", 30_000),
        order("dan", "2020-03-25", 30_000),
        cancellation("bob", "2019-11-30", 90_000),
        order("gus", "2020-03-26", 1_500),
    ]


def _solutions() -> list[Sent]:
    return [
        complaint("fay", "2020-08-20", event_id="solved", step="resolved"),
        complaint("jon", "2020-08-20", severity=5),
        complaint("bob", "2020-08-20", event_id="word", step="feedback", satisfaction=20),
    ]


def _comebacks() -> list[Sent]:
    return [
        order("hal", "2020-12-10", 7_000),
        order("冯", "2020-12-11", 9_000),
        cancellation("hal", "2020-12-10", 7_000),
        order("jon", "2020-12-12", 1_000),
        order("lea", "2020-12-12", 2_000),
        order("cleo", "2020-12-13", 70_000),
        order("bob", "2020-12-13", 8_000),
        order("cleo", "2020-12-13", 70_000),
        order("kim", "2020-12-14", 8_500),
    ]
