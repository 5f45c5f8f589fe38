"""The real orders through the whole product, against the oracle that recomputes everything."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.against_oracle import PARTITIONS, UNDAMPED, check_against, check_standings
from tests.e2e.checks import check_everything
from tests.e2e.conftest import EMBEDDED, KAFKA, on_embedded
from tests.e2e.driver import Tierstream
from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import LAST_INSTANT, SHIPPED, cdnow_records
from tests.oracle.damping import above_without_reason, below_the_rule

SETTLE_SECONDS = 250

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def oracle() -> OracleResult:
    """With one stream time for all in the end, the partitions make no difference to standings."""
    return recompute(cdnow_records(PARTITIONS), partitions=PARTITIONS)


def run_the_real_orders(tierstream: Tierstream) -> None:
    tierstream.start()
    tierstream.run("replay", "orders", SHIPPED)
    tierstream.settle(SETTLE_SECONDS)  # else the tick might be read before the orders
    tierstream.tick(LAST_INSTANT)
    tierstream.settle(SETTLE_SECONDS)


@pytest.mark.parametrize("log", [EMBEDDED, KAFKA], indirect=True)
def test_every_customer_of_the_real_orders_stands_where_the_rules_say(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    tierstream.rules(UNDAMPED)
    run_the_real_orders(tierstream)
    standings = check_against(tierstream, oracle)
    assert Counter(value["tier"] for value in standings.values()) == {
        "super": 85, "large": 332, "medium": 1252, "small": 6663, "inactive": 15238,
    }  # fmt: skip
    assert Counter(value["stage"] for value in standings.values()) == {
        None: 4015, "slipping": 269, "dormant": 4048, "inactive": 15238,
    }  # fmt: skip


@on_embedded
@pytest.mark.parametrize("partitions", [1, 16])
def test_the_number_of_partitions_changes_nobodys_standing(
    tierstream: Tierstream, oracle: OracleResult, partitions: int
) -> None:
    tierstream.set(PARTITIONS=str(partitions))
    tierstream.rules(UNDAMPED)
    run_the_real_orders(tierstream)
    check_standings(check_everything(tierstream), oracle)


@on_embedded
def test_with_damping_nobody_stands_below_the_rule_nor_above_it_without_reason(
    tierstream: Tierstream, oracle: OracleResult
) -> None:
    run_the_real_orders(tierstream)
    standings = check_everything(tierstream)
    tiers = {customer: value["tier"] for customer, value in standings.items()}
    assert tiers.keys() == oracle.customers.keys()
    assert below_the_rule(oracle, tiers) == []
    assert above_without_reason(oracle, tiers, {}) == []
