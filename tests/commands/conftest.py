"""A command line to call, on an embedded log of its own."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from streams import cli
from streams.engine.connect import open_client
from streams.engine.log import LogClient
from streams.engine.records import Write
from streams.provision import ensure_topics
from streams.settings import Settings


class Result(NamedTuple):
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """stdout as NDJSON."""
        return [msgspec.json.decode(line) for line in self.out.split("\n")[:-1]]


Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cli_call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Calls `tierstream` with arguments, and text or bytes on stdin."""

    def call(*arguments: object, stdin: str | bytes = b"") -> Result:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        buffer = io.BufferedReader(io.BytesIO(given))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(buffer))
        capsys.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as usage:
            code = int(usage.code or 0)
        return Result(code, *capsys.readouterr())

    return call


class Log:
    """The log that the commands use, with all topics in it."""

    def __init__(self, client: LogClient, settings: Settings) -> None:
        self.client = client
        self.settings = settings
        self.partitions = ensure_topics(client, settings)

    def put(
        self,
        topic: str,
        value: Any,
        key: str | bytes | None = None,
        partition: int | None = None,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        """Append a record; a value that is no bytes is written as JSON, None as a tombstone."""
        raw = value if isinstance(value, bytes | None) else msgspec.json.encode(value)
        sent_key = key.encode() if isinstance(key, str) else key
        write = Write(self.settings.topic(topic), partition, sent_key, raw, headers)
        assert self.client.append([write]) == 1

    def records(self, topic: str) -> list[tuple[int, bytes | None, bytes | None]]:
        """(partition, key, value) of all records."""
        return [
            (partition, record.key, record.value)
            for partition, record in self.client.read(self.settings.topic(topic))
        ]


@pytest.fixture
def log() -> Iterator[Log]:
    """The embedded log of the test's folder, as the environment says when it is asked for."""
    settings = Settings.from_env(os.environ)
    client = open_client(settings)
    try:
        yield Log(client, settings)
    finally:
        client.close()
