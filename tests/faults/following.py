"""Follows `progress` while a round runs: how far each partition is, and when it moved."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec

from schemas.internal import Progress
from streams.engine.log import LogError, WorkerLog

_AGAIN_SECONDS = 0.2  # after an error of the log
_progress = msgspec.json.Decoder(Progress)


class Follower:
    """Reads committed records of `progress` in a thread of its own, and gives up at nothing.

    A partition *moves* when a commit shows that it has read more than before. Moments are those
    of `time.monotonic`, taken when the commit shows.
    """

    def __init__(self, open_log: Callable[[], WorkerLog], topic: str, partitions: int) -> None:
        self.positions: dict[int, dict[str, int]] = {n: {} for n in range(partitions)}
        self.moves: dict[int, list[float]] = defaultdict(list)
        self.owners: dict[int, str | None] = {}
        self.backwards = 0  # commits that show less than the one before: nobody may write those
        self._open_log = open_log
        self._topic = topic
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._main: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(lambda: self._main and self._main.cancel())
        self._thread.join()

    def read(self) -> int:
        """How many records of the inputs the partitions have in their states."""
        return sum(sum(inputs.values()) for inputs in list(self.positions.values()))

    def longest_pause(self, since: float, until: float) -> float:
        """The longest time for which some partition did not move, as far as it lies behind
        `since`; pauses that begin behind `until` don't count."""
        longest = 0.0
        for number in self.positions:
            before = since
            for moment in list(self.moves[number]):
                if moment > since and before < until:
                    longest = max(longest, moment - before)
                    before = moment
        return longest

    def all_moved_since(self, moment: float) -> bool:
        """Whether every partition has moved after that."""
        return all(self.moves[n] and self.moves[n][-1] > moment for n in self.positions)

    def _run(self) -> None:
        self._main = self._loop.create_task(self._follow_all())
        try:
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            return
        finally:
            self._loop.close()

    async def _follow_all(self) -> None:
        log = self._open_log()
        await log.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in self.positions:
                    tasks.create_task(self._follow(log, number))
        finally:
            await log.stop()

    async def _follow(self, log: WorkerLog, number: int) -> None:
        start = 0
        while True:
            try:
                async for batch in log.follow(self._topic, number, start):
                    for record in batch.records:
                        self._take(number, record.value)
                    start = batch.next_offset
            except (LogError, TimeoutError):
                await asyncio.sleep(_AGAIN_SECONDS)

    def _take(self, number: int, value: bytes | None) -> None:
        if value is None:
            return
        progress = _progress.decode(value)
        before, now = self.positions[number], dict(progress.inputs)
        if any(now.get(topic, 0) < position for topic, position in before.items()):
            self.backwards += 1
        elif sum(now.values()) > sum(before.values()):
            self.moves[number].append(time.monotonic())
        self.positions[number] = now
        self.owners[number] = progress.web


def ends_of(client: Any, inputs: list[str]) -> dict[int, dict[str, int]]:
    """Where the inputs end, by partition."""
    ends: dict[int, dict[str, int]] = defaultdict(dict)
    for topic in inputs:
        for number, end in client.end_offsets(topic).items():
            ends[number][topic] = end
    return dict(ends)
