"""Sending record batches, in order for each partition, and telling what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import TopicPartition as KafkaPartition

from streams.engine.kafka.batching import Batches
from streams.engine.log import TooLargeError
from streams.engine.records import TopicPartition

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


Together = Mapping[KafkaPartition, BatchBuilder]
#: Sends one record batch to each partition; what became of each: its place, or its exception.
Send = Callable[[Together], Awaitable[Mapping[KafkaPartition, Any]]]


async def send_batches(
    producer: AIOKafkaProducer, batches: Batches, send: Send
) -> dict[TopicPartition, int]:
    """Send all, and return the offset of the last record of each partition.

    The first record batches of all partitions go together, so that a transaction learns of all
    its partitions at once; then the second ones, and so on. TooLargeError where the broker refuses
    one for its size; what was sent with it may be in the log.
    """
    numbers = _SequenceNumbers(producer)
    last_offsets: dict[TopicPartition, int] = {}
    for turn in range(max(map(len, batches.values()), default=0)):
        together = {
            KafkaPartition(*where): own[turn] for where, own in batches.items() if turn < len(own)
        }
        answers = await send(together)
        for where, answer in answers.items():
            if not isinstance(answer, BaseException):
                numbers.stored(where)
                last = answer.offset + together[where].record_count() - 1
                last_offsets[TopicPartition(*where)] = last
        _raise_first(answers, numbers, together)
    return last_offsets


def outside_transactions(producer: AIOKafkaProducer) -> Send:
    """By aiokafka's own sender."""

    async def send(batches: Together) -> Mapping[KafkaPartition, Any]:
        sent = [
            await producer.send_batch(batch, where.topic, partition=where.partition)
            for where, batch in batches.items()
        ]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        return dict(zip(batches, answers, strict=True))

    return send


def _raise_first(
    answers: Mapping[KafkaPartition, Any], numbers: _SequenceNumbers, batches: Together
) -> None:
    """Raise what is worst: an error that leaves it open what the log has, before one of size."""
    failed = {where: a for where, a in answers.items() if isinstance(a, BaseException)}
    for answer in failed.values():
        if not isinstance(answer, _TOO_LARGE):
            raise answer
    for where, answer in failed.items():
        numbers.restore()
        batch = batches[where]
        raise TooLargeError(
            f"{where.topic}[{where.partition}] takes no record batch of {batch.size()} bytes "
            f"({batch.record_count()} records): raise its max.message.bytes"
        ) from answer


class _SequenceNumbers:
    """The numbers by which the broker tells a record batch from its repetition.

    aiokafka counts a batch when it is sent. One refused for its size leaves a gap, and the broker
    would refuse all that come after it.
    """

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._numbers: dict[KafkaPartition, int] = producer._txn_manager._sequence_numbers
        self._stored = dict(self._numbers)

    def stored(self, where: KafkaPartition) -> None:
        """All that was sent there so far is in the log."""
        self._stored[where] = self._numbers[where]

    def restore(self) -> None:
        for key in self._numbers:
            self._numbers[key] = self._stored.get(key, 0)
