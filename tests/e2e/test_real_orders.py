"""The real orders through the whole product, against the oracle that recomputes everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.checks import by_customer, check_everything
from tests.e2e.conftest import EMBEDDED, KAFKA
from tests.e2e.driver import Tierstream
from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import LAST_INSTANT, SHIPPED, cdnow_records
from tests.oracle.damping import above_without_reason, below_the_rule
from tests.oracle.results import Standing

UNDAMPED = "[pyramid]\ndemotion_margin = 0\n"
PARTITIONS = 4
SETTLE_SECONDS = 250


@pytest.fixture(scope="module")
def oracle() -> OracleResult:
    """With one stream time for all in the end, the partitions make no difference to standings."""
    return recompute(cdnow_records(PARTITIONS), partitions=PARTITIONS)


def expected(standing: Standing) -> dict[str, Any]:
    """The figures of a standing, as the oracle has them."""
    last = standing.last_order_day
    return {
        "tier": standing.tier,
        "stage": standing.stage,
        "rfm": standing.rfm,
        "revenue": standing.revenue,
        "profit": standing.profit,
        "frequency": standing.frequency,
        "recency_days": standing.recency_days,
        "last_order_day": None if last is None else last.isoformat(),
    }


def run_the_real_orders(tierstream: Tierstream) -> None:
    tierstream.start()
    tierstream.run("replay", "orders", SHIPPED)
    tierstream.settle(SETTLE_SECONDS)  # else the tick might be read before the orders
    tierstream.tick(LAST_INSTANT)
    tierstream.settle(SETTLE_SECONDS)


def figures(standings: dict[str, dict[str, Any]], oracle: OracleResult) -> Iterator[Any]:
    """The same of each standing that is published."""
    names = expected(next(iter(oracle.customers.values())))
    for customer, value in standings.items():
        yield customer, {name: value[name] for name in names}


@pytest.mark.parametrize(
    ("log", "partitions"),
    [(EMBEDDED, 4), (EMBEDDED, 1), (EMBEDDED, 16), pytest.param("kafka", 4, marks=KAFKA.marks)],
    indirect=["log"],
)
@pytest.mark.slow
def test_every_customer_of_the_real_orders_stands_where_the_rules_say(
    tierstream: Tierstream, oracle: OracleResult, partitions: int
) -> None:
    tierstream.set(PARTITIONS=str(partitions))
    tierstream.rules(UNDAMPED)
    run_the_real_orders(tierstream)
    standings = check_everything(tierstream)
    assert dict(figures(standings, oracle)) == {
        customer: expected(standing) for customer, standing in oracle.customers.items()
    }
    assert Counter(value["tier"] for value in standings.values()) == {
        "super": 85, "large": 332, "medium": 1252, "small": 6663, "inactive": 15238,
    }  # fmt: skip
    assert Counter(value["stage"] for value in standings.values()) == {
        None: 4015, "slipping": 269, "dormant": 4048, "inactive": 15238,
    }  # fmt: skip
    if partitions == PARTITIONS:
        check_silences(tierstream, oracle)


def check_silences(tierstream: Tierstream, oracle: OracleResult) -> None:
    """What is said of silence depends on the stream time of each partition on the way."""
    said = by_customer(tierstream.values("dormant-customers"))
    assert {
        customer: [(one["stage"], one["from"], datetime.fromisoformat(one["at"])) for one in chain]
        for customer, chain in said.items()
    } == {
        customer: [(one.stage, one.held_before, one.at) for one in chain]
        for customer, chain in oracle.said.items()
    }


@pytest.mark.slow
def test_with_damping_nobody_stands_below_the_rule_nor_above_it_without_reason(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    run_the_real_orders(tierstream)
    standings = check_everything(tierstream)
    tiers = {customer: value["tier"] for customer, value in standings.items()}
    assert tiers.keys() == oracle.customers.keys()
    assert below_the_rule(oracle, tiers) == []
    assert above_without_reason(oracle, tiers, {}) == []
