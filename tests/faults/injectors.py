"""The faults: one function each.

A fault is a generator: it yields at every beat while the fault lasts, and returns the moment
(of `time.monotonic`) from which the product has what it needs again to go on, be it with another
worker.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator
from typing import NamedTuple

from streams.app import SESSION_SECONDS
from tests.faults.crew import Slot
from tests.faults.scene import Scene

Strike = Generator[None, None, float]
Fault = Callable[[Scene], Strike]
BOTH: tuple[str, ...] = ("kafka", "embedded")
ON_KAFKA: tuple[str, ...] = ("kafka",)
UP_SECONDS = 60
END_SECONDS = 60


class Injector(NamedTuple):
    """`watch_seconds`: for how long after it its consequences may come, on Kafka; `workers`: how
    many it takes at least, where there may be several; `logs`: on which it has a meaning."""

    name: str
    strike: Fault
    workers: int
    watch_seconds: float
    logs: tuple[str, ...]


INJECTORS: dict[str, Injector] = {}


def _fault(
    name: str, *, workers: int = 1, watch_seconds: float = 18.0, logs: tuple[str, ...] = BOTH
) -> Callable[[Fault], Fault]:
    """Enter a fault under its name."""

    def enter(strike: Fault) -> Fault:
        INJECTORS[name] = Injector(name, strike, workers, watch_seconds, logs)
        return strike

    return enter


@_fault("kill")
def _kill(scene: Scene) -> Strike:
    """A worker gets SIGKILL. It is started again after a moment, or after the others have taken
    its partitions over."""
    slot = _somebody(scene)
    scene.say(f"SIGKILL to worker {slot.number}")
    slot.wanted = False
    slot.signal(signal.SIGKILL)
    struck = time.monotonic()
    if len(scene.crew.running()) > 0 and scene.random.random() < 0.6:
        yield from scene.wait(scene.random.uniform(15, 20))
    else:
        yield from scene.wait(scene.random.uniform(0, 2))
    scene.crew.start(slot)
    return struck


@_fault("kill-recovery")
def _kill_recovery(scene: Scene) -> Strike:
    """A worker's machine is lost, and its successor is killed while it recovers, three times."""
    slot = _somebody(scene)
    for _ in range(3):
        scene.say(f"SIGKILL to worker {slot.number}, and its data folder is deleted")
        slot.wanted = False
        slot.signal(signal.SIGKILL)
        yield from scene.until(lambda: not slot.runs, END_SECONDS, "a killed worker is gone")
        slot.delete_data()
        scene.crew.start(slot)
        yield from scene.until(lambda: slot.is_up, UP_SECONDS, f"worker {slot.number} is up")
        yield from scene.wait(scene.random.uniform(0, 1))
    slot.signal(signal.SIGKILL)  # it is wanted: the crew starts it again
    return time.monotonic()


@_fault("stop", workers=2, watch_seconds=8.0)
def _stop(scene: Scene) -> Strike:
    """A worker gets SIGTERM, ends cleanly, and comes back later."""
    slot = _somebody(scene)
    scene.say(f"SIGTERM to worker {slot.number}")
    struck = time.monotonic()
    yield from _stopped(scene, slot)
    if scene.crew.running():
        yield from scene.wait(scene.random.uniform(6, 10))
    scene.crew.start(slot)
    return struck


@_fault("join", watch_seconds=8.0, logs=ON_KAFKA)
def _join(scene: Scene) -> Strike:
    """One more worker comes, and goes again."""
    if not scene.crew.idle():
        yield from _stopped(scene, _somebody(scene))
        yield from scene.wait(5)
    slot = scene.random.choice(scene.crew.idle())
    scene.crew.start(slot)
    struck = time.monotonic()
    yield from scene.until(lambda: slot.is_up, UP_SECONDS, f"worker {slot.number} is up")
    yield from scene.wait(8)
    if len(scene.crew.running()) > 2:
        yield from _stopped(scene, slot)
    return struck


@_fault("freeze", workers=2, watch_seconds=12.0)
def _freeze(scene: Scene) -> Strike:
    """A worker gets SIGSTOP, is thought dead where there are others, and wakes up again."""
    slot = _somebody(scene)
    others = len(scene.crew.running()) > 1
    past = SESSION_SECONDS + scene.random.uniform(3, 10) if scene.on_kafka else 3.0
    scene.load.burst()  # so that it has something under way
    yield from scene.until(lambda: scene.load.in_flight() > 300, END_SECONDS, "a burst")
    scene.say(f"SIGSTOP to worker {slot.number} for {past:.0f} s")
    slot.signal(signal.SIGSTOP)
    struck = time.monotonic()
    yield from scene.wait(past)
    scene.say(f"SIGCONT to worker {slot.number}")
    slot.signal(signal.SIGCONT)
    return struck if others else time.monotonic()


@_fault("data")
def _data(scene: Scene) -> Strike:
    """A worker's data folder is deleted, under the running worker or a dead one."""
    slot = _somebody(scene)
    dead = scene.random.random() < 0.5
    struck = time.monotonic()
    if dead:
        slot.wanted = False
        slot.signal(signal.SIGKILL)
        yield from scene.until(lambda: not slot.runs, END_SECONDS, "a killed worker is gone")
    under = "with its worker" if dead else "under its worker"
    scene.say(f"the data folder of worker {slot.number} is deleted {under}")
    slot.delete_data()
    if dead:
        scene.crew.start(slot)
    return struck


@_fault("disk")
def _disk(scene: Scene) -> Strike:
    """The disk of a worker's data folder (embedded: of the log too) has no room for a while."""
    slot = scene.random.choice([s for s in scene.crew.running() if s.disk is not None])
    assert slot.disk is not None
    seconds = scene.random.uniform(3, 10)
    scene.say(f"the disk of worker {slot.number} is full for {seconds:.0f} s")
    slot.disk.fill()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        slot.disk.fill()  # what the worker has given back meanwhile
    slot.disk.free()
    scene.say(f"the disk of worker {slot.number} has room again")
    return time.monotonic()


@_fault("broker-restart", logs=ON_KAFKA)
def _broker_restart(scene: Scene) -> Strike:
    """The broker is stopped cleanly and started again."""
    assert scene.broker is not None
    scene.say("the broker is restarted")
    scene.broker.node.stop()
    return (yield from _broker_back(scene, within=3))


@_fault("broker-kill", logs=ON_KAFKA)
def _broker_kill(scene: Scene) -> Strike:
    """The broker gets SIGKILL and is started again."""
    assert scene.broker is not None
    scene.say("SIGKILL to the broker")
    scene.broker.node.kill()
    return (yield from _broker_back(scene, within=6))


@_fault("cut", workers=2, logs=ON_KAFKA)
def _cut(scene: Scene) -> Strike:
    """The network between a worker and the broker is cut for a while, shorter or longer than a
    session; then everything goes on where it was, or every connection breaks."""
    slot = _somebody(scene)
    assert slot.proxy is not None
    seconds = scene.random.choice([scene.random.uniform(1, 8), scene.random.uniform(14, 25)])
    reset = scene.random.random() < 0.5
    scene.say(f"worker {slot.number} is cut off the broker for {seconds:.0f} s")
    slot.proxy.cut()
    yield from scene.wait(seconds)
    slot.proxy.heal(reset=reset)
    after = ", its connections broken" if reset else ""
    scene.say(f"worker {slot.number} is connected again{after}")
    return time.monotonic()


def _somebody(scene: Scene) -> Slot:
    return scene.random.choice(scene.crew.running())


def _broker_back(scene: Scene, within: float) -> Strike:
    assert scene.broker is not None
    yield from scene.wait(scene.random.uniform(0, within))
    scene.broker.node.start()
    scene.say("the broker answers again")
    return time.monotonic()


def _stopped(scene: Scene, slot: Slot) -> Generator[None, None, None]:
    """SIGTERM, and its end, which must be a clean one."""
    worker = slot.worker
    assert worker is not None
    slot.wanted = False
    slot.signal(signal.SIGTERM)
    yield from scene.until(
        lambda: not worker.runs, END_SECONDS, f"worker {slot.number} ends after SIGTERM"
    )
    code = worker.process.returncode
    before_it_began = code == -signal.SIGTERM and not worker.text  # Python was still starting
    clean = (code == 0 and "Traceback" not in worker.text) or before_it_began
    assert clean, f"worker {slot.number} ended with {code} after SIGTERM: {worker.text[-4000:]}"
