"""aiokafka's producer, with shorter waits where a transaction meets the one before it, and more
patience where a connection breaks.

A transaction is acknowledged before its markers stand in the partitions. The next one, begun
meanwhile, is told `ConcurrentTransactions`, and aiokafka waits 20 ms before it asks again, or
100 ms where some partitions have been added already. Here it asks again after 1 ms.

A connection that breaks while aiokafka asks for the transaction's coordinator ends its producer;
everywhere else it asks again, and so it does here.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import CoordinationType
from aiokafka.errors import ConcurrentTransactions, KafkaConnectionError, KafkaError
from aiokafka.producer.sender import AddPartitionsToTxnHandler, Sender

from streams.engine.kafka.batching import MAX_BATCH_BYTES
from streams.engine.kafka.connection import KafkaConnection

_CONCURRENT_SECONDS = 0.001
_RETRY_MS = 50  # after other errors, and while a fenced producer's transaction is aborted
_LARGEST_REQUEST_BYTES = 64 << 20
_REQUEST_TIMEOUT_MS = 30_000
_STOP_SECONDS = 5

_log = logging.getLogger(__name__)


class _EagerAddPartitions(AddPartitionsToTxnHandler):
    def handle_response(self, resp: Any) -> float | None:
        wait: float | None = super().handle_response(resp)
        codes = {code for _, partitions in resp.errors for _, code in partitions}
        if wait is not None and ConcurrentTransactions.errno in codes:
            return _CONCURRENT_SECONDS
        return wait


class _EagerSender(Sender):
    async def _find_coordinator(self, kind: Any, key: str) -> Any:
        while True:
            try:
                return await super()._find_coordinator(kind, key)
            except KafkaError as error:
                if not isinstance(error.__cause__, KafkaConnectionError):
                    raise
                await asyncio.sleep(self._retry_backoff)

    async def _do_add_partitions_to_txn(self, tps: Any) -> bool:
        node_id = await self._find_coordinator(
            CoordinationType.TRANSACTION, self._txn_manager.transactional_id
        )
        added: bool = await _EagerAddPartitions(self, tps).do(node_id)
        return added


def transactional_producer(
    connection: KafkaConnection, transactional_id: str, timeout_ms: int
) -> AIOKafkaProducer:
    """A producer of transactions, not started; the broker aborts one open for `timeout_ms`."""
    producer = AIOKafkaProducer(
        transactional_id=transactional_id,
        transaction_timeout_ms=timeout_ms,
        **_common(connection),
    )
    stock = producer._sender
    producer._sender = _EagerSender(
        stock.client,
        acks=stock._acks,
        txn_manager=stock._txn_manager,
        message_accumulator=stock._message_accumulator,
        retry_backoff_ms=_RETRY_MS,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
    )
    return producer


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
    except KafkaError as error:  # the answer to a commit that its owner has given up
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
