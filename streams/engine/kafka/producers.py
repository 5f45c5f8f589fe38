"""aiokafka's producers: of transactions, and outside them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.engine.kafka.batching import MAX_BATCH_BYTES
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.transaction_sender import TransactionSender

_RETRY_MS = 50  # after errors, and while a fenced producer's transaction is aborted
_LARGEST_REQUEST_BYTES = 64 << 20
_REQUEST_TIMEOUT_MS = 30_000
_STOP_SECONDS = 5

_log = logging.getLogger(__name__)


def transactional_producer(
    connection: KafkaConnection, transactional_id: str, timeout_ms: int
) -> tuple[AIOKafkaProducer, TransactionSender]:
    """A producer, not started, and what sends its transactions; the broker aborts one open for
    `timeout_ms`."""
    producer = AIOKafkaProducer(
        transactional_id=transactional_id,
        transaction_timeout_ms=timeout_ms,
        **_common(connection),
    )
    stock = producer._sender
    sender = producer._sender = TransactionSender(
        stock.client,
        acks=stock._acks,
        txn_manager=stock._txn_manager,
        message_accumulator=stock._message_accumulator,
        retry_backoff_ms=_RETRY_MS,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
    )
    return producer, sender


def plain_producer(connection: KafkaConnection) -> AIOKafkaProducer:
    """A producer outside transactions, not started: acknowledged by all, nothing stored twice."""
    return AIOKafkaProducer(enable_idempotence=True, **_common(connection))


async def stop_producer(producer: AIOKafkaProducer) -> None:
    """Send what is under way, and close; without a broker aiokafka would wait for ever."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()
    except TimeoutError:
        _log.warning("a producer had no answer from Kafka for %d s: given up", _STOP_SECONDS)
    except KafkaError as error:  # the answer to a request that its owner has given up
        _log.warning("what a producer still had under way was refused: %r", error)
        await producer.client.close()


def _common(connection: KafkaConnection) -> dict[str, Any]:
    return {
        "max_batch_size": MAX_BATCH_BYTES,
        "max_request_size": _LARGEST_REQUEST_BYTES,
        "request_timeout_ms": _REQUEST_TIMEOUT_MS,
        "retry_backoff_ms": _RETRY_MS,
        **connection.for_aiokafka(),
    }
