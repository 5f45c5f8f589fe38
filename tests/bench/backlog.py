"""A topic of orders, a contender at work on it, and whether it has done its job."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.bench.broker import Broker
from tests.bench.contender import BrokenError, Contender, Run, Stage
from tests.bench.recount import Figures, Recount, differences
from tests.e2e.driver import Tierstream

PARTITIONS = 4
_STANDING_SECONDS = 60  # within which all that was counted must be in a durable state


@dataclass(frozen=True)
class Backlog:
    """Orders in a topic, and where everybody stands after them."""

    stage: Stage
    orders: int
    recount: Recount


def make_backlog(
    broker: Broker,
    folder: Path,
    lines: Iterable[str],
    cores: tuple[set[int], set[int]],
    commit_seconds: float | None = None,
) -> Backlog:
    """The orders in a topic of their own, under a prefix that nobody has used."""
    prefix = f"bench-{uuid4().hex[:8]}."
    place = folder / prefix.rstrip(".")
    place.mkdir()
    orders = place / "orders.ndjson"
    with orders.open("w") as file:
        file.writelines(lines)
    environ = {
        "TIERSTREAM_BROKER": f"kafka://{broker.servers}",
        "TIERSTREAM_TOPIC_PREFIX": prefix,
        "TIERSTREAM_PARTITIONS": str(PARTITIONS),
    }
    Tierstream(place, environ).run("replay", "orders", orders)
    with orders.open() as file:
        recount = Recount(file, PARTITIONS)
    count = sum(map(len, recount.orders.values()))
    stage = Stage(broker, prefix, place, PARTITIONS, recount.given(), cores, commit_seconds)
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
    """What the contender's state says of everybody, which is what it has to be; BrokenError where
    it isn't.

    Where tiers are damped, and borders move, the tier is left out.
    """
    run.settle()
    wanted = _comparable(
        contender, backlog.recount.figures(backlog.stage.given, contender.deadlines)
    )
    deadline = time.monotonic() + _STANDING_SECONDS
    while True:
        found = run.standings()
        wrong = differences(_comparable(contender, found), wanted)
        if not wrong:
            return found
        if time.monotonic() > deadline:
            raise BrokenError(f"{len(wrong)} customers stand wrong: {wrong[0]}")
        time.sleep(0.5)


def _comparable(contender: Contender, found: dict[str, Figures]) -> dict[str, Figures]:
    if not contender.damped:
        return found
    return {name: each._replace(tier="") for name, each in found.items()}
