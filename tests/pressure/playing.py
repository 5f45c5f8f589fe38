"""Plays a pressure to its end, and notes what came of it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.driver import Worker
from tests.faults.broker import Broker
from tests.pressure.judging import Found, differences, look
from tests.pressure.stage import Say, Stage
from tests.pressure.watching import exposed
from tests.pressure.writing import Meant


@dataclass
class Result:
    """What came of a pressure. `events`: what the worker counted itself, by outcome; empty where
    it was started again meanwhile, since it counts from its start."""

    name: str
    log: str
    sent: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0
    meant: Meant = field(default_factory=Meant)
    found: Found = field(default_factory=lambda: Found(0, 0, 0, 0, 0))
    events: dict[str, int] = field(default_factory=dict)
    unhealthy: int = 0
    starts: int = 0
    said: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Pressure:
    """Something that a worker must bear. In `words` sizes stand in braces."""

    name: str
    words: str
    logs: tuple[str, ...]
    play: Callable[[Stage], None]

    def described(self, scale: float) -> str:
        """In words, with the sizes as they are."""
        return re.sub(r"{(\d+)}", lambda size: f"{round(int(size[1]) * scale):,}", self.words)


def play(
    pressure: Pressure, log: str, folder: Path, broker: Broker | None, scale: float, say: Say
) -> Result:
    """Play it, bring it to rest, and look what came of it."""
    folder.mkdir(parents=True)
    result = Result(pressure.described(scale), log)
    with ExitStack() as undo:
        stage = Stage(folder, broker if log == "kafka" else None, scale, say)
        undo.enter_context(stage.tierstream)
        undo.callback(stage.forget_client)
        stage.watch.start()
        undo.callback(stage.watch.stop)
        began = time.monotonic()
        pressure.play(stage)
        stage.rest()
        result.seconds = time.monotonic() - began
        _note(stage, result)
    result.said = _said(stage.tierstream.workers)
    return result


def _note(stage: Stage, result: Result) -> None:
    result.meant, result.found = stage.make.meant, look(stage.client, stage.tierstream.prefix)
    result.sent = result.found.records
    result.peak_mb, result.unhealthy = stage.watch.peak_mb, stage.watch.unhealthy
    result.starts = len(stage.tierstream.workers)
    result.wrong = differences(result.meant, result.found)
    for text in stage.crew.speechless:
        result.wrong.append(f"a worker ended without a sentence: {text[-2000:]}")
    if result.starts == 1:
        result.events = _events(stage.worker)
        counted = result.events.get("counted", 0)
        if counted != result.meant.counted:
            result.wrong.append(f"{counted:,} events counted, not {result.meant.counted:,}")


def _events(worker: Worker) -> dict[str, int]:
    """What became of the events, without ticks."""
    found = exposed(worker).by("tierstream_events_total", "topic", "outcome")
    sums: Counter[str] = Counter()
    for (topic, outcome), count in found.items():
        if topic != "clock":
            sums[outcome] += round(count)
    return dict(sums)


def _said(workers: Iterable[Worker]) -> list[str]:
    """The warnings and errors of the workers, without their times."""
    return [
        line.split(" ", 2)[2]
        for worker in workers
        for line in worker.text.splitlines()
        if " WARNING " in line or " ERROR " in line
    ]
