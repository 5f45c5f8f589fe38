"""What taking partitions over costs: the take-overs under way, and the sum of all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class TakeOver:
    """A partition being taken over. Moments are those of the event loop's clock."""

    def __init__(self, all_of_them: TakeOvers) -> None:
        self._all = all_of_them
        self.began = self.moved_at = asyncio.get_running_loop().time()
        self.records = 0

    def read(self, records: int) -> None:
        """So many more records of the changelog have been read."""
        self._all.records += records
        self.records += records
        self.moved_at = asyncio.get_running_loop().time()


class TakeOvers:
    """All take-overs of a worker."""

    def __init__(self) -> None:
        self.under_way: dict[int, TakeOver] = {}
        self.done = 0
        self.records = 0
        self.seconds = 0.0  # of those done

    @contextmanager
    def of(self, number: int) -> Iterator[TakeOver]:
        """While a partition is taken over; one that ends in an error doesn't count as done."""
        take_over = self.under_way[number] = TakeOver(self)
        try:
            yield take_over
        finally:
            del self.under_way[number]
        self.done += 1
        self.seconds += asyncio.get_running_loop().time() - take_over.began
