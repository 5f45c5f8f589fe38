"""The embedded log keeps the contract of a log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from tests.engine.log_contract import LogContract, LogUnderTest


class TestEmbeddedLog(LogContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[LogUnderTest]:
        path = tmp_path / "not" / "there yet" / "log.db"
        client = EmbeddedClient(path)
        yield LogUnderTest(client, lambda: EmbeddedWorkerLog(path, "tierstream"), lambda name: name)
        client.close()
