"""This project, its peers and the floor on the same orders, in turn: `make bench`.

    python -m tests.bench.side_by_side [--orders 500000] [--customers 100000] [--days 30]
        [--shape flat|skewed] [--rounds 3] [--seconds 60] [--paced 1000,5000]
        [--paced-seconds 20] [--paced-backlog 50000] [--only tierstream,faust] [--write FILE]

Needs Java 17 and Maven (the broker, and Kafka Streams), and Linux. In every round each contender
takes in the same topic from its beginning, one after another, on a core of its own (where there
are two); one that needs longer than `--seconds` is stopped and its rate taken. What it then says
of every customer is compared with a recount, where it was not stopped. After the rounds each one
takes in a smaller backlog, and is then sent orders at a steady pace.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from uuid import uuid4

from tests.bench.broker import Broker
from tests.bench.contender import BrokenError, Contender, Run, Stage
from tests.bench.contenders import ALL
from tests.bench.drain import Drained, drain
from tests.bench.environments import NotHereError
from tests.bench.machine import cores
from tests.bench.orders import BEGIN, SHAPES, make_orders
from tests.bench.paced import Pace, measure
from tests.bench.recount import Figures, Recount, differences
from tests.bench.report import Row, Sizes, machine, table
from tests.e2e.driver import Tierstream
from tests.kafka_node import KafkaNode, why_not

_STANDING_SECONDS = 60  # within which all that was counted must be in a durable state
_PARTITIONS = 4
_HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True)
class Backlog:
    """Orders in a topic, and where everybody stands after them."""

    stage: Stage
    orders: int
    recount: Recount


def main() -> None:
    """Run it as the arguments say."""
    arguments = _arguments()
    reason = why_not()
    if reason is not None:
        sys.exit(f"the benchmark needs Kafka: {reason}")
    chosen = [each for each in ALL if not arguments.only or each.slug in arguments.only.split(",")]
    rows = {each.slug: Row(each.title, each.does) for each in chosen}
    rates = [int(rate) for rate in arguments.paced.split(",") if rate]
    with tempfile.TemporaryDirectory(prefix="tierstream-bench-") as folder, _node(folder) as broker:
        ready = [each for each in chosen if _prepared(each, rows[each.slug])]
        _rounds(arguments, Path(folder), broker, ready, rows)
        for contender in ready if rates else ():
            if contender.counts and rows[contender.slug].failed is None:
                _pace(arguments, Path(folder), broker, contender, rates, rows[contender.slug])
    page = _page(arguments, list(rows.values()), rates)
    _say(page)
    if arguments.write:
        Path(arguments.write).write_text(page)


def _rounds(
    arguments: argparse.Namespace, folder: Path, broker: Broker, ready: list[Contender],
    rows: dict[str, Row],
) -> None:  # fmt: skip
    shape = (arguments.customers, arguments.days, arguments.shape)
    backlog = make_backlog(broker, folder, make_orders(arguments.orders, *shape))
    for number in range(1, arguments.rounds + 1):
        for contender in ready:
            row = rows[contender.slug]
            if row.failed is None:
                with _failing(row):
                    _round(contender, backlog, number, arguments.seconds, row)
    broker.delete(backlog.stage.prefix)


def _round(contender: Contender, backlog: Backlog, number: int, seconds: float, row: Row) -> None:
    with at_work(contender, backlog.stage, f"{contender.slug}-{number}") as run:
        drained = drain(run, backlog.orders, seconds)
        if drained.whole and contender.counts:
            require_standings(contender, run, backlog)
        changelog = run.changelog()
        stopped = time.monotonic()
        run.stop()
        row.drained.append(drained)
        row.sizes.append(_sizes(run, backlog, changelog, drained))
    _say(
        f"round {number}, {contender.slug}: {drained.orders_per_second:,.0f} orders/s, "
        f"{drained.orders:,} orders, stopped in {time.monotonic() - stopped:.1f} s"
    )


def _sizes(run: Run, backlog: Backlog, changelog: str | None, drained: Drained) -> Sizes:
    broker = backlog.stage.broker
    customers = len(backlog.recount.orders)
    if changelog is None:
        return Sizes(customers, run.state_bytes() if drained.whole else 0, None, None)
    newest = broker.newest(changelog)
    if not drained.whole:
        customers = len(newest.values)
    return Sizes(customers, run.state_bytes(), newest.size, broker.written_bytes([changelog]))


def _pace(
    arguments: argparse.Namespace, folder: Path, broker: Broker, contender: Contender,
    rates: list[int], row: Row,
) -> None:  # fmt: skip
    """A backlog of its own, and then orders at each of the rates."""
    first, customers = arguments.paced_backlog, arguments.customers
    lines = make_orders(first, customers, arguments.days, arguments.shape)
    backlog = make_backlog(broker, folder, lines)
    stage = backlog.stage
    begin = BEGIN + timedelta(days=arguments.days) + _HALF_A_DAY
    with _failing(row), at_work(contender, stage, f"{contender.slug}-paced") as run:
        drain(run, first, 10 * arguments.seconds)
        run.settle()
        for rate in rates:
            pace = Pace(rate, arguments.paced_seconds, first, customers, begin)
            where = (broker.servers, stage.orders, run.output(), stage.partitions)
            row.paced[rate] = found = asyncio.run(measure(*where, pace))
            _say(f"{contender.slug} at {rate:,}/s: {found}")
            if found.missing:
                break  # it is still busy with these
            first += 2 * int(rate * arguments.paced_seconds) + 10 * rate
            begin += _HALF_A_DAY
    broker.delete(stage.prefix)


def make_backlog(broker: Broker, folder: Path, lines: Iterator[str], **settings: float) -> Backlog:
    """The orders in a topic of their own, whose prefix nobody has used."""
    prefix = f"bench-{uuid4().hex[:8]}."
    place = folder / prefix.rstrip(".")
    place.mkdir()
    orders = place / "orders.ndjson"
    with orders.open("w") as file:
        while some := list(islice(lines, 10_000)):
            file.write("".join(some))
    environ = {"TIERSTREAM_BROKER": f"kafka://{broker.servers}", "TIERSTREAM_TOPIC_PREFIX": prefix}
    environ["TIERSTREAM_PARTITIONS"] = str(_PARTITIONS)
    Tierstream(place, environ).run("replay", "orders", orders)
    with orders.open() as file:
        recount = Recount(file, _PARTITIONS)
    count = sum(map(len, recount.orders.values()))
    stage = Stage(broker, prefix, place, _PARTITIONS, recount.given(), cores(), **settings)
    return Backlog(stage, count, recount)


@contextmanager
def at_work(contender: Contender, stage: Stage, name: str) -> Iterator[Run]:
    """The contender at work; after it the topics that it has made are gone."""
    run = contender.start(stage, name)
    try:
        yield run
    finally:
        run.stop()
        stage.broker.delete(stage.prefix, but=[stage.orders])


def require_standings(contender: Contender, run: Run, backlog: Backlog) -> dict[str, Figures]:
    """What the contender says of everybody is what it has to be; BrokenError where it isn't.

    Of the product, whose borders move and are damped, the tier is left out.
    """
    run.settle()
    wanted = backlog.recount.figures(backlog.stage.given, contender.deadlines)
    deadline = time.monotonic() + _STANDING_SECONDS
    while wrong := differences(_comparable(contender, run.standings()),
                               _comparable(contender, wanted)):  # fmt: skip
        if time.monotonic() > deadline:
            raise BrokenError(f"{len(wrong)} customers stand wrong: {wrong[0]}")
        time.sleep(0.5)
    return wanted


def _comparable(contender: Contender, found: dict[str, Figures]) -> dict[str, Figures]:
    if not contender.damped:
        return found
    return {name: each._replace(tier="") for name, each in found.items()}


@contextmanager
def _failing(row: Row) -> Iterator[None]:
    """What a contender can't do stands in its row, and the others go on."""
    try:
        yield
    except BrokenError as error:
        row.failed = str(error).splitlines()[0]
        _say(f"{row.title}: {error}")


def _prepared(contender: Contender, row: Row) -> bool:
    try:
        contender.prepare()
    except NotHereError as error:
        row.failed = f"not run: {error}"
    return row.failed is None


@contextmanager
def _node(folder: str) -> Iterator[Broker]:
    """A broker on the cores that are not the contender's; the benchmark itself stays there."""
    os.sched_setaffinity(0, cores()[1])
    node = KafkaNode(Path(folder) / "kafka")
    node.start()
    broker = Broker(node.servers)
    try:
        yield broker
    finally:
        broker.close()
        node.stop()


def _page(arguments: argparse.Namespace, rows: list[Row], rates: list[int]) -> str:
    command = " ".join(sys.argv[1:])
    made = f'make bench ARGS="{command}"' if command else "make bench"
    return (
        "# Side by side\n\n"
        f"`{made}` wrote this page on {time.strftime('%Y-%m-%d')}: {machine()}. "
        f"{arguments.orders:,} orders of {arguments.customers:,} customers ({arguments.shape}) "
        f"over {arguments.days} days, {_PARTITIONS} partitions; medians of {arguments.rounds} rounds, "
        "in turn, lowest and highest in brackets. Each contender had one core, the broker and the "
        "rest of the benchmark the others.\n\n"
        f"{table(rows, rates)}\n\n{_HOW}"
    )


_HOW = """\
Orders per second run from the first count that was seen to the last but one; orders count when \
they are committed (Bytewax: when they are folded). What each contender says of every customer \
was compared with a recount of all orders, where it was not stopped. Memory is what all its \
processes had resident at most. State is what its folder takes on disk after it stopped; of the \
changelog, keys and values of the newest record of each key, and all that the broker had stored \
of it. Latencies run from `send` of an order to its tier-change in the hands of a reader of \
committed records; a fifth of the orders were their customers' first. Peers rank nobody: they \
were given the borders that the ranking comes to in the end.
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name, kind, default in (
        ("orders", int, 500_000), ("customers", int, 100_000), ("days", int, 30),
        ("rounds", int, 3), ("seconds", float, 60.0), ("paced", str, "1000,5000"),
        ("paced-seconds", float, 20.0), ("paced-backlog", int, 50_000),
        ("only", str, ""), ("write", str, ""),
    ):  # fmt: skip
        converter: Callable[[str], object] = kind
        parser.add_argument(f"--{name}", type=converter, default=default)
    parser.add_argument("--shape", choices=SHAPES, default="flat")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
