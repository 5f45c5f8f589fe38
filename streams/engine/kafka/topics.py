"""What the topics look like that are created on Kafka."""

from __future__ import annotations

from typing import Any

from streams.engine.log import NewTopic

_DAY_MS = 24 * 60 * 60 * 1000
_REPLICAS = 3  # or as many as there are brokers


def creation(topic: NewTopic, brokers: int) -> dict[str, Any]:
    """kafka-python's description of a new topic on a cluster of so many brokers."""
    replicas = min(_REPLICAS, brokers)
    kept = _compacted() if topic.compacted else _retained(topic.retention_ms)
    if topic.max_record_bytes is not None:
        kept["max.message.bytes"] = str(topic.max_record_bytes)
    if replicas == _REPLICAS:
        kept["min.insync.replicas"] = "2"  # an acknowledged record survives a lost broker
    return {
        "num_partitions": topic.partitions,
        "replication_factor": replicas,
        "configs": kept,
    }


def _compacted() -> dict[str, str]:
    """Old values go within about a day, an erased customer's among them; tombstones stay a week,
    so that a store that was away for less learns of every deletion."""
    return {
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.1",
        "segment.bytes": str(100 << 20),
        "segment.ms": str(_DAY_MS),
        "max.compaction.lag.ms": str(_DAY_MS),
        "delete.retention.ms": str(7 * _DAY_MS),
    }


def _retained(retention_ms: int | None) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(-1 if retention_ms is None else retention_ms),
        "retention.bytes": "-1",
    }
