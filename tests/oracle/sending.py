"""Records as a producer would send them, in short; `lay` gives them partitions and offsets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.oracle.murmur2 import partition_of
from tests.oracle.records import CALL_LOGS, CLOCK, COMPLAINTS, CUSTOMERS, ORDERS, InputRecord


@dataclass(frozen=True, slots=True)
class Sent:
    """A record on its way. Without a partition the key decides; a tick goes to every partition.

    `astray` puts a record so many partitions further than where its key belongs.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    astray: int = 0


def lay(sent: Iterable[Sent], partitions: int) -> list[InputRecord]:
    """The records as they lie in the log, each topic partition's offsets counted from 0."""
    offsets: Counter[tuple[str, int]] = Counter()
    laid = []
    for one in sent:
        for partition in _partitions_of(one, partitions):
            offset = offsets[one.topic, partition]
            laid.append(InputRecord(one.topic, partition, offset, one.key, one.value))
            offsets[one.topic, partition] += 1
    return laid


def _partitions_of(sent: Sent, partitions: int) -> Iterable[int]:
    if sent.partition is not None:
        return [sent.partition % partitions]
    if sent.key is None:
        return range(partitions) if sent.topic == CLOCK else [0]
    return [(partition_of(sent.key, partitions) + sent.astray) % partitions]


def order(customer: str, at: str, amount: int = 1000, **fields: Any) -> Sent:
    """An order placed; `at` is a day (noon UTC is meant) or a time. `fields` go into the value."""
    return _order("placed", customer, at, amount, fields)


def cancellation(customer: str, at: str, amount: int = 1000, **fields: Any) -> Sent:
    """A cancellation of an order of `at`."""
    return _order("cancelled", customer, at, amount, fields)


def giving_back(customer: str, at: str, amount: int, **fields: Any) -> Sent:
    """A return of part of an order of `at`."""
    return _order("returned", customer, at, amount, fields)


def call(customer: str, at: str, **fields: Any) -> Sent:
    named = {"event_id": f"call {at}", "customer_id": customer, "call_id": "c", "agent_id": "a"}
    said = {"called_at": instant(at), "direction": "out", "outcome": "reached"}
    return sent_value(CALL_LOGS, customer, {**named, **said, **fields})


def complaint(customer: str, at: str, **fields: Any) -> Sent:
    named = {"event_id": f"complaint {at}", "customer_id": customer, "complaint_id": "c"}
    said = {"occurred_at": instant(at), "step": "opened", "category": "product", "severity": 3}
    return sent_value(COMPLAINTS, customer, {**named, **said, **fields})


def file(customer: str, **fields: Any) -> Sent:
    return sent_value(CUSTOMERS, customer, {"customer_id": customer, **fields})


def erasure(customer: str) -> Sent:
    return Sent(CUSTOMERS, customer.encode(), None)


def tick(at: str, partition: int | None = None) -> Sent:
    return Sent(CLOCK, None, json.dumps({"now": instant(at)}).encode(), partition)


def sent_value(topic: str, key: str, value: object) -> Sent:
    """Any JSON value under a key."""
    return Sent(topic, key.encode(), json.dumps(value).encode())


def instant(at: str) -> str:
    """A day as its noon in UTC; a time as it is."""
    return at if "T" in at else f"{at}T12:00:00Z"


def _order(kind: str, customer: str, at: str, amount: int, fields: dict[str, Any]) -> Sent:
    named = {
        "event_id": f"{kind} {at} {amount}",
        "customer_id": customer,
        "order_id": f"{at} {amount}",
        "type": kind,
        "ordered_at": instant(at),
        "amount": amount,
    }
    return sent_value(ORDERS, customer, {**named, **fields})
