"""The writes of one owner as Kafka transactions, fenced by its transactional id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, InvalidTxnState, ProducerFenced

from streams.engine import fault_points
from streams.engine.kafka.batching import collect
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.errors import KAFKA_ERRORS, log_error
from streams.engine.kafka.producers import stop_producer, transactional_producer
from streams.engine.kafka.sending import send_batches
from streams.engine.kafka.transaction_sender import TransactionSender
from streams.engine.log import FencedError, LogError, TooLargeError
from streams.engine.records import TopicPartition, Write

# The last one is what a broker says that finds the transaction aborted between looking whether it
# is open and writing (KIP-890): only a successor or the broker's own time-out ends one of ours.
_FENCED = (ProducerFenced, InvalidProducerEpoch, InvalidTxnState)
_PATIENCE = 2  # transaction time-outs that a commit may last; the broker has given up by then
_LATE_SECONDS = 1.0  # that the end of a commit's time is noticed late, where the process slept


class KafkaTransactions:
    """See `streams.engine.log.Transactions`. One transaction at a time.

    A partition of a topic is written in full record batches. An error that leaves it open what
    the log has (a lost connection) ends this owner: every later commit is refused, until it takes
    over again.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        transactional_id: str,
        timeout_ms: int,
        on_commit: Callable[[Mapping[TopicPartition, int]], None] = lambda _: None,
    ) -> None:
        self.transactional_id = transactional_id
        self._connection = connection
        self._timeout_ms = timeout_ms
        self._on_commit = on_commit
        self._owner: tuple[AIOKafkaProducer, TransactionSender] | None = None
        self._over: LogError | None = None

    async def take_over(self) -> None:
        """Fence off whoever had this id before; its open transaction is aborted by the broker."""
        await self.close()
        owner = transactional_producer(self._connection, self.transactional_id, self._timeout_ms)
        producer = owner[0]
        try:
            await producer.start()
        except BaseException as error:
            await stop_producer(producer)
            if isinstance(error, KAFKA_ERRORS):
                doing = f"taking {self.transactional_id} over"
                raise log_error(error, self._connection, doing) from error
            raise
        self._owner, self._over = owner, None

    async def commit(self, writes: Sequence[Write]) -> dict[TopicPartition, int]:
        """All of `writes` or nothing, see `Transactions.commit`."""
        producer, sender = self._held()
        if not writes:
            return {}
        batches = await collect(producer, writes)
        limit = asyncio.timeout(_PATIENCE * self._timeout_ms / 1000)
        try:
            async with limit:
                fault_points.before("begin")
                sender.begin()
                fault_points.after("begin")
                fault_points.before("send")
                last_offsets = await send_batches(producer, batches, sender.send)
                fault_points.after("send")
                fault_points.before("commit")
                await sender.end(committed=True)
                fault_points.after("commit")
        except BaseException as error:
            failure = await self._failed(sender, error, slept=_noticed_late(limit))
            if failure is error:
                raise
            raise failure from error
        self._on_commit(last_offsets)
        return last_offsets

    async def close(self) -> None:
        """Give the connections back; nothing may be under way."""
        owner, self._owner = self._owner, None
        if owner is not None:
            await stop_producer(owner[0])

    def _held(self) -> tuple[AIOKafkaProducer, TransactionSender]:
        if self._over is not None:
            raise self._over
        if self._owner is None:
            raise LogError(f"{self.transactional_id} must be taken over before it can write")
        return self._owner

    async def _failed(
        self, sender: TransactionSender, error: BaseException, *, slept: bool
    ) -> BaseException:
        """Abort what can be aborted; the exception to raise. Who `slept` (stopped, or on a machine
        that was suspended) beyond the time of its transaction has lost it, not the broker."""
        if isinstance(error, TooLargeError):
            limit = asyncio.timeout(_PATIENCE * self._timeout_ms / 1000)
            try:
                async with limit:
                    await sender.end(committed=False)
            except BaseException as failure:  # noqa: BLE001 - passed on as what it means
                return self._give_up(failure, slept=_noticed_late(limit))
            return error
        return self._give_up(error, slept=slept)

    def _give_up(self, error: BaseException, *, slept: bool) -> BaseException:
        """It is open what the log has; the exception to raise."""
        if isinstance(error, _FENCED) or (slept and isinstance(error, TimeoutError)):
            self._over = FencedError(
                f"another worker has taken {self.transactional_id} over (or a transaction "
                f"lasted longer than {self._timeout_ms} ms): this one must not write any more"
            )
            return self._over
        self._over = LogError(f"{self.transactional_id} must be taken over again after {error!r}")
        if isinstance(error, KAFKA_ERRORS):
            return log_error(error, self._connection, f"committing {self.transactional_id}")
        return error


def _noticed_late(limit: asyncio.Timeout) -> bool:
    """Whether time ran out while nothing went on in this process."""
    due = limit.when()
    if due is None or not limit.expired():
        return False
    return asyncio.get_running_loop().time() - due > _LATE_SECONDS
