"""Kafka keeps the contract of a log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streams.engine.kafka.client import KafkaClient
from tests.engine.kafka_logs import SeenWorkerLog, connection, unused
from tests.engine.log_contract import LogContract, LogUnderTest


class TestKafkaLog(LogContract):
    @pytest.fixture
    def log(self, kafka: str) -> Iterator[LogUnderTest]:
        client, group = KafkaClient(connection(kafka)), unused("group")
        yield LogUnderTest(client, lambda: SeenWorkerLog(connection(kafka), group), unused)
        client.close()
