"""Gauges of the worker's own parts: doors, lag, take-overs, stores, and borders where it keeps
them. Read off when somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from streams.engine.lifecycle import STATES, Partitions
from streams.engine.store import StoreMemory
from streams.metrics import catalogue
from streams.metrics.ends import Ends
from streams.metrics.exposing import Sample, family
from streams.metrics.gauges import Families
from streams.metrics.health import Still
from streams.projection.projection import Projection


class Parts(NamedTuple):
    """What there is to be looked at. `topic_names`: an input's full name -> without prefix;
    `redis`: None where there is none."""

    partitions: Partitions
    memory: StoreMemory
    ends: Ends
    changelog_ends: Ends
    topic_names: Mapping[str, str]
    stalls: Callable[[], Mapping[int, Still]]
    clock: Callable[[], float]  # the event loop's
    redis: Projection | None


class WorkerGauges:
    """A collector."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Families:
        """For prometheus-client."""
        yield from _doors(self._parts)
        yield from _progress(self._parts)
        yield from _take_overs(self._parts)
        yield from _standbys(self._parts)
        yield from _stores(self._parts)
        yield from _borders(self._parts)
        yield from _redis(self._parts.redis)


def _doors(parts: Parts) -> Families:
    doors = parts.partitions.doors()
    waiting: list[Sample] = [((number,), door.waiting) for number, door in doors.items()]
    pending: list[Sample] = [((number,), door.standings_pending) for number, door in doors.items()]
    yield family(catalogue.WAITING_BATCHES, waiting)
    yield family(catalogue.STANDINGS_PENDING, pending)


def _progress(parts: Parts) -> Families:
    yield family(catalogue.LAG, _lags(parts))
    now, stalls = parts.clock(), parts.stalls()
    numbers = [*parts.partitions.doors(), *parts.partitions.take_overs.under_way]
    yield family(
        catalogue.STALLED,
        (((n,), max(now - stalls[n].since, 0.0) if n in stalls else 0.0) for n in numbers),
    )


def _lags(parts: Parts) -> Iterator[Sample]:
    for number, door in parts.partitions.doors().items():
        lags = parts.ends.lag(door.partition.marker.positions, number)
        for topic, lag in lags.items():
            yield (parts.topic_names[topic], number), lag


def _take_overs(parts: Parts) -> Families:
    take_overs = parts.partitions.take_overs
    states = Counter(parts.partitions.states().values())
    yield family(catalogue.PARTITIONS, (((state,), states[state]) for state in STATES))
    yield family(catalogue.RECOVERIES, [((), take_overs.done)])
    yield family(catalogue.RECOVERY_RECORDS, [((), take_overs.records)])
    yield family(catalogue.RECOVERY_SECONDS, [((), take_overs.seconds)])


def _standbys(parts: Parts) -> Families:
    positions, (changelog,) = parts.partitions.standbys.positions(), parts.changelog_ends.topics
    lags = (
        parts.changelog_ends.lag({changelog: position}, number)
        for number, position in positions.items()
    )
    behind = max((records for lag in lags for records in lag.values()), default=0)
    yield family(catalogue.STANDBYS, [((), parts.partitions.standbys.opened())])
    yield family(catalogue.STANDBY_BEHIND, [((), behind)])


def _stores(parts: Parts) -> Families:
    doors = parts.partitions.doors().items()
    sizes = {number: door.partition.table.store.sizes() for number, door in doors}
    for metric, field in (
        (catalogue.STORE_BYTES, "disk_bytes"),
        (catalogue.STORE_KEYS, "keys"),
        (catalogue.STORE_MEMTABLE_BYTES, "memtable_bytes"),
        (catalogue.STORE_COMPACTION_BYTES, "compaction_pending_bytes"),
    ):
        yield family(metric, [((number,), getattr(size, field)) for number, size in sizes.items()])
    yield family(catalogue.STORE_CACHE_BYTES, [((), parts.memory.cache.get_usage())])
    yield family(catalogue.STORE_BUFFER_BYTES, [((), parts.memory.write_buffers.get_usage())])


def _redis(projection: Projection | None) -> Families:
    ages = {} if projection is None else projection.staleness_seconds
    failures: list[Sample] = [] if projection is None else [((), projection.failures)]
    yield family(catalogue.REDIS_STALENESS, (((number,), age) for number, age in ages.items()))
    yield family(catalogue.REDIS_FAILURES, failures)


def _borders(parts: Parts) -> Families:
    keeper = parts.partitions.keeper
    published = None if keeper is None else keeper.published
    values: list[Sample] = []
    versions: list[Sample] = []
    if published is not None:
        versions = [((), published.version)]
        tiers = {"super": published.super, "large": published.large, "medium": published.medium}
        values = [((tier,), value) for tier, value in tiers.items() if value is not None]
    yield family(catalogue.BORDER, values)
    yield family(catalogue.BORDERS_VERSION, versions)
