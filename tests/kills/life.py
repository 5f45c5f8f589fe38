"""The lives of a worker, in a process forked for them: to the end of the scenario, or to a kill.

Whatever an earlier process left is gone on with. The worker is the real one, Faust and all, but
without web and without the thread of the log's upkeep; batches, slices and chunks are small, so
that there are many of each.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from agents.reading import add_agents
from streams.app import WorkerApp
from streams.domain.rules import parse_rules
from streams.engine import door, fault_points, inbox, recovery
from streams.engine.connect import open_client
from streams.engine.embedded import tail, transport
from streams.engine.replica import Steps, next_turn
from streams.provision import ensure_topics
from streams.settings import Settings
from streams.topics import PYRAMID_COUNTS
from tests.kills import stores
from tests.kills.producing import send
from tests.kills.scenario import PARTITIONS, RULES, Round, first_life, laid, rounds, second_life
from tests.kills.virtual_time import run

REACHED = "reached.json"  # how often each point was, in a life that came to its end
STORES = "stores.json"
OUTPUT = "output.log"
_GROUP_SECONDS = 0.5  # between two commits of source offsets: several in a life


def prepare() -> None:
    """Do once what every life would do at its beginning: called before the first is forked."""
    for number in range(len(rounds()) + 1):
        laid(number)
    inspect.getmodule(live)  # Faust's decorators look all modules through
    importlib.import_module("faust.app")
    importlib.import_module("streams.engine.embedded.client")
    importlib.import_module("streams.engine.embedded.worker_log")


class Kill(NamedTuple):
    """At this point, when it is reached for the `number`th time (from 1) in a process."""

    point: str
    number: int


def live(folder: Path, kill: Kill | None, sleeps: Connection | None = None) -> None:
    """Everything that is left to be done; to be called in a process of its own.

    With `sleeps` it is not killed but stopped (SIGSTOP), and that is said there.
    """
    os.chdir(folder)
    output = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    _make_small()
    reached: Counter[str] = Counter()
    fault_points.listen(_killer(reached, kill, sleeps))
    settings = _settings()
    for number, part in enumerate((first_life(), second_life())):
        _go_on(settings, number, part)
    fault_points.listen(None)
    Path(REACHED).write_text(json.dumps(reached))
    Path(STORES).write_text(json.dumps(stores.compare(settings, PARTITIONS)))


def _killer(
    reached: Counter[str], kill: Kill | None, sleeps: Connection | None
) -> Callable[[str], None]:
    def on_point(point: str) -> None:
        reached[point] += 1
        if kill is None or (point, reached[point]) != kill:
            return
        if sleeps is not None:
            sleeps.send(kill)
        os.kill(os.getpid(), signal.SIGKILL if sleeps is None else signal.SIGSTOP)

    return on_point


def _make_small() -> None:
    _set(inbox, BATCH_RECORDS=3, _NEXT_SECONDS=0.03)
    _set(door, _RECORDS_OF_A_COMMIT=8, BUSY_SLICE=2, IDLE_SLICE=3)
    _set(recovery, AT_ONCE=Steps(1, next_turn), _BATCHES_AT_ONCE=1)
    _set(transport, _CHECKPOINT_SECONDS=1e9)  # a thread would do it


def _set(module: ModuleType, **sizes: object) -> None:
    """Each in the place of another of the same name."""
    assert sizes.keys() <= vars(module).keys(), f"{module.__name__} has no {sizes.keys()}"
    vars(module).update(sizes)


def _settings() -> Settings:
    environ = {
        "TIERSTREAM_BROKER": "embedded://log.db",
        "TIERSTREAM_PARTITIONS": str(PARTITIONS),
        "TIERSTREAM_TICKS": "off",
    }
    return Settings.from_env(environ)


def _go_on(settings: Settings, number: int, part: list[Round]) -> None:
    """One life from its start to its clean stop, unless an earlier process has come that far."""
    over = Path(f"life-{number}-is-over")
    if over.exists():
        return
    if number:
        _lose_a_store(settings)
    settings.data.mkdir(exist_ok=True)
    run(_one_life(settings, number, part))
    over.touch()


async def _one_life(settings: Settings, number: int, part: list[Round]) -> None:
    clock: Any = SimpleNamespace(monotonic=asyncio.get_running_loop().time)
    vars(tail)["time"] = clock
    with closing(open_client(settings)) as client:
        ensure_topics(client, settings)
        worker = _worker(settings, ("en", "zh")[number])
        await worker.start()
        await send(client, settings, worker, number, part)
        await worker.stop()


def _lose_a_store(settings: Settings) -> None:
    """Once, between two lives: a disk was lost, and its partition is recovered as a whole."""
    lost = Path("a-store-is-lost")
    if not lost.exists():
        shutil.rmtree(settings.data / "stores" / f"{settings.app_id}-1")
        lost.touch()


def _worker(settings: Settings, language: str) -> WorkerApp:
    rules = parse_rules(RULES.format(language=language), "the scenario's rules")
    worker = WorkerApp(settings, rules, PARTITIONS, settings.web)
    worker.faust.conf.web_enabled = False
    worker.faust.conf.broker_commit_interval = _GROUP_SECONDS
    add_agents(worker.faust, worker.partitions, "", PYRAMID_COUNTS.name)
    worker.faust.finalize()
    return worker


prepare()
