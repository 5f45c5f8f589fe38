"""What all agents share: a batch comes in and goes through the door of its partition."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import faust

from agents import call_logs, clock, complaints, customers, orders
from streams.engine.consumer import BatchSchema
from streams.engine.lifecycle import Partitions
from streams.engine.turn import Input

INPUTS: tuple[Input, ...] = (
    orders.INPUT,
    call_logs.INPUT,
    complaints.INPUT,
    customers.INPUT,
    clock.INPUT,
)


def add_agents(app: faust.App, partitions: Partitions, prefix: str, counts: str) -> None:
    """One agent for each input topic, and one that makes borders of the counts."""
    for topic in INPUTS:
        _add(app, prefix + topic.topic, _through_the_door(partitions, topic))
    _add(app, counts, _to_the_keeper(partitions))


def _add(app: faust.App, name: str, body: Callable[[Any], Awaitable[None]]) -> None:
    body.__name__ = name.replace("-", "_").replace(".", "_")
    app.agent(app.topic(name, schema=BatchSchema(), acks=False), name=name)(body)


def _through_the_door(partitions: Partitions, topic: Input) -> Callable[[Any], Awaitable[None]]:
    async def read(batches: Any) -> None:
        async for batch in batches:
            await partitions.put(batch, topic)

    return read


def _to_the_keeper(partitions: Partitions) -> Callable[[Any], Awaitable[None]]:
    async def read(batches: Any) -> None:
        async for batch in batches:
            await partitions.add_counts(batch)

    return read
