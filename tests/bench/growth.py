"""This project as it grows, on Kafka: `make bench ARGS="growth"`.

    make bench ARGS="growth [--customers 10000,100000] [--orders-each 5] [--days 30]
        [--workers 1,2] [--write FILE]"

For each number of customers: taking a backlog in, a restart, recovery from nothing but the
changelog, a day that passes, borders that move. For each number of workers: the backlog of the
first number of customers. Workers are not pinned to cores.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from streams.engine.partitioner import default_partition
from tests.bench.backlog import PARTITIONS, Backlog, make_backlog
from tests.bench.broker import Broker, Progress
from tests.bench.machine import cores, folder_bytes, usage
from tests.bench.orders import BEGIN, customer_name, make_orders
from tests.bench.report import machine, markdown
from tests.e2e.driver import Tierstream, until
from tests.kafka_node import KafkaNode, why_not

RESULTS = Path(__file__).with_name("GROWTH.md")
_PATIENCE_SECONDS = 3600
_MOVED = 0.02  # of the customers: those who order so much that all borders move
_MUCH = 100_000_000
_CUSTOMERS = (
    "customers", "orders", "orders/s", "peak memory, MB", "state, B/customer",
    "changelog, B/customer", "restart, s", "from nothing, s", "a day passes, s", "borders move, s",
)  # fmt: skip
_WORKERS = ("workers", "customers", "orders", "orders/s")


class Product:
    """Workers of this project on one backlog."""

    def __init__(self, backlog: Backlog) -> None:
        stage = backlog.stage
        self.backlog = backlog
        self.folder = stage.folder / "workers"
        self.folder.mkdir()
        self.tierstream = Tierstream(self.folder, {
            "TIERSTREAM_BROKER": f"kafka://{stage.broker.servers}",
            "TIERSTREAM_TOPIC_PREFIX": stage.prefix,
            "TIERSTREAM_PARTITIONS": str(PARTITIONS),
        })  # fmt: skip

    def start(self, number: int = 1) -> float:
        """More workers; seconds until all partitions are theirs."""
        began = time.monotonic()
        workers = [
            self.tierstream.start(DATA=str(self.folder / f"data-{n}")) for n in range(number)
        ]
        until(lambda: sum(each.text.count(" is ours") for each in workers) >= PARTITIONS)
        return time.monotonic() - began

    def stop(self) -> None:
        running = [worker for worker in self.tierstream.workers if worker.runs]
        for worker in running:
            worker.process.terminate()
        for worker in running:
            worker.ended()

    def settle(self) -> None:
        self.tierstream.settle(_PATIENCE_SECONDS)

    def memory_bytes(self) -> int:
        running = [each for each in self.tierstream.workers if each.runs]
        return sum(usage(each.process.pid).memory_bytes for each in running)

    def rested_at(self) -> float:
        """When the last of it was written, as the clock on the wall has it."""
        self.settle()
        return max(
            datetime.fromisoformat(each["at"]).timestamp()
            for each in self.tierstream.progress().values()
        )


def main(arguments: Sequence[str]) -> None:
    """Run it as the arguments say."""
    options = _options(arguments)
    reason = why_not()
    if reason is not None:
        sys.exit(f"the benchmark needs Kafka: {reason}")
    with tempfile.TemporaryDirectory(prefix="tierstream-bench-") as folder:
        node = KafkaNode(Path(folder) / "kafka")
        node.start()
        broker = Broker(node.servers)
        try:
            text = run(options, Path(folder), broker)
        finally:
            broker.close()
            node.stop()
    sys.stdout.write(text)
    options.write.write_text(text)


def run(options: argparse.Namespace, folder: Path, broker: Broker) -> str:
    """Measure it; the page that says so."""
    by_customers = []
    for customers in options.customers:
        with _product(options, folder, broker, customers) as product:
            by_customers.append(_life(product, options, customers))
    by_workers = []
    for workers in options.workers:
        with _product(options, folder, broker, options.customers[0]) as product:
            product.start(workers)
            rate, _ = _taken_in(product)
            orders = product.backlog.orders
            by_workers.append(
                [f"{each:,.0f}" for each in (workers, options.customers[0], orders, rate)]
            )
    return (
        "# As it grows\n\n"
        f"Written by `{options.command}` on {time.strftime('%Y-%m-%d')}: {machine()}, the broker "
        f"on the same cores; orders over {options.days} days. From nothing: the data folder was "
        "deleted, and the tables came from the changelog. Restarts end when all partitions flow; a "
        "day passes from the tick to rest; borders move from the first of the orders that move "
        f"them ({_MOVED:.0%} of the customers leap to the top) to rest.\n\n"
        f"{markdown(_CUSTOMERS, by_customers)}\n\n{markdown(_WORKERS, by_workers)}\n"
    )


def _life(product: Product, options: argparse.Namespace, customers: int) -> list[str]:
    """One row: from the backlog to borders that move."""
    stage = product.backlog.stage
    product.start()
    rate, peak = _taken_in(product)
    product.settle()
    product.stop()
    state = folder_bytes(product.folder / "data-0")
    changelog = f"{product.tierstream.app}-customers-changelog"
    kept = stage.broker.newest(changelog)
    restart = product.start()
    product.stop()
    shutil.rmtree(product.folder / "data-0")
    from_nothing = product.start()
    producer = KafkaProducer(bootstrap_servers=stage.broker.servers)
    day = _passed(product, producer, BEGIN + timedelta(days=options.days + 1))
    moved = _moved(product, producer, customers, BEGIN + timedelta(days=options.days + 1))
    producer.close()
    figures = [customers, product.backlog.orders, rate, peak / 1e6, state / customers,
               kept.size / customers]  # fmt: skip
    seconds = [restart, from_nothing, day, moved]
    return [f"{each:,.0f}" for each in figures] + [f"{each:,.1f}" for each in seconds]


def _taken_in(product: Product) -> tuple[float, int]:
    """(orders a second from the first count seen to the end, peak of memory in bytes)."""
    stage, orders = product.backlog.stage, product.backlog.orders
    progress = Progress(stage.broker, stage.prefix, stage.orders)
    seen: list[tuple[float, int]] = []
    peak = 0
    while not seen or seen[-1][1] < orders:
        counted = progress.counted()
        peak = max(peak, product.memory_bytes())
        if counted:
            seen.append((time.monotonic(), counted))
        time.sleep(0.1)
    progress.close()
    (began, before), (ended, after) = seen[0], seen[-1]
    return (after - before) / (ended - began) if after > before else float("nan"), peak


def _passed(product: Product, producer: Any, to: datetime) -> float:
    """Seconds until a day has passed for everybody."""
    began = time.time()
    for partition in range(PARTITIONS):
        value = json.dumps({"now": to.isoformat()}).encode()
        producer.send(f"{product.backlog.stage.prefix}clock", value, partition=partition)
    producer.flush()
    return product.rested_at() - began


def _moved(product: Product, producer: Any, customers: int, at: datetime) -> float:
    """Seconds until borders that have moved have reached everybody."""
    began = time.time()
    for number in range(int(customers * _MOVED)):
        name = customer_name(number)
        order = {
            "event_id": f"moves-{number}", "customer_id": name, "order_id": f"moves-{number}",
            "type": "placed", "ordered_at": at.isoformat(), "amount": _MUCH + number, "cost": 0,
        }  # fmt: skip
        key = name.encode()
        partition = default_partition(key, PARTITIONS)
        producer.send(
            product.backlog.stage.orders, json.dumps(order).encode(), key, partition=partition
        )
    producer.flush()
    return product.rested_at() - began


@contextmanager
def _product(
    options: argparse.Namespace, folder: Path, broker: Broker, customers: int
) -> Iterator[Product]:
    lines = make_orders(options.orders_each * customers, customers, options.days)
    backlog = make_backlog(broker, folder, lines, cores())
    product = Product(backlog)
    try:
        yield product
    finally:
        product.stop()
    broker.delete(backlog.stage.prefix)
    shutil.rmtree(backlog.stage.folder)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="growth")
    parser.add_argument("--customers", type=_numbers, default=[10_000, 100_000])
    parser.add_argument("--orders-each", type=int, default=5)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--workers", type=_numbers, default=[1, 2])
    parser.add_argument("--write", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    options.command = f'make bench ARGS="{" ".join(["growth", *arguments])}"'
    return options


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]
