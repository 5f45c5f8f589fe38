"""aiokafka's sender without its background task: whoever commits goes from request to request.

aiokafka hands every request over to a task, which wakes up, looks what there is to do and makes a
task of it. A transaction is three requests in a fixed order, so here the caller makes them itself,
with aiokafka's own handlers for what the broker may answer: 0.70 ms of CPU time for a small one
instead of 0.95.

A transaction is acknowledged before its markers stand in the partitions. The next one, begun
meanwhile, is told `ConcurrentTransactions`, and aiokafka waits 20 ms before it asks again, or
100 ms where some partitions have been added already. Here it asks again after 1 ms.

A connection that breaks while aiokafka asks for the transaction's coordinator ends its producer;
everywhere else it asks again, and so it does here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka.client import CoordinationType
from aiokafka.errors import ConcurrentTransactions, KafkaConnectionError, KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.producer.sender import (
    AddPartitionsToTxnHandler,
    EndTxnHandler,
    Sender,
    SendProduceReqHandler,
)
from aiokafka.structs import TopicPartition

CONCURRENT_SECONDS = 0.001


class EagerAddPartitions(AddPartitionsToTxnHandler):
    """The request for partitions; where the transaction before isn't over yet, soon again."""

    def handle_response(self, resp: Any) -> float | None:
        wait: float | None = super().handle_response(resp)
        codes = {code for _, partitions in resp.errors for _, code in partitions}
        if wait is not None and ConcurrentTransactions.errno in codes:
            return CONCURRENT_SECONDS
        return wait


class TransactionSender(Sender):
    """One transaction at a time: `begin`, `send` as often as it takes, then `end`. What is raised
    leaves it open what the log has; a retry is for whoever initialises the producer anew."""

    async def start(self) -> None:
        """Learn the producer's id and epoch: whoever had the transactional id before is fenced."""
        await self._maybe_wait_for_pid()

    def begin(self) -> None:
        """A transaction begins; nothing is sent yet."""
        self._txn_manager.begin_transaction()

    async def send(
        self, builders: Mapping[TopicPartition, BatchBuilder]
    ) -> dict[TopicPartition, Any]:
        """Send one record batch to each of these partitions; what became of each: its place in the
        log, or its exception."""
        accumulator = self._message_accumulator
        for where in builders:  # also makes the client ask for these topics whenever it asks again
            await self.client._wait_on_metadata(where.topic)
        sent = {to: accumulator._append_batch(one, to) for to, one in builders.items()}
        try:
            while accumulator._batches:  # those to be sent again included
                await self._add_partitions()
                await self._produce()
        finally:
            # asyncio reports exceptions that nobody has asked for.
            answers = {to: one.future.exception() for to, one in sent.items() if one.future.done()}
        return {to: answers[to] or one.future.result() for to, one in sent.items()}

    async def end(self, *, committed: bool) -> None:
        """The transaction ends, and the broker has acknowledged it."""
        transaction = self._txn_manager
        if committed:
            transaction.committing_transaction()
        else:
            transaction.aborting_transaction()
        while (result := transaction.needs_transaction_commit()) is not None:
            await EndTxnHandler(self, result).do(await self._coordinator())

    async def _add_partitions(self) -> None:
        transaction = self._txn_manager
        while partitions := transaction.partitions_to_add():
            await EagerAddPartitions(self, partitions).do(await self._coordinator())
        if not transaction.is_in_transaction():
            transaction.wait_for_transaction_end().result()  # raises why partitions were refused

    async def _produce(self) -> None:
        batches, no_leader = self._message_accumulator.drain_by_nodes(ignore_nodes=())
        requests = [SendProduceReqHandler(self, own).do(node) for node, own in batches.items()]
        if len(requests) == 1:
            await requests[0]  # `gather` would make a task of it
        else:
            await asyncio.gather(*requests)
        if no_leader:
            await self.client.force_metadata_update()
            await asyncio.sleep(self._retry_backoff)

    async def _coordinator(self) -> Any:
        return await self._find_coordinator(
            CoordinationType.TRANSACTION, self._txn_manager.transactional_id
        )

    async def _find_coordinator(self, kind: Any, key: str) -> Any:
        while True:
            try:
                return await super()._find_coordinator(kind, key)
            except KafkaError as error:
                if not isinstance(error.__cause__, KafkaConnectionError):
                    raise
                await asyncio.sleep(self._retry_backoff)
