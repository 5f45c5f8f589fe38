"""What Faust wants of a producer, on the embedded log. The engine's own writes go through
`EmbeddedWorkerLog`; this serves `topic.send` and its like."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import Any

from faust.transport import base
from faust.types import TP
from faust.types.tuples import RecordMetadata

from streams.engine.embedded import rows
from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.log import NewTopic
from streams.engine.records import Write


class EmbeddedProducer(base.Producer):
    """Every record is a transaction of its own, and durable when `send` returns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._resources = ExitStack()
        super().__init__(*args, **kwargs)

    async def on_start(self) -> None:
        self._database = self._resources.enter_context(closing(Database(self.transport.path)))
        self._catalogue = Catalogue(self._database)
        await super().on_start()

    async def on_shutdown(self) -> None:
        await super().on_shutdown()
        self._resources.close()

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        **_: Any,
    ) -> asyncio.Future[RecordMetadata]:
        """Append; the future is done already. `timestamp` is not taken: the log sets its own."""
        sent: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        sent.set_result(await self.send_and_wait(topic, key, value, partition, timestamp, headers))
        return sent

    async def send_and_wait(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        **_: Any,
    ) -> RecordMetadata:
        pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
        planned = rows.plan(self._catalogue, [Write(topic, partition, key, value, tuple(pairs))])
        written = await self._database.write_async(
            lambda: rows.append(self._database, self._catalogue, planned)
        )
        ((place, offset),) = written.items()
        tp = TP(*place)
        seconds = planned[place].timestamp_ms / 1000
        return RecordMetadata(topic, tp.partition, tp, offset, seconds, 1)

    async def flush(self) -> None:
        await self.buffer.flush()

    async def create_topic(
        self,
        topic: str,
        partitions: int,
        replication: int,
        *,
        retention: Any = None,
        compacting: bool | None = None,
        **_: Any,
    ) -> None:
        """`retention` in seconds or as a timedelta, as Faust has it."""
        seconds = getattr(retention, "total_seconds", lambda: retention)()
        retention_ms = None if seconds is None else int(seconds * 1000)
        self._catalogue.create([NewTopic(topic, partitions, bool(compacting), retention_ms)])

    def key_partition(self, topic: str, key: bytes | None) -> TP:
        return TP(*self._catalogue.place(Write(topic, None, key, None)))

    def supports_headers(self) -> bool:
        return True
