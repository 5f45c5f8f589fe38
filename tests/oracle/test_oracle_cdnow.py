"""The oracle on the real orders, against figures worked out elsewhere."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import SHIPPED, cdnow_records


@pytest.fixture(scope="module")
def cdnow() -> OracleResult:
    if not SHIPPED.exists():
        pytest.skip(f"the real orders are not there: {SHIPPED}")
    return recompute(cdnow_records(partitions=4), partitions=4)


def test_every_real_order_is_taken(cdnow: OracleResult) -> None:
    assert cdnow.counts["orders"].taken == 69_659
    assert cdnow.counts["clock"].taken == 4
    assert cdnow.dead == []
    assert sum(one.lifetime_revenue for one in cdnow.customers.values()) == 250_031_563


def test_the_real_pyramid_has_the_known_heads(cdnow: OracleResult) -> None:
    tiers = Counter(one.tier for one in cdnow.customers.values())
    assert tiers == {"super": 85, "large": 332, "medium": 1252, "small": 6663, "inactive": 15238}


def test_the_real_customers_are_in_the_known_stages(cdnow: OracleResult) -> None:
    stages = Counter(one.stage for one in cdnow.customers.values() if one.stage is not None)
    assert stages == {"slipping": 269, "dormant": 4048, "inactive": 15238}


def test_what_is_said_of_the_real_customers_ends_in_the_stage_held(cdnow: OracleResult) -> None:
    ends = {customer: said[-1].stage for customer, said in cdnow.said.items()}
    held = {customer: one.stage for customer, one in cdnow.customers.items() if one.stage}
    assert {customer: stage for customer, stage in ends.items() if stage != "reactivated"} == held
