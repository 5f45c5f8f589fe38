"""An event loop in a thread, for blocking code that needs what is asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_Item = TypeVar("_Item")


class LoopThread:
    """Runs coroutines on a loop of its own, until `close`."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, _Result], seconds: float) -> Future[_Result]:
        """Begin `work`; TimeoutError becomes its result where it lasts longer than `seconds`."""
        return asyncio.run_coroutine_threadsafe(_within(work, seconds), self._loop)

    def run(self, work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
        """Do `work` and wait for it."""
        begun = self.submit(work, seconds)
        try:
            return begun.result()
        finally:
            begun.cancel()  # where the wait was interrupted

    def iterate(self, items: AsyncGenerator[_Item, None], seconds: float) -> Iterator[_Item]:
        """The items, each waited for so many seconds at most."""
        one_at_a_time = asyncio.Lock()  # an interrupted wait may still be under way at the end
        try:
            while (found := self.run(_next(items, one_at_a_time), seconds)) is not None:
                yield found
        finally:
            self.run(_close(items, one_at_a_time), seconds)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _within(work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
    async with asyncio.timeout(seconds):
        return await work


async def _next(items: AsyncGenerator[_Item, None], one_at_a_time: asyncio.Lock) -> _Item | None:
    async with one_at_a_time:
        return await anext(items, None)


async def _close(items: AsyncGenerator[Any, None], one_at_a_time: asyncio.Lock) -> None:
    """End it where it stands, so that it gives back what it holds."""
    async with one_at_a_time:
        await items.aclose()
