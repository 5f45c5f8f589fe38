"""The recount that contenders are compared with, against the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.bench.orders import make_orders
from tests.bench.recount import Figures, Recount
from tests.oracle import InputRecord, recompute
from tests.oracle.murmur2 import partition_of
from tests.oracle.records import ORDERS

PARTITIONS = 3
LINES = list(make_orders(1200, 150, 900, "skewed"))


def recounted_by_the_oracle() -> dict[str, Figures]:
    records = []
    for offset, line in enumerate(LINES):
        key = line.split('"customer_id":"')[1].split('"')[0].encode()
        where = partition_of(key, PARTITIONS)
        records.append(InputRecord(ORDERS, where, offset, key, line.encode()))
    result = recompute(records, partitions=PARTITIONS)
    return {
        name: Figures(one.revenue, one.frequency, int(one.rfm or 0), one.tier, one.stage)
        for name, one in result.customers.items()
    }


def test_the_recount_comes_to_what_the_rules_say_of_everybody() -> None:
    recount = Recount(LINES, PARTITIONS)
    wanted = recounted_by_the_oracle()
    assert recount.figures(recount.given(), deadlines=True) == wanted
    assert {one.tier for one in wanted.values()} == {
        "super", "large", "medium", "small", "inactive",
    }  # fmt: skip
    assert {one.stage for one in wanted.values()} == {None, "slipping", "dormant", "inactive"}


def test_a_stage_begins_on_its_day_and_not_before() -> None:
    stages = {}
    for silent in (120, 121, 364, 365):
        lines = [order_on(0, "quiet"), order_on(silent, "other")]
        recount = Recount(lines, partitions=1)
        stages[silent] = recount.figures(recount.given(), deadlines=True)["quiet"].stage
    assert stages == {120: None, 121: "dormant", 364: "dormant", 365: "inactive"}


def order_on(day: int, customer: str) -> str:
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return f'{{"customer_id": "{customer}", "ordered_at": "{at.isoformat()}", "amount": 100}}'


def test_without_deadlines_a_customer_stands_as_at_the_newest_order() -> None:
    recount = Recount(LINES, PARTITIONS)
    given = recount.given()
    with_time, without = (recount.figures(given, deadlines) for deadlines in (True, False))
    assert {one.stage for one in without.values()} == {None}
    assert {one.rfm // 100 for one in without.values()} == {5}
    newest = {name for name in recount.orders if with_time[name] == without[name]}
    assert 0 < len(newest) < len(with_time)
