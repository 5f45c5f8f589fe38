"""Puts metrics and health of a worker together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from streams import topics
from streams.domain.money import decimals
from streams.domain.rules import Rules
from streams.engine.lifecycle import Partitions, Worker
from streams.metrics import catalogue
from streams.metrics.commits import CommitMeter
from streams.metrics.ends import Ends
from streams.metrics.exposing import Sample, family, new_histogram
from streams.metrics.gauges import Families, PartitionGauges
from streams.metrics.health import Health, Still, Waiting
from streams.metrics.slowness import Reading, Slowness
from streams.metrics.worker_gauges import Parts, WorkerGauges
from streams.projection.projection import Projection
from streams.settings import Settings

LOOK_SECONDS = 1.0


class Monitor:
    """`commits` hears of every commit; `watch` runs beside the partitions."""

    def __init__(self, settings: Settings, rules: Rules) -> None:
        self.registry = CollectorRegistry()
        self.commits = CommitMeter(self.registry, settings.topic_prefix)
        self._names = {settings.topic(topic): topic.name for topic in topics.INPUTS}
        self._delay = new_histogram(catalogue.LOOP_DELAY, self.registry)
        self._loop = asyncio.get_running_loop()
        self.registry.register(_Info(settings.app_id, rules))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def look_at(self, worker: Worker, partitions: Partitions, redis: Projection | None) -> None:
        """What the gauges and the health are of. `redis`: None where there is none."""
        self.ends = Ends(worker.worker_log, worker.inputs)
        self._changelog_ends = Ends(worker.worker_log, [worker.door.topics.changelog])
        self._standbys = partitions.standbys
        self._sight = _Sight(partitions, self.ends)
        self.health = Health(self._sight, self._loop.time())
        self._slowness = Slowness(_Pace(self._sight, self.health, self.commits, redis))
        self.registry.register(PartitionGauges(partitions.partitions, worker.door.wall_clock))
        parts = Parts(
            partitions, worker.memory, self.ends, self._changelog_ends, self._names,
            self.health.stalls, self._loop.time, redis,
        )  # fmt: skip
        self.registry.register(WorkerGauges(parts))

    async def watch(self) -> None:
        """Once a second, for ever: where the inputs and the copied changelogs end, what rests, how
        late the loop is."""
        while True:
            await self.ends.refresh(self._sight.consuming())
            await self._changelog_ends.refresh(self._standbys.positions())
            self.health.look(self._loop.time())
            self._slowness.look(self._loop.time())
            due = self._loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._delay.observe(max(self._loop.time() - due, 0.0))


class _Sight:
    """The worker as health sees it: see `streams.metrics.health.Sight`."""

    def __init__(self, partitions: Partitions, ends: Ends) -> None:
        self.partitions = partitions
        self.ends = ends

    def assignment(self) -> frozenset[int] | None:
        return self.partitions.assignment

    def waiting(self) -> dict[int, Waiting]:
        found = {
            number: Waiting("recovery", take_over.moved_at)
            for number, take_over in self.partitions.take_overs.under_way.items()
        }
        for number, door in self.partitions.doors().items():
            lags = self.ends.lag(door.partition.marker.positions, number)
            unread = "records to be fetched" if any(lags.values()) else None
            found[number] = Waiting(door.to_do() or unread, door.moved_at)
        return found

    def consuming(self) -> frozenset[int]:
        states = self.partitions.states()
        return frozenset(n for n, state in states.items() if state == "consuming")

    def log_told_at(self) -> float:
        return self.ends.told_at

    def publishing_since(self) -> float | None:
        keeper = self.partitions.keeper
        return None if keeper is None else keeper.publishing_since


class _Pace:
    """The worker as its log tells of it: see `streams.metrics.slowness.Pace`."""

    def __init__(
        self, sight: _Sight, health: Health, commits: CommitMeter, redis: Projection | None
    ) -> None:
        self._partitions = sight.partitions
        self._ends = sight.ends
        self.stalls: Callable[[], Mapping[int, Still]] = health.stalls
        self.slowest_commit = commits.take_slowest
        self._projection = redis

    def redis(self) -> Mapping[int, float]:
        return {} if self._projection is None else self._projection.staleness_seconds

    def recoveries(self) -> dict[int, Reading]:
        under_way = self._partitions.take_overs.under_way.items()
        return {number: Reading(one.began, one.records) for number, one in under_way}

    def chores(self) -> dict[int, dict[str, float]]:
        doors = self._partitions.doors().items()
        return {number: door.waiting_chores() for number, door in doors}

    def log_told_at(self) -> float:
        return self._ends.told_at

    def log_error(self) -> str:
        return self._ends.error

    def unread(self) -> int:
        doors = self._partitions.doors().items()
        return sum(
            sum(self._ends.lag(door.partition.marker.positions, number).values())
            for number, door in doors
        )


class _Info:
    """A collector of what doesn't change while a worker runs."""

    def __init__(self, app_id: str, rules: Rules) -> None:
        currency = rules.base_currency
        self._sample: Sample = (
            (version("tierstream"), app_id, rules.digest, currency, decimals(currency)), 1,
        )  # fmt: skip

    def collect(self) -> Families:
        """For prometheus-client."""
        yield family(catalogue.INFO, [self._sample])
