"""The projectors of a worker: one for each partition that is its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from streams.engine.log import WorkerLog
from streams.engine.partition import Partition
from streams.projection.ending import end
from streams.projection.keys import Keys
from streams.projection.link import Link
from streams.projection.projector import Projector

_LOOK_SECONDS = 0.5


class Projection:
    """Run `run` as a task of the worker. `app`: topic prefix and app id; `topic`: the full name of
    the standings; `owned`: the partitions that are ours and recovered, as of now."""

    def __init__(
        self, url: str, app: str, topic: str, worker_log: WorkerLog,
        owned: Callable[[], list[Partition]],
    ) -> None:  # fmt: skip
        self._link = Link(url)
        self._keys = Keys(app)
        self._topic = topic
        self._log = worker_log
        self._owned = owned
        self._projectors: dict[Partition, tuple[Projector, asyncio.Task[None]]] = {}
        self._failures_before = 0  # of projectors that have ended

    @property
    def staleness_seconds(self) -> Mapping[int, float]:
        """Per partition that is ours, how long ago Redis was last known to hold all that the topic
        does; below a second or so all is well."""
        return {
            partition.identity.number: self._projectors[partition][0].staleness_seconds
            for partition in self._owned()
            if partition in self._projectors
        }

    @property
    def failures(self) -> int:
        """Rounds that ended in an error of the projection's own, neither Redis's nor the log's."""
        return self._failures_before + sum(each.failures for each, _ in self._projectors.values())

    async def run(self) -> None:
        """Begin with partitions that become ours, end with those that are not any more. Being late
        with it does no harm: Redis knows the owner."""
        try:
            while True:
                await self._match(self._owned())
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await self._match([])
            await self._link.close()

    async def _match(self, owned: list[Partition]) -> None:
        gone = [self._projectors.pop(each) for each in self._projectors.keys() - set(owned)]
        self._failures_before += sum(projector.failures for projector, _ in gone)
        await end([task for _, task in gone])
        for partition in owned:
            if partition not in self._projectors:
                projector = Projector(partition, self._topic, self._log, self._link, self._keys)
                task = asyncio.create_task(projector.run())
                self._projectors[partition] = (projector, task)
