"""The topics of an embedded log, and which partition a record belongs to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from aiokafka.partitioner import murmur2

from streams.engine import fault_points
from streams.engine.embedded.database import Database
from streams.engine.log import LogError, NewTopic
from streams.engine.records import TopicPartition, Write

DEFAULT_RECORD_BYTES = 1_048_588  # Kafka's
_LEGAL_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class StoredTopic(NamedTuple):
    """A topic as the log has it."""

    name: str
    partitions: int
    compacted: bool
    retention_ms: int | None
    max_record_bytes: int


class Catalogue:
    """The topics as this process knows them: they are only ever added, so a look-up that misses
    reads them again, and one that hits costs nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._topics: dict[str, StoredTopic] = {}
        self._tables: dict[TopicPartition, int] = {}
        self._unkeyed: Counter[str] = Counter()

    def topics(self) -> dict[str, StoredTopic]:
        """Every topic there is now."""
        rows = self._database.query(
            "SELECT name, partitions, compacted, retention_ms, max_record_bytes FROM topics"
        )
        self._topics = {row[0]: StoredTopic(row[0], row[1], bool(row[2]), *row[3:]) for row in rows}
        return dict(self._topics)

    def topic(self, name: str) -> StoredTopic:
        """The topic, or a LogError where there is none."""
        found = self._topics.get(name) or self.topics().get(name)
        if found is None:
            raise LogError(
                f"topic {name!r} does not exist in the log {self._database.path}: "
                "check its name and prefix, or start the worker, which makes what is missing"
            )
        return found

    def table(self, partition: TopicPartition) -> int:
        """The number of the partition's table, or a LogError where there is none."""
        found = self._tables.get(partition)
        if found is None:
            self._read_tables()
            found = self._tables.get(partition)
        if found is None:
            count = self.topic(partition.topic).partitions
            raise LogError(
                f"topic {partition.topic!r} has no partition {partition.partition}: "
                f"it has {count}, counted from 0"
            )
        return found

    def partitions(self) -> dict[TopicPartition, int]:
        """Every partition there is now, with the number of its table."""
        self._read_tables()
        return dict(self._tables)

    def place(self, write: Write) -> TopicPartition:
        """Where a write goes: its partition, or as Kafka's default partitioner has it; without
        a key, each in turn."""
        if write.partition is not None:
            return TopicPartition(write.topic, write.partition)
        count = self.topic(write.topic).partitions
        if write.key is None:
            self._unkeyed[write.topic] += 1
            return TopicPartition(write.topic, self._unkeyed[write.topic] % count)
        return TopicPartition(write.topic, _positive_murmur2(write.key) % count)

    def create(self, topics: Iterable[NewTopic]) -> None:
        """Create what does not exist; LogError for a name that Kafka would refuse too."""
        wanted = list(topics)
        for topic in wanted:
            _check(topic)
        existing = self.topics()
        if any(topic.name not in existing for topic in wanted):
            self._database.write(lambda: self._create_all(wanted))

    def _create_all(self, topics: list[NewTopic]) -> None:
        for topic in topics:
            fault_points.before("one topic")
            self._create_one(topic)
            fault_points.after("one topic")

    def _create_one(self, topic: NewTopic) -> None:
        limit = topic.max_record_bytes or DEFAULT_RECORD_BYTES
        row = (topic.name, topic.partitions, int(topic.compacted), topic.retention_ms, limit)
        created = self._database.query(
            "INSERT INTO topics VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1", row
        )
        for partition in range(topic.partitions if created else 0):
            ((table,),) = self._database.query(
                "INSERT INTO partitions (topic, partition) VALUES (?, ?) RETURNING id",
                (topic.name, partition),
            )
            self._database.query(
                f'CREATE TABLE records_{table} ("offset" INTEGER PRIMARY KEY, "key" BLOB, '
                "value BLOB, headers BLOB, timestamp_ms INTEGER NOT NULL) STRICT"
            )

    def _read_tables(self) -> None:
        rows = self._database.query("SELECT topic, partition, id FROM partitions")
        self._tables = {TopicPartition(topic, number): table for topic, number, table in rows}


def _check(topic: NewTopic) -> None:
    if not _LEGAL_NAME.fullmatch(topic.name) or topic.name in (".", ".."):
        raise LogError(
            f"{topic.name!r} can't be the name of a topic: "
            "use 1 to 249 of the characters a-z, A-Z, 0-9, dot, underscore and hyphen"
        )
    if topic.partitions < 1:
        raise LogError(
            f"topic {topic.name!r} must have at least 1 partition, got {topic.partitions}"
        )


@lru_cache(maxsize=100_000)
def _positive_murmur2(key: bytes) -> int:
    """Remembered, as pure Python takes some 5 µs for it and customers come again."""
    return int(murmur2(key)) & 0x7FFFFFFF
