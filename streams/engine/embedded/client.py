"""The embedded log for commands: blocking, from any process, worker or none."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from streams.engine.embedded import rows
from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.log import NewTopic
from streams.engine.records import Record, TopicPartition, Write

_CHUNK_RECORDS = 2_000
_CHUNK_BYTES = 4 << 20
_BREATH_SECONDS = 0.0005  # between two chunks, so that the worker gets its turn


class EmbeddedClient:
    """A `LogClient` on the file at `path`, which is made where it is missing."""

    def __init__(self, path: Path) -> None:
        self._database = Database(Path(path))
        self._catalogue = Catalogue(self._database)

    @property
    def uuid(self) -> str:
        """Names this log for ever; a log made anew at the same path has another."""
        return self._database.uuid

    def topics(self) -> dict[str, int]:
        return {name: topic.partitions for name, topic in self._catalogue.topics().items()}

    def create(self, topics: Iterable[NewTopic]) -> None:
        self._catalogue.create(topics)

    def append(self, writes: Iterable[Write]) -> int:
        """Append in chunks, each a transaction; what came before a failing chunk stays."""
        appended = 0
        for chunk in _chunks(writes):
            planned = rows.plan(self._catalogue, chunk)
            if appended:
                time.sleep(_BREATH_SECONDS)
            self._database.write(lambda p=planned: rows.append(self._database, self._catalogue, p))  # type: ignore[misc]
            appended += len(chunk)
        return appended

    def read(
        self, topic: str, start: Mapping[int, int] | None = None
    ) -> Iterator[tuple[int, Record]]:
        """Partition after partition."""
        return self._read(topic, self.end_offsets(topic), start or {})

    def end_offsets(self, topic: str) -> dict[int, int]:
        count = self._catalogue.topic(topic).partitions
        ends = rows.end_offsets(self._database)
        return {
            number: ends[self._catalogue.table(TopicPartition(topic, number))]
            for number in range(count)
        }

    def close(self) -> None:
        self._database.close()

    def _read(
        self, topic: str, ends: Mapping[int, int], start: Mapping[int, int]
    ) -> Iterator[tuple[int, Record]]:
        for number, end in ends.items():
            partition = TopicPartition(topic, number)
            table = self._catalogue.table(partition)
            position = start.get(number, 0)
            while position < end:
                batch = rows.read(self._database, table, partition, position, end)
                position = batch.next_offset
                yield from ((number, record) for record in batch.records)


def _chunks(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """In order, each of a bounded number of records and (by one record more) of bytes."""
    remaining = iter(writes)
    while True:
        chunk: list[Write] = []
        size = 0
        for write in islice(remaining, _CHUNK_RECORDS):
            chunk.append(write)
            size += len(write.value or b"")
            if size >= _CHUNK_BYTES:
                break
        if not chunk:
            return
        yield chunk
