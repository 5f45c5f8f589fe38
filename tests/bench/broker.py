"""The broker as the benchmark sees it: topics, offsets that groups have committed, sizes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorNotAvailableError, UnknownTopicOrPartitionError


class Newest(NamedTuple):
    """Of a topic: the newest value of each key (tombstones left out), and how many records."""

    values: dict[bytes, bytes]
    records: int

    @property
    def size(self) -> int:
        """Bytes of these keys and values."""
        return sum(len(key) + len(value) for key, value in self.values.items())


class Broker:
    """A connection to it, for as long as the benchmark runs."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self._admin = KafkaAdminClient(bootstrap_servers=servers)

    def close(self) -> None:
        self._admin.close()

    def create(self, topics: Iterable[str], partitions: int) -> None:
        """Topics that are not there yet."""
        wanted = set(topics) - self.topics()
        if wanted:
            config = {"num_partitions": partitions, "replication_factor": 1}
            self._admin.create_topics(dict.fromkeys(wanted, config), wait_for_metadata=True)

    def delete(self, holding: str, but: Iterable[str] = ()) -> None:
        """The topics with these letters in their names."""
        unwanted = {name for name in self.topics() if holding in name} - set(but)
        for name in sorted(unwanted):
            with suppress(UnknownTopicOrPartitionError):  # it was being deleted already
                self._admin.delete_topics([name])

    def topics(self) -> set[str]:
        return set(self._admin.list_topics())

    def committed(self, group: str, topic: str) -> int:
        """The sum of the offsets that a group has committed in a topic."""
        try:
            offsets = self._admin.list_group_offsets(group)[group]
        except CoordinatorNotAvailableError:
            return 0  # the first group of a broker has it make its topic of groups
        found = [held.offset for where, held in offsets.items() if where.topic == topic]
        return sum(offset for offset in found if offset > 0)

    def written_bytes(self, topics: Iterable[str]) -> int:
        """What topics take on the broker's disk, uncompacted."""
        wanted = set(topics)
        found = 0
        for log_dirs in self._admin.describe_log_dirs():
            for log_dir in log_dirs["log_dirs"]:
                for topic in log_dir["topics"]:
                    if topic["name"] in wanted:
                        found += sum(each["partition_size"] for each in topic["partitions"])
        return found

    def newest(self, topic: str) -> Newest:
        """Read a topic's committed records from its beginning to its end."""
        values: dict[bytes, bytes] = {}
        records = 0
        for record in self.since(topic, {}):
            records += 1
            if record.value is None:
                values.pop(record.key, None)
            else:
                values[record.key] = record.value
        return Newest(values, records)

    def ends(self, topic: str) -> dict[int, int]:
        """Partition -> where its committed records end."""
        consumer = self.consumer()
        places = _places(consumer, topic)
        ends = consumer.end_offsets(places)
        consumer.close()
        return {where.partition: end for where, end in ends.items()}

    def consumer(self) -> Any:
        """One of no group, for committed records."""
        return KafkaConsumer(
            bootstrap_servers=self.servers,
            isolation_level="read_committed",
            enable_auto_commit=False,
        )

    def since(self, topic: str, ends: Mapping[int, int]) -> Iterator[Any]:
        """A topic's committed records from what `ends` gave before on, up to the end as it is."""
        consumer = self.consumer()
        try:
            places = _places(consumer, topic)
            consumer.assign(places)
            consumer.seek_to_beginning()
            for where in places:
                if where.partition in ends:
                    consumer.seek(where, ends[where.partition])
            now = consumer.end_offsets(places)
            while any(consumer.position(where) < now[where] for where in places):
                for records in consumer.poll(timeout_ms=500).values():
                    yield from records
        finally:
            consumer.close()


class Progress:
    """How many records of a topic the product has counted, as its topic `progress` says."""

    def __init__(self, broker: Broker, prefix: str, topic: str) -> None:
        self._consumer = broker.consumer()
        self._consumer.assign(_places(self._consumer, f"{prefix}progress"))
        self._consumer.seek_to_beginning()
        self._topic = topic
        self._counted: dict[int, int] = {}

    def counted(self) -> int:
        """In all partitions."""
        for records in self._consumer.poll(timeout_ms=100).values():
            for record in records:
                if record.value is not None:
                    value = json.loads(record.value)
                    self._counted[value["partition"]] = value["inputs"].get(self._topic, 0)
        return sum(self._counted.values())

    def close(self) -> None:
        self._consumer.close()


def _places(consumer: Any, topic: str) -> list[Any]:
    numbers = consumer.partitions_for_topic(topic) or ()
    return [TopicPartition(topic, number) for number in sorted(numbers)]
