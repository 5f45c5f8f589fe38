"""What the product says, held against the oracle that recomputes everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.e2e.checks import by_customer, check_everything
from tests.e2e.driver import Tierstream
from tests.engine.comparing import shown
from tests.oracle import OracleResult, Standing, recompute
from tests.oracle.sending import Sent, lay

PARTITIONS = 4
UNDAMPED = "[pyramid]\ndemotion_margin = 0\n"


def expected_of(sent: Iterable[Sent]) -> OracleResult:
    """What has to come of these records, taken in this order."""
    return recompute(lay(sent, PARTITIONS), partitions=PARTITIONS)


def check_against(tierstream: Tierstream, oracle: OracleResult) -> dict[str, dict[str, Any]]:
    """At rest, with damping off: everybody stands where the oracle says, and was silent when.
    Returns the standings."""
    standings = check_everything(tierstream)
    check_standings(standings, oracle)
    check_silences(tierstream, oracle)
    return standings


def check_standings(standings: Mapping[str, Mapping[str, Any]], oracle: OracleResult) -> None:
    """Everybody's figures."""
    expected = {customer: figures(one) for customer, one in oracle.customers.items()}
    names = figures(next(iter(oracle.customers.values())))
    assert {
        customer: {name: value[name] for name in names} for customer, value in standings.items()
    } == expected


def figures(standing: Standing) -> dict[str, Any]:
    """The figures of one standing, as they are published at rest."""
    return {**shown(standing), "recency_days": standing.recency_days}


def check_silences(tierstream: Tierstream, oracle: OracleResult) -> None:
    """What was said of silence, stage by stage, with the instant of each."""
    said = by_customer(tierstream.values("dormant-customers"))
    assert {
        customer: [(one["stage"], one["from"], datetime.fromisoformat(one["at"])) for one in chain]
        for customer, chain in said.items()
    } == {
        customer: [(one.stage, one.held_before, one.at) for one in chain]
        for customer, chain in oracle.said.items()
    }
