"""What a run left in the output topics, read back as JSON objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from streams.demo.figures import Value
from streams.engine.log import LogClient
from streams.settings import Settings
from streams.topics import (
    CHURN_ALERTS,
    CUSTOMER_STANDINGS,
    DEAD_LETTERS,
    DORMANT_CUSTOMERS,
    TIER_CHANGES,
    Topic,
)


@dataclass(frozen=True, slots=True)
class Results:
    """The newest standing of each customer; all else in each partition's order."""

    standings: Sequence[Value]
    tier_changes: Sequence[Value]
    dormant_customers: Sequence[Value]
    churn_alerts: Sequence[Value]
    dead_letters: Sequence[Value]


def read_results(client: LogClient, settings: Settings) -> Results:
    """The committed records of the output topics, up to their ends as they are now."""
    newest = {
        record.key: record.value for _, record in client.read(settings.topic(CUSTOMER_STANDINGS))
    }
    return Results(
        standings=[orjson.loads(value) for value in newest.values() if value is not None],
        tier_changes=_values(client, settings, TIER_CHANGES),
        dormant_customers=_values(client, settings, DORMANT_CUSTOMERS),
        churn_alerts=_values(client, settings, CHURN_ALERTS),
        dead_letters=_values(client, settings, DEAD_LETTERS),
    )


def _values(client: LogClient, settings: Settings, topic: Topic) -> list[Any]:
    return [
        orjson.loads(record.value)
        for _, record in client.read(settings.topic(topic))
        if record.value is not None
    ]
