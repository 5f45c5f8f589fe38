"""What the product asks of a log. Kafka and the embedded log both give it.

`LogClient` is for commands: it blocks. `WorkerLog` is for the worker: it is asynchronous.
Topic names here are full names, prefix included.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.engine.records import Batch, Record, TopicPartition, Write


class LogError(Exception):
    """The log can't do what was asked; the message is a sentence for the user."""


class FencedError(LogError):
    """Another worker has taken this partition over: this one must not write any more."""


class TooLargeError(LogError):
    """The writes of one transaction hold a record that the log does not take."""


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be created: full name, partitions, and how long it keeps what."""

    name: str
    partitions: int
    compacted: bool = False
    retention_ms: int | None = None  # None: for ever
    max_record_bytes: int | None = None  # None: the log's default


class LogClient(Protocol):
    """Blocking access for commands. Reads see committed records only."""

    def topics(self) -> dict[str, int]:
        """Every topic that exists, with its number of partitions."""

    def create(self, topics: Iterable[NewTopic]) -> None:
        """Create what does not exist yet; what exists is left as it is."""

    def append(self, writes: Iterable[Write]) -> int:
        """Append in order (per partition) and return how many, once all are durable.

        `writes` may be a generator of any length: it is consumed in bounded chunks.
        """

    def read(
        self, topic: str, start: Mapping[int, int] | None = None
    ) -> Iterator[tuple[int, Record]]:
        """(partition, record) of every partition from `start` (default: the first kept) up to
        the committed end as it was at the call."""

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Per partition the offset after the last committed record or control record."""

    def close(self) -> None:
        """Give back connections and files."""


class Transactions(Protocol):
    """The writes of one owner (a role and a partition), one transaction at a time."""

    async def take_over(self) -> None:
        """Fence off whoever held this before and end what it left open."""

    async def commit(self, writes: Sequence[Write]) -> dict[TopicPartition, int]:
        """Append all of it or nothing; the offset of the last record of each partition written.

        Raises FencedError where another has taken over, TooLargeError where the log refuses a
        record for its size (nothing was written then).
        """

    async def close(self) -> None:
        """Give back what is held."""


class WorkerLog(Protocol):
    """Asynchronous access for the worker, beside the consumer group. Committed records only."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def transactions(self, role: str, partition: int) -> Transactions:
        """The transactions of (`role`, `partition`); several may be open at once."""

    def read(self, topic: str, partition: int, start: int) -> AsyncIterator[Batch]:
        """From `start` up to the committed end as it was at the call; the last batch's
        `next_offset` is that end (so at least one batch comes unless `start` is the end)."""

    def follow(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Batch]:
        """From `start` on, for ever. A batch without records is yielded whenever the end has
        been reached, at least once at the start."""

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last committed record or control record of each."""

    async def append(self, writes: Sequence[Write]) -> None:
        """Append outside any transaction (the worker's own ticks)."""
