"""How far the workers are, from the `progress` and `pyramid-borders` topics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from schemas.internal import Borders, Progress
from streams.commands.command import CommandError
from streams.engine.log import LogClient
from streams.engine.records import Record
from streams.settings import Settings
from streams.topics import PROGRESS, PYRAMID_BORDERS

_TAIL = 64  # offsets; a commit on Kafka takes two of them

T = TypeVar("T")


class _Tail:
    """The records of a topic from near its end on; each read goes on where the last one ended."""

    def __init__(self, client: LogClient, topic: str) -> None:
        self._client = client
        self._topic = topic
        ends = client.end_offsets(topic)
        self._next = {partition: max(0, end - _TAIL) for partition, end in ends.items()}

    def rewind(self) -> None:
        """Read from the beginning next time."""
        self._next = dict.fromkeys(self._next, 0)

    def read(self) -> Iterator[Record]:
        """What is new."""
        for partition, record in self._client.read(self._topic, dict(self._next)):
            self._next[partition] = record.offset + 1
            yield record


class ProgressReader:
    """The newest progress of each partition. Reads only what is new since it was last asked."""

    def __init__(self, client: LogClient, settings: Settings, partitions: int) -> None:
        self._tail = _Tail(client, settings.topic(PROGRESS))
        self._newest: dict[int, Progress] = {}
        if len(self.read()) < partitions:
            self._tail.rewind()

    def read(self) -> dict[int, Progress]:
        """By partition; a partition that no worker has ever taken over is not in it."""
        for record in self._tail.read():
            progress = _decoded(record, Progress, PROGRESS.name)
            if progress is not None:
                self._newest[progress.partition] = progress
        return self._newest


class BordersReader:
    """The newest borders of the pyramid. Reads only what is new since it was last asked."""

    def __init__(self, client: LogClient, settings: Settings) -> None:
        self._tail = _Tail(client, settings.topic(PYRAMID_BORDERS))
        self._newest: Borders | None = None
        if self.read() is None:
            self._tail.rewind()

    def read(self) -> Borders | None:
        """None where none have been made yet."""
        for record in self._tail.read():
            self._newest = _decoded(record, Borders, PYRAMID_BORDERS.name) or self._newest
        return self._newest


def _decoded(record: Record, kind: type[T], topic: str) -> T | None:
    if record.value is None:
        return None
    try:
        return msgspec.json.decode(record.value, type=kind)
    except msgspec.MsgspecError as error:
        raise CommandError(
            f"{topic} holds a record that this version can't read ({error}); "
            "use the version of tierstream that the worker runs"
        ) from None
