"""What is asked of Kafka before anything is written to a topic."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from streams.engine.kafka.batching import known_topics
from streams.engine.log import LogError
from tests.kills.virtual_time import VirtualTimeLoop


class Client:
    """Knows two partitions of each topic, once so many questions took too long."""

    def __init__(self, too_long: int) -> None:
        self._too_long = too_long

    async def _wait_on_metadata(self, topic: str) -> set[int]:
        if topic == "unheard-of":
            raise UnknownTopicOrPartitionError
        self._too_long -= 1
        if self._too_long >= 0:
            await asyncio.sleep(3600)
        return {1, 0}


def ask(client: Any, topic: str) -> dict[str, list[int]]:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(known_topics(client, [topic]))


def test_who_was_stopped_while_asking_asks_again() -> None:
    assert ask(Client(too_long=1), "orders") == {"orders": [0, 1]}


@pytest.mark.parametrize("topic", ["orders", "unheard-of"])
def test_a_topic_that_does_not_become_known_is_an_error(topic: str) -> None:
    with pytest.raises(LogError, match=f"knows no topic {topic}"):
        ask(Client(too_long=9), topic)
