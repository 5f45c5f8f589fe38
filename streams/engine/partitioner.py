"""Which partition a key belongs into."""

from __future__ import annotations

from aiokafka.partitioner import murmur2


def default_partition(key: bytes, partitions: int) -> int:
    """The partition that Kafka's default partitioner (murmur2) gives a key."""
    return (int(murmur2(key)) & 0x7FFFFFFF) % partitions
