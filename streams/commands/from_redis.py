"""What Redis tells of one customer, where the settings name one."""

from __future__ import annotations

from typing import Any

from streams.commands.recency import Recency
from streams.engine.connect import consumer_group
from streams.projection.reading import CardReader
from streams.settings import Settings


def customer_from_redis(settings: Settings, time_zone: str, customer_id: str) -> dict[str, Any]:
    """The standing, its recency as of now; NotInRedisError where Redis can't answer for it."""
    assert settings.redis_url is not None
    with CardReader(settings.redis_url, consumer_group(settings)) as reader:
        found = reader.customer(customer_id)
        recency = Recency(time_zone, {found.partition: found.stream_time})
        return {
            "standing": recency.brought_up(found.standing, found.partition),
            "tables": None,
            "why": None,
            "answered_by": f"redis {reader.place}",
        }
