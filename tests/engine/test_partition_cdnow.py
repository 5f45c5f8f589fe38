"""The real orders through the engine, against the oracle that recomputes everything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from streams.domain.rules import parse_rules
from tests.engine.comparing import feed_all, said, shown
from tests.engine.machine import Machine
from tests.oracle import OracleResult, recompute
from tests.oracle.cdnow import cdnow_records

UNDAMPED = "[pyramid]\ndemotion_margin = 0\n"


@pytest.fixture(scope="module")
def oracle() -> OracleResult:
    return recompute(cdnow_records(partitions=4), partitions=4)


@pytest.mark.parametrize("partitions", [1, 16])
def test_every_customer_of_the_real_orders_stands_where_the_oracle_says(
    tmp_path: Path, oracle: OracleResult, partitions: int
) -> None:
    machine = Machine(tmp_path, parse_rules(UNDAMPED, "test"), partitions)
    records = sorted(cdnow_records(partitions), key=lambda one: one.partition)
    feed_all(machine, records, batch=4000)
    machine.rest()
    standings = machine.standings()
    machine.close()
    assert {name: said(value) for name, value in standings.items()} == {
        name: shown(standing) for name, standing in oracle.customers.items()
    }
    assert Counter(value["tier"] for value in standings.values()) == {
        "super": 85, "large": 332, "medium": 1252, "small": 6663, "inactive": 15238,
    }  # fmt: skip
