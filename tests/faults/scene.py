"""What an injector has at hand: the product under load, and the means to hurt it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.e2e.driver import Tierstream
from tests.faults.broker import Broker
from tests.faults.crew import Crew
from tests.faults.following import Follower
from tests.faults.load import Load

BEAT_SECONDS = 0.05


@dataclass
class Scene:
    """A round's parts. All that takes time is a generator that yields at every beat, so that
    several faults can go on at once."""

    tierstream: Tierstream
    crew: Crew
    broker: Broker | None
    follower: Follower
    load: Load
    random: Random
    say: Callable[[str], None]

    @property
    def on_kafka(self) -> bool:
        return self.broker is not None

    def wait(self, seconds: float) -> Iterator[None]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield

    def until(self, look: Callable[[], object], seconds: float, what: str) -> Iterator[None]:
        """AssertionError where it takes longer."""
        end = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
            yield

    def drive(self, steps: Iterator[object]) -> None:
        """Take the steps to their end, and see to the workers at every beat."""
        for _ in steps:
            self.crew.tend()
            time.sleep(BEAT_SECONDS)
