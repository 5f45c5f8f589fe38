"""What both Faust consumers share: whole batches, exact positions, partitions held until released.

Faust stays in charge of agents, assignment and backpressure. Positions and commits are ours:
what has been read is known to the state of a partition, and the group's committed offsets are
only a hint for lag tools. So nothing here counts acknowledgements.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import faust
from faust.transport.consumer import Consumer
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.engine.log import LogError
from streams.engine.records import Batch, TopicPartition

_IDLE_SECONDS = 1.0  # how long one wait for records may last
_Value = TypeVar("_Value")


class Lifecycle(Protocol):
    """Who takes partitions over and gives them back; the app has it as `app.lifecycle`.

    Both are awaited inside the rebalance, before Faust hears of it: what takes long (recovery)
    belongs in a task of its own, which ends with `BatchConsumer.release`.
    """

    async def assigned(self, partitions: set[TopicPartition]) -> None:
        """All partitions that are now this worker's, those that it had before included: each is
        held, and what Faust had buffered of it is gone. Release it at the next offset wanted."""

    async def revoked(self, partitions: set[TopicPartition]) -> None:
        """These go. What was committed and marked done by the return still reaches the group."""


class BatchSchema(faust.Schema):
    """Passes the batch through undecoded: key None, value the `Batch`.

    Topics with it are declared with `acks=False`.
    """

    def compile(self, app: Any, **_: Any) -> Callable[..., Awaitable[Any]]:
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return create_event(None, message.value, None, message)

        return decode


@dataclass(slots=True)
class _Flow:
    """A released partition. A new release makes a new object, so what was fetched for the old
    one is told apart by identity."""

    next_offset: int  # where the next batch to be delivered begins


class _Sink(dict[TP, _Value], Generic[_Value]):
    """Stands in for Faust's lists of acknowledged offsets, and keeps none of them.

    Faust's streams append to `consumer._acked[tp]` themselves, whatever `ack` does.
    """

    def __init__(self, empty: Callable[[], _Value]) -> None:
        self._empty = empty

    def __missing__(self, _: TP) -> _Value:
        return self._empty()


class BatchConsumer(Consumer):
    """One Faust message is one `Batch`. A driver adds the abstract methods at the end, and
    Faust's own (`subscribe`, `assignment`, `highwaters`, `_commit`, ...).

    The batches delivered of a partition are a chain: each begins where the one before ended, the
    first at the released position; a fetch that breaks it is an error, never skipped over.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._flows: dict[TP, _Flow] = {}
        self._full: set[TP] = set()
        self._done: dict[TP, int] = {}
        self._wake = asyncio.Event()
        super().__init__(*args, **kwargs)
        self._acked = _Sink[list[int]](list)
        self._acked_index = _Sink[set[int]](set)

    # -- what the engine calls

    def release(self, positions: Mapping[TopicPartition, int]) -> None:
        """Let partitions flow from exactly these offsets on. Not ours (any more): passed over.

        A partition that flows already jumps. Batches delivered before may still lie in Faust's
        buffers then, so who releases again without a rebalance looks at `Batch.first_offset`.
        """
        ours = self.assignment()
        for partition, offset in positions.items():
            tp = TP(*partition)
            if tp in ours:
                self._flows[tp] = _Flow(offset)
                self._full.discard(tp)
                self._start_fetching(tp, offset)
        self._wake.set()

    def hold(self, partitions: Iterable[TopicPartition]) -> None:
        """Stop fetching these until they are released again."""
        for partition in partitions:
            tp = TP(*partition)
            self._full.discard(tp)
            self._flows.pop(tp, None)
            self._stop_fetching(tp)

    def held(self) -> set[TP]:
        """The assigned partitions that have not been released."""
        return set(self.assignment()) - self._flows.keys()

    def mark_done(self, partition: TopicPartition, next_offset: int) -> None:
        """All before `next_offset` is done: the group is told so with the next commit.

        For a partition that is not ours (any more) it has no effect.
        """
        tp = TP(*partition)
        if tp in self.assignment():
            self._done[tp] = next_offset

    # -- rebalancing

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Hold everything (Faust empties the buffers of all partitions), let go of `revoked`."""
        self.hold(self.assignment() | revoked)
        await self._or_crash(self._give_back(revoked))
        for tp in revoked:
            self._done.pop(tp, None)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Hold all of `assigned` and hand it to the lifecycle, which releases it.

        Without a lifecycle it flows at once from the committed offsets, or the earliest.
        """
        self.hold(assigned)
        await self._or_crash(self._take(assigned))
        await super().on_partitions_assigned(assigned, generation_id)

    async def _give_back(self, revoked: set[TP]) -> None:
        lifecycle = self._lifecycle()
        if lifecycle is not None and revoked:
            await lifecycle.revoked(set(map(_plain, revoked)))
        await self.commit()

    async def _take(self, assigned: set[TP]) -> None:
        lifecycle = self._lifecycle()
        if lifecycle is None:
            self.release(await self._default_positions(assigned))
        else:
            await lifecycle.assigned(set(map(_plain, assigned)))

    async def _or_crash(self, step: Awaitable[None]) -> None:
        """What fails in a rebalance stops the worker: those who call us only log it."""
        try:
            await step
        except Exception as exc:  # noqa: BLE001 - passed on whole, as the reason of the crash
            await self.crash(exc)

    def _lifecycle(self) -> Lifecycle | None:
        return getattr(self.app, "lifecycle", None)

    async def _default_positions(self, tps: set[TP]) -> dict[TopicPartition, int]:
        earliest = await self.earliest_offsets(*tps)
        committed = await self._committed(tps)
        return {_plain(tp): max(committed.get(tp, 0), earliest[tp]) for tp in tps}

    async def perform_seek(self) -> None:
        """Faust's way to go back to the committed offsets: positions are set by `release`."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        return {}

    async def _seek(self, partition: TP, offset: int) -> None:
        self.release({_plain(partition): offset})

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.release({_plain(tp): offset for tp, offset in partitions.items()})

    # -- backpressure: Faust calls the first two as its buffers fill and drain

    def on_buffer_full(self, tp: TP) -> None:
        self._full.add(tp)

    def on_buffer_drop(self, tp: TP) -> None:
        self._full.discard(tp)
        self._wake.set()

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        super().resume_partitions(tps)
        self._wake.set()

    # -- commits: the newest offsets marked done, nothing is waited for

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in self._done if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self._done.get(tp)

    async def wait_empty(self) -> None:
        await self.commit_and_end_transactions()

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Batches cover gaps."""

    # -- fetching and delivery

    async def _drain_messages(self, fetcher: Any) -> None:
        """The loop of Faust's fetcher task."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._drain_once()
        except asyncio.CancelledError:
            # Faust takes one that comes in a rebalance for a crash, also where it stops us itself.
            if not fetcher.should_stop:
                raise

    async def _drain_once(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
            return
        self._wake.clear()
        flows = self._wanted()
        if not await self._deliver_available(flows):
            await self._idle(set(flows))

    def _wanted(self) -> dict[TP, _Flow]:
        active = self._get_active_partitions()
        return {
            tp: flow for tp, flow in self._flows.items() if tp in active and tp not in self._full
        }

    async def _deliver_available(self, flows: Mapping[TP, _Flow]) -> bool:
        """Fetch and deliver once; whether there was anything."""
        batches = await self._fetch(set(flows)) if flows else []
        for batch in batches:
            tp = TP(batch.topic, batch.partition)
            if self._flows.get(tp) is flows[tp]:  # else held or released anew meanwhile
                await self._deliver(tp, flows[tp], batch)
            await asyncio.sleep(0)  # nothing above needs to wait, but others want the loop
        return bool(batches)

    async def _deliver(self, tp: TP, flow: _Flow, batch: Batch) -> None:
        if batch.first_offset != flow.next_offset:
            raise LogError(
                f"the batch fetched from {tp.topic}[{tp.partition}] begins at offset "
                f"{batch.first_offset} instead of {flow.next_offset}: restart the worker"
            )
        flow.next_offset = batch.next_offset
        await self.callback(self._to_message(tp, batch))

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        """`record` is a `Batch`; the message has the offset of the last record it covers."""
        stamp = record.records[-1].timestamp_ms / 1000 if record.records else 0.0
        offset = record.next_offset - 1
        message = ConsumerMessage(
            tp.topic, tp.partition, offset, stamp, 0, None, None, record, None, 0, 0, tp
        )
        message.generation_id = self.app.consumer_generation_id
        return message

    async def _idle(self, tps: set[TP]) -> None:
        """Until records may have come, or the set of partitions wanted may have changed."""
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._wake.wait())]
        if tps:
            waits.append(asyncio.ensure_future(self._wait_for_records(tps)))
        try:
            done, _ = await asyncio.wait(
                waits, timeout=_IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for wait in done:
                wait.result()
        finally:
            for wait in waits:
                wait.cancel()

    async def _getmany(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("batches are fetched by _drain_messages")

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    # -- what a driver adds

    @abstractmethod
    async def _fetch(self, tps: set[TP]) -> list[Batch]:
        """What is there now of these (released) partitions, without waiting: at most one batch
        of each, beginning at its position, which moves to the batch's `next_offset`."""

    @abstractmethod
    async def _wait_for_records(self, tps: set[TP]) -> None:
        """Return once a fetch may find something. Cancelled when that is no longer asked for."""

    @abstractmethod
    def _start_fetching(self, tp: TP, offset: int) -> None:
        """Set the position of an assigned partition, and let it be fetched."""

    @abstractmethod
    def _stop_fetching(self, tp: TP) -> None:
        """Fetch it no more. It may not have been started, nor be assigned any longer."""

    @abstractmethod
    async def _committed(self, tps: set[TP]) -> Mapping[TP, int]:
        """The group's committed offsets, of those partitions that have one."""


def _plain(tp: TP) -> TopicPartition:
    return TopicPartition(tp.topic, tp.partition)
