"""What the topics tell of one customer, where no worker answers."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.commands.recency import Recency
from streams.engine.log import LogClient
from streams.settings import Settings
from streams.topics import CUSTOMER_STANDINGS, DORMANT_CUSTOMERS, TIER_CHANGES, Topic


def customer_from_topics(
    client: LogClient, settings: Settings, customer_id: str, recency: Recency
) -> dict[str, Any] | None:
    """Standing, and as the reason the last tier-change and word of dormancy; None: unknown.

    Who was erased is unknown. The tables are not in the topics.
    """
    key = customer_id.encode()

    def last(topic: Topic) -> tuple[int, dict[str, Any] | None]:
        return _last(client, settings.topic(topic), key)

    partition, standing = last(CUSTOMER_STANDINGS)
    _, change = last(TIER_CHANGES)
    _, dormancy = last(DORMANT_CUSTOMERS)
    if standing is None and (change is None or change["to"] is None):
        return None
    return {
        "standing": standing and recency.brought_up(standing, partition),
        "tables": None,
        "why": {"tier_change": change, "dormancy": dormancy},
        "answered_by": "topics",
    }


def _last(client: LogClient, topic: str, key: bytes) -> tuple[int, dict[str, Any] | None]:
    found: tuple[int, bytes | None] = (0, None)
    for partition, record in client.read(topic):
        if record.key == key:
            found = (partition, record.value)
    partition, value = found
    return partition, None if value is None else msgspec.json.decode(value)
