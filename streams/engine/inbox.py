"""The batches that wait at a door. A few are read ahead of it; then whoever brings more waits."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from streams.engine.records import BATCH_RECORDS, Batch, cut
from streams.engine.turn import Input

_WAITING_BATCHES = 4  # before `put` waits: what is read ahead of a partition
_NEXT_SECONDS = 1.0  # the longest wait for the next batch of a backlog, while others fold theirs


class Inbox:
    """Batches in the order in which they came. `wake` is set with each, and when it is closed."""

    def __init__(self, wake: asyncio.Event) -> None:
        self._wake = wake
        self._room = asyncio.Event()
        self._batches: deque[tuple[Batch, Input]] = deque()
        self._closed = False

    def __len__(self) -> int:
        return len(self._batches)

    @property
    def records(self) -> int:
        """How many records wait."""
        return sum(len(batch.records) for batch, _ in self._batches)

    async def put(self, batch: Batch, topic: Input) -> None:
        """Add a batch; waits while several are waiting. After closing it is dropped."""
        while len(self._batches) >= _WAITING_BATCHES and not self._closed:
            self._room.clear()
            await self._room.wait()
        if self._closed:
            return
        self._batches.append((batch, topic))
        self._wake.set()

    def take(self, most: int) -> tuple[Batch, Input]:
        """The oldest batch; of one with more records than `most` the first ones."""
        batch, topic = self._batches.popleft()
        if len(batch.records) > most:
            batch, rest = cut(batch, most)
            self._batches.appendleft((rest, topic))
        self._room.set()
        return batch, topic

    async def next_after(self, batch: Batch) -> None:
        """After a batch with as many records as one may have, of a backlog, more comes at once:
        return when it is there, or hasn't come for long. Others get their turn meanwhile. After
        any other batch, one of few large records too, return at once."""
        if len(batch.records) < BATCH_RECORDS:
            return
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(_NEXT_SECONDS):
                while not self._batches and not self._closed:
                    self._wake.clear()
                    await self._wake.wait()

    def clear(self) -> None:
        """Drop what waits."""
        self._batches.clear()
        self._room.set()

    def close(self) -> None:
        """Take nothing more; nobody waits any longer."""
        self._closed = True
        self._room.set()
        self._wake.set()
