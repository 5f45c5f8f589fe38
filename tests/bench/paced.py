"""Orders at a steady pace, and how long until each tier-change is in a consumer's hands."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.engine.partitioner import default_partition
from tests.bench.orders import customer_name, live_orders

NEW_SHARE = 0.2  # of the orders: the first ones of their customers, each of which is a tier-change
_PATIENCE_SECONDS = 60.0  # for what has been sent to come out, after the last order
_LATE_SECONDS = 2.0
_TICK_SECONDS = 0.001


class Pace(NamedTuple):
    """What to send: `rate` orders a second for `seconds`, from number `first` on, by `customers`
    who are known and others who are new, with order times from `begin` on."""

    rate: int
    seconds: float
    first: int
    customers: int
    begin: datetime
    lead_seconds: float = 3.0  # of sending before it counts

    @property
    def orders(self) -> int:
        """How many orders that makes."""
        return int(self.rate * (self.seconds + self.lead_seconds))


class Latencies(NamedTuple):
    """From `send` of an order to its tier-change, in seconds; None where none came.

    `missing`: first orders of new customers without one when patience was over; `late_seconds`:
    how long after the last order the last tier-change came.
    """

    p50: float | None
    p99: float | None
    p999: float | None
    changes: int  # that came
    missing: int
    late_seconds: float
    sent_per_second: float  # actually
    worst: float | None = None

    @property
    def behind(self) -> bool:
        """Whether it can't keep up: what was sent last waits a good part of the whole time."""
        return bool(self.missing) or self.late_seconds > _LATE_SECONDS


class Post:
    """When each order was sent, under its event id and under its place in the log."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.places: dict[tuple[int, int], str] = {}
        self.came: dict[str, float] = {}  # an order's first tier-change
        self.first: set[str] = set()  # orders of new customers

    def note(self, event_id: str, metadata: Any) -> None:
        self.places[metadata.partition, metadata.offset] = event_id

    @property
    def missing(self) -> int:
        """First orders of new customers without a tier-change."""
        return len(self.first - self.came.keys())

    def sort(self, raw: list[tuple[float, bytes]]) -> None:
        """Find the orders of tier-changes, which name the order or where it lies."""
        for at, value in raw:
            change = json.loads(value)
            event_id = change.get("order")
            source = change.get("source")
            if event_id is None and source is not None:
                event_id = self.places.get((source["partition"], source["offset"]))
            if event_id in self.sent:
                self.came.setdefault(event_id, at)


async def measure(servers: str, orders: str, output: str, partitions: int, pace: Pace) -> Latencies:
    """Send orders into the topic `orders` and read `output`, as who reads committed records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, isolation_level="read_committed")
    producer = AIOKafkaProducer(bootstrap_servers=servers, linger_ms=0)
    post, raw = Post(), list[tuple[float, bytes]]()
    async with consumer, producer:
        places = [TopicPartition(output, number) for number in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_end(*places)
        for place in places:
            await consumer.position(place)
        reading = asyncio.create_task(_read(consumer, raw))
        took = await _send(producer, orders, partitions, pace, post)
        await _quiet(post, raw)
        reading.cancel()
    return _latencies(post, pace, took)


async def _read(consumer: AIOKafkaConsumer, raw: list[tuple[float, bytes]]) -> None:
    while True:
        fetched = await consumer.getmany(timeout_ms=1000)
        now = time.monotonic()
        raw += [(now, record.value) for records in fetched.values() for record in records]


async def _send(
    producer: AIOKafkaProducer, topic: str, partitions: int, pace: Pace, post: Post
) -> float:
    """Send at the pace; how many seconds it took."""
    count = pace.orders
    live = live_orders(pace.first, pace.customers, pace.begin, pace.rate, NEW_SHARE)
    coming, new_from = _keyed(live, partitions), customer_name(pace.customers).encode()
    futures: list[asyncio.Future[Any]] = []
    began = time.monotonic()
    while len(futures) < count:
        due = min(count, int((time.monotonic() - began) * pace.rate))
        while len(futures) < due:
            event_id, key, value, partition = next(coming)
            if key >= new_from:
                post.first.add(event_id)
            post.sent[event_id] = time.monotonic()
            future = await producer.send(topic, value, key, partition)
            future.add_done_callback(lambda done, of=event_id: post.note(of, done.result()))
            futures.append(future)
        await asyncio.sleep(_TICK_SECONDS)
    took = time.monotonic() - began
    await asyncio.gather(*futures)
    return took


def _keyed(
    live: Iterator[tuple[str, str, str]], partitions: int
) -> Iterator[tuple[str, bytes, bytes, int]]:
    for event_id, customer, line in live:
        key = customer.encode()
        yield event_id, key, line.encode(), default_partition(key, partitions)


async def _quiet(post: Post, raw: list[tuple[float, bytes]]) -> None:
    """Wait for what is still to come: until nothing that must come is missing, and a second has
    brought nothing more."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    sorted_up_to, quiet = 0, False
    while time.monotonic() < deadline and not quiet:
        await asyncio.sleep(1.0)
        new = raw[sorted_up_to:]
        post.sort(new)
        sorted_up_to += len(new)
        quiet = not new and not post.missing


def _latencies(post: Post, pace: Pace, took: float) -> Latencies:
    begin = min(post.sent.values()) + pace.lead_seconds
    delays = sorted(
        post.came[event_id] - sent
        for event_id, sent in post.sent.items()
        if sent >= begin and event_id in post.came
    )
    p50, p99, p999 = (percentile(delays, share) for share in (0.5, 0.99, 0.999))
    late = max(post.came.values(), default=0.0) - max(post.sent.values())
    rate, worst = len(post.sent) / took, delays[-1] if delays else None
    return Latencies(p50, p99, p999, len(delays), post.missing, late, rate, worst)


def percentile(rising: list[float], share: float) -> float | None:
    """The value that this share of all does not pass; None of nothing."""
    if not rising:
        return None
    return rising[min(len(rising) - 1, int(share * len(rising)))]
