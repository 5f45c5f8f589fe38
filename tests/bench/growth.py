"""This project as it grows, on Kafka: `make bench ARGS="growth"`.

    make bench ARGS="growth [--customers 10000,100000,1000000] [--orders 400000]
        [--workers 1,2,4] [--paced-seconds 12] [--no-days] [--write FILE]"

For each number of customers: the first order of each; then a backlog of so many orders by
customers picked evenly and another by picked ones, each by a worker that starts on it; recovery
from nothing but the changelog, beside a loop that only reads it; orders that come at a steady pace
while a day passes; borders that move (these two not with `--no-days`: of ten million customers all
fall due on the way, which takes twenty minutes). For each number of workers: a backlog by 100,000
customers. Workers are not pinned to cores. The page is written after every part, so a run that is
broken off leaves what it has found.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.domain.dormancy import STAGES
from tests.bench.backlog import PARTITIONS
from tests.bench.broker import Broker, Progress
from tests.bench.contender import BrokenError
from tests.bench.machine import folder_bytes, peak_bytes
from tests.bench.orders import BEGIN, first_orders, make_orders, order_of
from tests.bench.paced import Latencies, Pace, measure
from tests.bench.report import machine, markdown
from tests.e2e.driver import Tierstream, Worker
from tests.kafka_node import KafkaNode, why_not

RESULTS = Path(__file__).with_name("GROWTH.md")
_PATIENCE_SECONDS = 7200
_FIRST_DAYS = 7  # over which the first orders are spread: so many fall due on a day
_MORE_DAYS = 10  # over which each backlog after them is
_DUE_DAY = 123  # since the first day: who ordered on the third and never again becomes dormant
_RATE = 500  # orders a second, while a day passes
_LEAP = 1 / 60  # of the customers leap to the top: three times as many have another tier then
_MUCH = 100_000_000
_WORKERS_CUSTOMERS = 100_000
_HEADINGS = (
    "customers", "first orders/s", "orders/s, flat", "orders/s, skewed", "peak memory, MB",
    "state, B/customer", "orders/customer", "restart, s", "from nothing, s: customers/s",
    "changelog records/s: recovery, only reading", "orders on a quiet day: p50, worst, ms",
    "as a day passes: p50, worst, ms", "fell due in that day, within s",
    "moved by borders, within s of the last order",
)  # fmt: skip
_PEAK = 4  # where the peak of memory stands in a row
_WORKERS = ("workers", "orders", "orders/s")


class Said(NamedTuple):
    """Records of a topic: how many, and when the first and the last one were written (seconds
    since 1970)."""

    records: int
    began: float
    ended: float


class Product:
    """Workers of this project on a prefix of their own."""

    def __init__(self, broker: Broker, folder: Path, name: str) -> None:
        self.broker = broker
        self.prefix = f"growth-{name}."
        self.folder = folder / name
        self.folder.mkdir()
        self.orders = 0  # sent
        self.counted = 0  # of them, by workers that have been stopped
        self.tierstream = Tierstream(self.folder, {
            "TIERSTREAM_BROKER": f"kafka://{broker.servers}",
            "TIERSTREAM_TOPIC_PREFIX": self.prefix,
            "TIERSTREAM_PARTITIONS": str(PARTITIONS),
        })  # fmt: skip
        self.peak_bytes = 0

    def topic(self, name: str) -> str:
        """Its full name."""
        return self.prefix + name

    @property
    def changelog(self) -> str:
        """The topic of the states."""
        return f"{self.tierstream.app}-customers-changelog"

    def send(self, lines: Iterable[str]) -> None:
        """Put orders into the log."""
        path = self.folder / "orders.ndjson"
        with path.open("w") as file:
            file.writelines(lines)
        with path.open() as file:
            self.orders += sum(1 for _ in file)
        self.tierstream.run("replay", "orders", path)
        path.unlink()

    def start(self, number: int = 1) -> float:
        """More workers; seconds until all partitions are theirs."""
        began = time.monotonic()
        workers = [
            self.tierstream.start(DATA=str(self.folder / f"data-{n}")) for n in range(number)
        ]
        while not _owned(workers):
            self._look()
            time.sleep(0.02)
        return time.monotonic() - began

    def work_off(self, number: int = 1) -> tuple[float, float]:
        """More workers, with orders that wait: (orders a second from when all partitions are
        theirs until all is counted, seconds until they are theirs)."""
        progress = Progress(self.broker, self.prefix, self.topic("orders"))
        while progress.counted() < self.counted:
            pass  # it reads on: of what was sent before
        start = self.start(number)
        began = time.monotonic()
        while progress.counted() < self.orders:
            self._look()
        seconds = time.monotonic() - began
        progress.close()
        orders, self.counted = self.orders - self.counted, self.orders
        return orders / seconds, start

    def settle(self) -> None:
        """Wait until nothing is left to do."""
        self.tierstream.settle(_PATIENCE_SECONDS)
        self._look()

    def stop(self) -> None:
        """End all workers cleanly."""
        self.counted = self.orders
        running = [worker for worker in self.tierstream.workers if worker.runs]
        for worker in running:
            worker.process.terminate()
        for worker in running:
            worker.ended()

    def _look(self) -> None:
        """Note the peak of memory so far; BrokenError where a worker has ended."""
        for worker in self.tierstream.workers[-1:]:
            if not worker.runs:
                raise BrokenError(f"a worker has ended: {worker.text[-3000:]}")
            self.peak_bytes = max(self.peak_bytes, peak_bytes(worker.process.pid))


def main(arguments: Sequence[str]) -> None:
    """Run it as the arguments say."""
    options = parse_options(arguments)
    reason = why_not()
    if reason is not None:
        sys.exit(f"the benchmark needs Kafka: {reason}")
    with tempfile.TemporaryDirectory(prefix="tierstream-bench-") as folder:
        node = KafkaNode(Path(folder) / "kafka")
        node.start()
        broker = Broker(node.servers)
        try:
            for text in run(options, Path(folder), broker):
                options.write.write_text(text)
        finally:
            broker.close()
            node.stop()
    sys.stdout.write(text)


def run(options: argparse.Namespace, folder: Path, broker: Broker) -> Iterator[str]:
    """Measure it; the page that says so, as far as it has come."""
    by_customers: list[list[str]] = []
    by_workers: list[list[str]] = []
    for customers in options.customers:
        with _product(folder, broker, f"customers-{customers}") as product:
            for row in _life(product, customers, options):
                yield _page(options, [*by_customers, row], by_workers)
            by_customers.append(row)
    for workers in options.workers:
        with _product(folder, broker, f"workers-{workers}") as product:
            product.send(make_orders(options.orders, _WORKERS_CUSTOMERS, _MORE_DAYS))
            rate, _ = product.work_off(workers)
            by_workers.append([f"{each:,.0f}" for each in (workers, options.orders, rate)])
        yield _page(options, by_customers, by_workers)


def _page(
    options: argparse.Namespace, by_customers: list[list[str]], by_workers: list[list[str]]
) -> str:
    return (
        "# As it grows\n\n"
        f"Written by `{options.command}` on {time.strftime('%Y-%m-%d')}: {machine()}, the broker "
        f"on the same cores. First the first order of each customer, over {_FIRST_DAYS} days; then "
        f"{options.orders:,} orders of customers picked evenly (flat), and {options.orders:,} of "
        f"which few customers have most (skewed), over {_MORE_DAYS} days each: each time a backlog "
        "that a worker finds as it starts, counted from the opening of its partitions on. Memory "
        "is what a worker had resident at most, RocksDB included; a restart is the start on a "
        "backlog, that of the process included; the state what its folder "
        "takes on disk after it has stopped. From nothing: the data folder was deleted, and the "
        "tables came from the changelog, the start of the process included; beside it a bare "
        f"aiokafka loop that reads the same changelog. Latencies, at {_RATE} orders a "
        "second, run from `send` of an order to its tier-change in the hands of a reader of "
        "committed records; the first of the orders brings the day with it. Borders move because "
        "a sixtieth of the customers leap to the top.\n\n"
        f"{markdown(_HEADINGS, by_customers)}\n"
    ) + (
        f"\n{_WORKERS_CUSTOMERS:,} customers, flat:\n\n{markdown(_WORKERS, by_workers)}\n"
        if by_workers
        else ""
    )


def _owned(workers: Sequence[Worker]) -> bool:
    """Whether these workers have all partitions, and each some."""
    owned = [len(set(re.findall(r"partition (\d+) is ours", each.text))) for each in workers]
    return sum(owned) >= PARTITIONS and min(owned) > 0


def _life(product: Product, customers: int, options: argparse.Namespace) -> Iterator[list[str]]:
    """One row, as far as it has come: from the first orders to borders that move."""
    found = [f"{customers:,}"]

    def row(*more: str) -> list[str]:
        found.extend(more)
        if len(found) > _PEAK:
            found[_PEAK] = f"{product.peak_bytes / 1e6:,.0f}"
        return found + ["—"] * (len(_HEADINGS) - len(found))

    product.send(first_orders(customers, _FIRST_DAYS))
    first, _ = product.work_off()
    yield row(f"{first:,.0f}")
    product.settle()
    product.stop()
    flat, restart = _backlog(product, customers, options.orders, "flat", 0)
    yield row(f"{flat:,.0f}")
    skewed, _ = _backlog(product, customers, options.orders, "skewed", 1)
    state = folder_bytes(product.folder / "data-0")
    orders = 1 + 2 * options.orders / customers
    yield row(
        f"{skewed:,.0f}", "", f"{state / customers:,.0f}", f"{orders:,.1f}", f"{restart:,.1f}"
    )
    records, reading = asyncio.run(_reading(product.broker.servers, product.changelog))
    shutil.rmtree(product.folder / "data-0")
    nothing = product.start()
    yield row(
        f"{nothing:,.1f}: {customers / nothing:,.0f}", f"{records / nothing:,.0f}, {reading:,.0f}"
    )
    if options.days:
        quiet, day, due = _days(product, customers, options.paced_seconds)
        yield row(_shown(quiet), _shown(day), due)
        yield row(_moved(product, customers, BEGIN + timedelta(days=_DUE_DAY, hours=12)))


def _backlog(
    product: Product, customers: int, orders: int, shape: str, number: int
) -> tuple[float, float]:
    """(orders a second, seconds that the start took) of a worker that starts on a backlog."""
    begin = BEGIN + timedelta(days=_FIRST_DAYS + number * _MORE_DAYS)
    product.send(make_orders(orders, customers, _MORE_DAYS, shape, product.orders, begin))
    rate, start = product.work_off()
    product.settle()
    product.stop()
    return rate, start


async def _reading(servers: str, topic: str) -> tuple[int, float]:
    """(records, records a second) of a loop that does nothing but read a topic to its end."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, isolation_level="read_committed")
    async with consumer:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        records, began = 0, time.monotonic()
        while any([await consumer.position(place) < ends[place] for place in places]):
            fetched = await consumer.getmany(timeout_ms=100)
            records += sum(map(len, fetched.values()))
        return records, records / (time.monotonic() - began)


def _days(product: Product, customers: int, seconds: float) -> tuple[Latencies, Latencies, str]:
    """Orders at a steady pace on a quiet day, and as the next one begins; and who fell due then."""
    day = BEGIN + timedelta(days=_DUE_DAY)
    product.tierstream.run("tick", (day - timedelta(hours=12)).isoformat())
    product.settle()
    quiet = _at_pace(product, customers, day - timedelta(hours=11), seconds)
    product.settle()
    before, orders = _ends(product, "dormant-customers", "orders")
    passing = _at_pace(product, customers, day, seconds)
    product.settle()
    said = _said(product, "dormant-customers", before, lambda value: value["stage"] in STAGES)
    began = _said(product, "orders", orders).began
    return quiet, passing, _within(said, began)


def _at_pace(product: Product, customers: int, begin: datetime, seconds: float) -> Latencies:
    pace = Pace(_RATE, seconds, product.orders, customers, begin, lead_seconds=0.0)
    product.orders += pace.orders
    where = (product.broker.servers, product.topic("orders"), product.topic("tier-changes"))
    return asyncio.run(measure(*where, PARTITIONS, pace))


def _moved(product: Product, customers: int, at: datetime) -> str:
    """How many customers borders move that have moved themselves, and how soon all are."""
    number = int(customers * _LEAP)
    before, orders = _ends(product, "tier-changes", "orders")
    product.send(
        order_of(product.orders + each, each * 60, at, _MUCH + each) for each in range(number)
    )
    product.settle()
    said = _said(product, "tier-changes", before, lambda value: value["cause"] == "overtaken")
    return _within(said, _said(product, "orders", orders).ended)


def _said(
    product: Product,
    topic: str,
    since: dict[int, int],
    counts: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> Said:
    """What has been said in a topic since, where it `counts`."""
    found = [
        record.timestamp / 1000
        for record in product.broker.since(product.topic(topic), since)
        if counts(json.loads(record.value))
    ]
    return Said(len(found), min(found, default=0.0), max(found, default=0.0))


def _ends(product: Product, *topics: str) -> list[dict[int, int]]:
    return [product.broker.ends(product.topic(topic)) for topic in topics]


def _within(said: Said, since: float) -> str:
    """How many, and how long after that the last one was said."""
    return f"{said.records:,}: {max(said.ended - since, 0):,.1f}" if said.records else "—"


def _shown(found: Latencies) -> str:
    if found.p50 is None or found.worst is None:
        return "—"
    missing = f"; {found.missing} missing" if found.missing else ""
    return f"{found.p50 * 1000:,.0f}, {found.worst * 1000:,.0f}{missing}"


@contextmanager
def _product(folder: Path, broker: Broker, name: str) -> Iterator[Product]:
    product = Product(broker, folder, name)
    try:
        product.start()
        product.stop()  # the topics are there
        yield product
    finally:
        product.stop()
    broker.delete(product.prefix)
    shutil.rmtree(product.folder)


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """What is to be measured, and where the page goes."""
    parser = argparse.ArgumentParser(prog="growth")
    parser.add_argument("--customers", type=_numbers, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--workers", type=_numbers, default=[1, 2, 4])
    parser.add_argument("--paced-seconds", type=float, default=12.0)
    parser.add_argument("--no-days", dest="days", action="store_false")
    parser.add_argument("--write", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    options.command = f'make bench ARGS="{" ".join(["growth", *arguments])}"'
    return options


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each]
