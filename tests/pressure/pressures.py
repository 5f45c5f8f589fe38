"""The pressures, each a function that plays on a stage. At rest is whoever plays them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle, islice

import msgspec

from schemas.encoding import encode
from schemas.internal import Borders
from streams.engine.records import Write
from tests.pressure.playing import Pressure
from tests.pressure.stage import Stage
from tests.pressure.writing import BEGIN

BOTH = ("embedded", "kafka")
ABSENT_SECONDS = 60.0
SLOW_SECONDS = 0.25  # on the way there, and again on the way back
FLOOD_PARTS = 10


def backlog(stage: Stage) -> None:
    """Two million orders lie in the log before the worker starts."""
    names = stage.make.picked(stage.size(2_000_000), stage.size(200_000))
    stage.send(stage.make.orders(names, days=60))
    stage.start()


def recovery(stage: Stage) -> None:
    """A worker whose data folder is lost, with half a million customers in its changelog."""
    stage.send(stage.make.orders((f"c{n:07d}" for n in range(stage.size(500_000))), days=60))
    stage.start()
    stage.rest()
    stage.worker.stop()
    stage.crew.slots[0].wanted = False
    stage.crew.slots[0].delete_data()
    stage.start()


def prospects(stage: Stage) -> None:
    """A million calls of a million customers nobody knew, a million a minute."""
    stage.start()
    names = (f"p{n:07d}" for n in range(stage.size(1_000_000)))
    stage.send(stage.make.calls(names), rate=1_000_000 / 60)


def one_day(stage: Stage) -> None:
    """One customer with 100,000 orders on one day, beside others."""
    stage.start()
    _large_customer(stage, days=1)


def one_year(stage: Stage) -> None:
    """The same over a year."""
    stage.start()
    _large_customer(stage, days=360)


def _large_customer(stage: Stage, days: float) -> None:
    others = stage.make.picked(stage.size(20_000), stage.size(5_000))
    names = (name for other in others for name in (other, *["large"] * 5))
    stage.send(stage.make.orders(names, days))


def large_customers(stage: Stage) -> None:
    """A hundred customers with 5,000 orders each on one day, all in turn."""
    stage.start()
    names = islice(cycle([f"l{n:03d}" for n in range(100)]), stage.size(500_000))
    stage.send(stage.make.orders(names, days=1))


def large_files(stage: Stage) -> None:
    """20,000 customers, each with a file of 30,000 bytes, and an order."""
    stage.start()
    names = [f"f{n:07d}" for n in range(stage.size(20_000))]
    stage.send(stage.make.files(names, 30_000))
    stage.send(stage.make.orders(names, days=1))


def old_customers(stage: Stage) -> None:
    """10,000 customers with orders on a hundred days each."""
    stage.start()
    names = islice(cycle([f"d{n:07d}" for n in range(stage.size(10_000))]), stage.size(1_000_000))
    stage.send(stage.make.orders(names, days=350))


def flood(stage: Stage) -> None:
    """Borders that move 5,000 times, and all counts published a hundred times over, while orders
    come."""
    stage.start()
    customers = stage.size(100_000)
    stage.send(stage.make.orders((f"c{n:07d}" for n in range(customers)), days=30))
    for part in range(FLOOD_PARTS):
        stage.rest()  # counts of before must never come after newer ones
        borders, counts = _published(stage)
        stage.send(counts * 10)
        stage.send(_moved(borders, 10**6 + 500 * part, 500))
        names = stage.make.picked(customers // 50, customers)
        stage.send(stage.make.orders(names, 0.1, BEGIN + timedelta(days=31, hours=part)))


def absent_kafka(stage: Stage) -> None:
    """The broker is away for a minute in the middle of a backlog, and comes back."""
    broker = stage.broker
    assert broker is not None
    count = stage.size(200_000)
    stage.start()
    stage.send(stage.make.orders(stage.make.picked(count, count // 5), days=30))
    stage.say("the broker is stopped")
    broker.node.stop()
    stage.wait(ABSENT_SECONDS)
    broker.node.start()
    stage.say("the broker answers again")
    later = BEGIN + timedelta(days=31)
    stage.send(stage.make.orders(stage.make.picked(count // 10, count // 5), 1, later))


def slow_kafka(stage: Stage) -> None:
    """Whatever the worker and the broker say to each other takes a quarter of a second each way."""
    assert stage.broker is not None
    proxy = stage.broker.proxies[0]
    proxy.slow(SLOW_SECONDS)
    try:
        count = stage.size(100_000)
        stage.start()
        stage.send(stage.make.orders(stage.make.picked(count, count // 5), days=30))
        stage.rest()
    finally:
        proxy.slow(0.0)


def _moved(borders: Write, version: int, times: int) -> Iterator[Write]:
    """The same borders, up and down by a half, each time with a version of their own."""
    assert borders.value is not None
    published = msgspec.json.decode(borders.value, type=Borders)
    for number in range(times):
        factor = 1 + number % 10 / 20
        lines = {
            tier: None if line is None else int(line * factor)
            for tier in ("super", "large", "medium")
            for line in [getattr(published, tier)]
        }
        moved = msgspec.structs.replace(published, version=version + number, **lines)
        yield Write(borders.topic, 0, borders.key, encode(moved))


def _published(stage: Stage) -> tuple[Write, list[Write]]:
    """The newest borders, and the newest of all counts, heads last, as they could come again."""
    newest: dict[str, dict[bytes | None, bytes | None]] = {}
    for topic in ("pyramid-borders", "pyramid-counts"):
        name = stage.tierstream.prefix + topic
        newest[topic] = {record.key: record.value for _, record in stage.client.read(name)}
    (borders,) = newest["pyramid-borders"].items()
    counts = sorted(newest["pyramid-counts"].items(), key=lambda one: b"/head/" in (one[0] or b""))
    prefix = stage.tierstream.prefix
    return (
        Write(f"{prefix}pyramid-borders", 0, *borders),
        [Write(f"{prefix}pyramid-counts", 0, key, value) for key, value in counts],
    )


ALL = (
    Pressure("backlog", "a backlog of {2000000} orders of {200000} customers", BOTH, backlog),
    Pressure("recovery", "recovery of {500000} customers", ("embedded",), recovery),
    Pressure("prospects", "{1000000} prospects, a million a minute", BOTH, prospects),
    Pressure(
        "one-day", "a customer with {100000} orders on one day, beside others", ("embedded",),
        one_day,
    ),
    Pressure(
        "one-year", "a customer with {100000} orders over a year, beside others", ("embedded",),
        one_year,
    ),
    Pressure(
        "large-customers", "100 customers who share {500000} orders on one day", ("embedded",),
        large_customers,
    ),
    Pressure("large-files", "{20000} customers with files of 30,000 bytes", BOTH, large_files),
    Pressure(
        "old-customers", "{10000} customers with orders on 100 days each", ("embedded",),
        old_customers,
    ),
    Pressure(
        "flood", "5,000 moved borders and counts a hundred times over, {100000} customers",
        ("embedded",), flood,
    ),
    Pressure("absent", "Kafka absent for a minute, {220000} orders", ("kafka",), absent_kafka),
    Pressure("slow", "Kafka slow, 250 ms each way, {100000} orders", ("kafka",), slow_kafka),
)  # fmt: skip
