"""What the topics tell of one customer, where no worker answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from streams.commands.recency import Recency
from streams.engine.log import LogClient
from streams.settings import Settings
from streams.topics import (
    CHURN_ALERTS,
    CUSTOMER_STANDINGS,
    DORMANT_CUSTOMERS,
    TIER_CHANGES,
    Topic,
)


def customer_from_topics(
    client: LogClient, settings: Settings, customer_id: str, recency: Recency
) -> dict[str, Any] | None:
    """Standing, the live alert as it was said, and as the reason the last tier-change and word of
    dormancy; None: unknown.

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
        "alert": standing and _live_alert(client, settings, standing),
        "tables": None,
        "why": {"tier_change": change, "dormancy": dormancy},
        "answered_by": "topics",
    }


def _live_alert(
    client: LogClient, settings: Settings, standing: dict[str, Any]
) -> dict[str, Any] | None:
    """The alert that the standing speaks of, in the form in which a worker shows it.

    Alerts are keyed by account manager: the newest may lie in any partition.
    """
    if standing["alert"] is None:
        return None
    name = msgspec.json.encode(standing["customer_id"])
    said = [
        msgspec.json.decode(record.value)
        for _, record in client.read(settings.topic(CHURN_ALERTS))
        if record.value is not None and name in record.value
    ]
    own = [alert for alert in said if alert["customer_id"] == standing["customer_id"]]
    if not own:
        return None
    last = max(reversed(own), key=lambda alert: datetime.fromisoformat(alert["at"]))
    return {
        "severity": last["severity"],
        "score": last["score"],
        "until": last["cooldown_until"],
        "reasons": last["reasons"],
        "advice": last["advice"],
    }


def _last(client: LogClient, topic: str, key: bytes) -> tuple[int, dict[str, Any] | None]:
    found: tuple[int, bytes | None] = (0, None)
    for partition, record in client.read(topic):
        if record.key == key:
            found = (partition, record.value)
    partition, value = found
    return partition, None if value is None else msgspec.json.decode(value)
