"""A rebalance that meets a consumer's end hands nothing over to it."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.structs import TopicPartition as KafkaPartition

from streams.engine.kafka.transport import _RebalanceListener


class Leaving:
    """A consumer that is being stopped: it can't say which rebalance this is."""

    connected = False
    app: Any = None


def test_who_leaves_takes_nothing_over() -> None:
    listener = _RebalanceListener(Leaving())  # type: ignore[arg-type]
    asyncio.run(listener.on_partitions_assigned([KafkaPartition("orders", 0)]))
