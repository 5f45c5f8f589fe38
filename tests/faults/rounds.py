"""A round: one fault again and again, or all of them mixed, under load; then rest and verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from random import Random
from uuid import uuid4

from streams.engine.connect import open_client, open_worker_log
from streams.settings import Settings
from tests.e2e.against_oracle import PARTITIONS
from tests.e2e.driver import Tierstream
from tests.faults.broker import Broker
from tests.faults.crew import Crew, Slot
from tests.faults.disk import FileLimit, SmallDisk
from tests.faults.following import Follower
from tests.faults.injectors import Injector
from tests.faults.load import Load
from tests.faults.scene import Scene
from tests.faults.story import RULES, story
from tests.faults.verdict import Verdict, judge

MOST_WORKERS = 3
RESUME_SECONDS = 90  # more than that, and a partition counts as left behind
SETTLE_SECONDS = 180


@dataclass(frozen=True)
class Plan:
    """What a round does."""

    log: str  # kafka | embedded
    injectors: Sequence[Injector]  # one, or several to be mixed
    seconds: float  # of faults
    seed: int
    rate: float  # records a second
    mounts: bool = True  # disks to be filled; else files are limited
    longest_watch: float = inf  # seconds after a fault in which pauses are looked for

    @property
    def name(self) -> str:
        return self.injectors[0].name if len(self.injectors) == 1 else "mixed"


@dataclass
class Outcome:
    """What came of a round. For each fault that struck alone: `resumed`, seconds, and `in_flight`,
    the most records that the log had and no state, from the fault until all went on. Of a mixed
    round `in_flight` is the most in all of it."""

    plan: Plan
    workers: int
    verdict: Verdict
    struck: int = 0
    resumed: list[float] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)


def play(plan: Plan, folder: Path, broker: Broker | None, say: Callable[[str], None]) -> Outcome:
    """Set the scene, play the round, and judge."""
    folder.mkdir(parents=True)
    random = Random(f"{plan.seed} {plan.log} {plan.name}")
    least = max(injector.workers for injector in plan.injectors)
    workers = random.randint(least, MOST_WORKERS) if plan.log == "kafka" else 1
    with ExitStack() as undo:
        if plan.log == "kafka":
            assert broker is not None
            environ = _kafka_environ(broker)
        else:
            broker = None
            environ = {"TIERSTREAM_BROKER": f"embedded://{folder}/disk0/log.db"}
        tierstream = Tierstream(folder, environ)
        tierstream.rules(RULES)
        slots = _slots(plan, folder, broker, undo)
        undo.enter_context(tierstream)
        crew = Crew(tierstream, slots, say)
        for slot in slots[:workers]:
            crew.start(slot)
        tierstream.settle()
        scene = _begin(plan, tierstream, crew, broker, random, say, undo)
        outcome = Outcome(plan, workers, Verdict(0, 0, 0))
        scene.drive(scene.wait(2))
        if len(plan.injectors) == 1:
            _one_by_one(scene, plan, outcome)
        else:
            _mixed(scene, plan, outcome)
        _end(scene, outcome)
    return outcome


def _slots(plan: Plan, folder: Path, broker: Broker | None, undo: ExitStack) -> list[Slot]:
    fills_disks = any(injector.name == "disk" for injector in plan.injectors)
    slots = []
    for number in range(MOST_WORKERS if broker is not None else 1):
        place = folder / f"disk{number}"
        place.mkdir()
        variables = {"DATA": str(place / "data")}
        if broker is not None:
            variables["BROKER"] = f"kafka://{broker.servers_of(number)}"
        proxy = None if broker is None else broker.proxies[number]
        slot = Slot(number, variables, place / "data", proxy)
        if fills_disks and plan.mounts:
            slot.disk = disk = SmallDisk(place)
            undo.callback(disk.unmount)
        elif fills_disks:
            slot.disk = FileLimit(lambda slot=slot: slot.pid)  # type: ignore[misc]
        slots.append(slot)
    return slots


def _kafka_environ(broker: Broker) -> dict[str, str]:
    """Names that nobody has used on this broker."""
    name = uuid4().hex[:8]
    return {
        "TIERSTREAM_BROKER": f"kafka://{broker.node.servers}",
        "TIERSTREAM_TOPIC_PREFIX": f"{name}.",
        "TIERSTREAM_APP_ID": f"app-{name}",
    }


def _begin(
    plan: Plan,
    tierstream: Tierstream,
    crew: Crew,
    broker: Broker | None,
    random: Random,
    say: Callable[[str], None],
    undo: ExitStack,
) -> Scene:
    settings = Settings.from_env(tierstream.environ)
    follower = Follower(
        lambda: open_worker_log(settings), f"{tierstream.prefix}progress", PARTITIONS
    )
    follower.start()
    undo.callback(follower.stop)
    load = Load(
        lambda: open_client(settings), tierstream.prefix, PARTITIONS,
        story(plan.seed), plan.rate, follower,
    )  # fmt: skip
    load.start()
    return Scene(tierstream, crew, broker, follower, load, random, say)


def _one_by_one(scene: Scene, plan: Plan, outcome: Outcome) -> None:
    """Each fault when the one before is over and has left no trace."""
    (injector,) = plan.injectors
    end = time.monotonic() + plan.seconds
    while time.monotonic() < end or not outcome.resumed:
        struck = time.monotonic()
        over: list[float] = []
        waiting: list[int] = []
        scene.drive(_looking(_strike(injector, scene, over), scene, waiting))
        watch_seconds = injector.watch_seconds if scene.on_kafka else _EMBEDDED_WATCH_SECONDS
        watch_seconds = min(watch_seconds, plan.longest_watch)
        watched = max(over[0] + watch_seconds, time.monotonic())
        scene.drive(_looking(_resume(scene, watched), scene, waiting))
        outcome.struck += 1
        outcome.in_flight.append(max(waiting))
        resumed = scene.follower.longest_pause(over[0], watched)
        outcome.resumed.append(resumed)
        scene.say(
            f"{injector.name}: every partition went on within {resumed:.1f} s "
            f"({over[0] - struck:.1f} s after the beginning)"
        )
        scene.drive(scene.wait(scene.random.uniform(1, 4)))


def _mixed(scene: Scene, plan: Plan, outcome: Outcome) -> None:
    """A fault every few seconds, whatever the ones before are at."""
    end = time.monotonic() + plan.seconds
    under_way: list[Iterator[None]] = []
    following = time.monotonic()
    waiting = [0]
    while time.monotonic() < end or under_way:
        now = time.monotonic()
        if following <= now < end and len(under_way) < 2 and scene.crew.running():
            injector = scene.random.choice(plan.injectors)
            outcome.struck += 1
            under_way.append(_strike(injector, scene, []))
            following = now + scene.random.uniform(1, 12)
        for strike in list(under_way):
            if next(strike, _END) is _END:
                under_way.remove(strike)
        waiting.append(scene.load.in_flight())
        scene.drive(iter([None]))
    outcome.in_flight.append(max(waiting))


_END = object()
_EMBEDDED_WATCH_SECONDS = 4.0


def _looking(steps: Iterator[None], scene: Scene, waiting: list[int]) -> Iterator[None]:
    """The steps, noting at each how many records are in no state yet."""
    for step in steps:
        waiting.append(scene.load.in_flight())
        yield step
    waiting.append(scene.load.in_flight())


def _strike(injector: Injector, scene: Scene, over: list[float]) -> Iterator[None]:
    over.append((yield from injector.strike(scene)))


def _resume(scene: Scene, watched: float) -> Iterator[None]:
    """Until every partition has moved after the moment, and every worker is up."""
    yield from scene.wait(watched - time.monotonic())
    look = lambda: scene.follower.all_moved_since(watched) and scene.crew.all_up()  # noqa: E731
    yield from scene.until(look, RESUME_SECONDS, "every partition goes on")


def _newest_time(tierstream: Tierstream) -> str:
    """A moment after the stream time of every partition: at rest all have the same."""
    times = [datetime.fromisoformat(one["stream_time"]) for one in tierstream.progress().values()]
    return (max(times) + timedelta(minutes=1)).isoformat()


def _end(scene: Scene, outcome: Outcome) -> None:
    """Bring everything to rest and judge."""
    scene.drive(scene.until(scene.crew.all_up, RESUME_SECONDS, "every worker is up"))
    watched = time.monotonic()
    scene.drive(_resume(scene, watched))
    scene.load.finish()
    scene.tierstream.settle(SETTLE_SECONDS)
    scene.tierstream.tick(_newest_time(scene.tierstream))
    scene.tierstream.settle(SETTLE_SECONDS)
    client = open_client(Settings.from_env(scene.tierstream.environ))
    try:
        verdict = outcome.verdict = judge(scene.tierstream, client)
    finally:
        client.close()
    if scene.follower.backwards:
        verdict.faults.append(f"progress went back {scene.follower.backwards} times")
    for text in scene.crew.speechless:
        verdict.faults.append(f"a worker ended without a sentence: {text[-3000:]}")
    scene.say(
        f"{outcome.plan.name} on {outcome.plan.log}: {verdict.records} records, "
        f"{verdict.customers} customers, {verdict.outputs} outputs; lost {verdict.lost}, "
        f"twice {verdict.twice}, broken {verdict.broken}, faults {len(verdict.faults)}"
    )
