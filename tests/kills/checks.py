"""What has to hold at the end, wherever a worker was killed.

What depends on the borders of the pyramid known at some moment may differ from the run that was
not killed: there a border may have moved a batch earlier or later. All else is compared whole.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.e2e.checks import by_customer, check_said_once, check_stage_chains, check_tier_chains
from tests.engine import comparing
from tests.kills.killing import Ended
from tests.kills.outcome import Outcome, Value
from tests.kills.scenario import expected

_RANKED = ("super", "large", "medium", "small")
_BY_BORDERS = {"tier", "rfm"}  # as they were when something was said
_STAMPED = {"at"}  # the log's own time where there is no stream time yet


def check(ended: Ended, unkilled: Ended) -> None:
    """State once, outputs once, in unbroken chains and in order; the stores as they should be."""
    outcome = ended.outcome
    check_promises(outcome)
    check_against_the_oracle(outcome)
    check_same(outcome, unkilled.outcome)
    assert ended.stores == []


def check_promises(outcome: Outcome) -> None:
    """Chapter 8 of the contract, from the topics alone."""
    standings = outcome.standings()
    check_tier_chains(outcome.values("tier-changes"), standings)
    check_stage_chains(outcome.values("dormant-customers"), standings)
    for topic, said in outcome.said.items():
        check_said_once(outcome.values(topic))
        if topic != "dead-letters":  # which may belong to nobody
            check_order(outcome.values(topic))
        for one in said:
            assert one.value is None or one.headers["ce_id"] == one.value["event_id"], one


def check_order(values: Sequence[Value]) -> None:
    """What was said of a customer, in the order in which its records were read."""
    for chain in by_customer(values).values():
        read: dict[str, int] = {}
        for value in chain:
            source = value["source"]
            if source is not None:
                assert source["offset"] >= read.get(source["topic"], 0), chain
                read[source["topic"]] = source["offset"]


def check_against_the_oracle(outcome: Outcome) -> None:
    """Everybody stands by the rules, was silent when they say, and what is dead is buried."""
    oracle = expected()
    assert {name: comparing.said(value) for name, value in outcome.standings().items()} == {
        name: comparing.shown(standing) for name, standing in oracle.customers.items()
    }
    said = by_customer(outcome.values("dormant-customers"))
    assert {
        name: [(one["stage"], one["from"], datetime.fromisoformat(one["at"])) for one in chain]
        for name, chain in said.items()
    } == {
        name: [(one.stage, one.held_before, one.at) for one in chain]
        for name, chain in oracle.said.items()
    }
    dead = [
        (one["topic"], one["partition"], one["offset"]) for one in outcome.values("dead-letters")
    ]
    assert sorted(dead) == sorted((one.topic, one.partition, one.offset) for one in oracle.dead)


def check_same(outcome: Outcome, unkilled: Outcome) -> None:
    """As it was without a kill, all that borders have no part in."""
    for look in (_states, _silences, _alerts, _erased, _dead, _came_and_went):
        found, wanted = look(outcome), look(unkilled)
        assert found == wanted, f"too many: {found - wanted}, too few: {wanted - found}"


def _states(outcome: Outcome) -> Counter[str]:
    """The whole states, but for the best tier held, which is by borders that may have moved on
    within a batch."""
    states = [
        {"customer_id": name, **state, "churn": state["churn"] and state["churn"][1:]}
        for name, state in outcome.states.items()
    ]
    return _counted(states, set())


def _silences(outcome: Outcome) -> Counter[str]:
    return _counted(outcome.values("dormant-customers"), _BY_BORDERS)


def _alerts(outcome: Outcome) -> Counter[str]:
    return _counted(outcome.values("churn-alerts"), _BY_BORDERS)


def _erased(outcome: Outcome) -> Counter[str]:
    return _counted(outcome.values("customer-erased"), set())


def _dead(outcome: Outcome) -> Counter[str]:
    return _counted(outcome.values("dead-letters"), _STAMPED)


def _came_and_went(outcome: Outcome) -> Counter[str]:
    """The tier-changes that no border has a part in: into the pyramid, out of it, outside of it."""
    moves = [
        {
            "customer_id": change["customer_id"],
            "from": _place(change["from"]),
            "to": _place(change["to"]),
            "cause": change["cause"],
            "source": change["source"],
            "event_id": change["event_id"],
            "revenue": change["revenue"],
        }
        for change in outcome.values("tier-changes")
    ]
    return _counted([move for move in moves if move["from"] != move["to"]], set())


def _place(tier: str | None) -> str | None:
    return "in the pyramid" if tier in _RANKED else tier


def _counted(values: Sequence[Value], without: set[str]) -> Counter[str]:
    """How often each was said. An event_id is the same again where a record caused it."""
    return Counter(json.dumps(_comparable(value, without), sort_keys=True) for value in values)


def _comparable(value: Value, without: set[str]) -> dict[str, Any]:
    own = "source" not in value or value["source"] is not None
    left_out = without if own else {*without, "event_id"}
    return {name: field for name, field in value.items() if name not in left_out}
