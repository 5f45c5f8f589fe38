"""A TCP proxy between a worker and its broker that can be cut, as a network is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from tests.kafka_node import HOST

_PIECE_BYTES = 1 << 16


class Proxy:
    """Listens on `port` and passes everything on to `target` (a port of the loopback address).

    While it is cut nothing passes in either direction, and nobody is told: connections stay open,
    new ones are taken and get no answer. Healed, they go on where they were, as TCP does, or
    (`reset`) all break. Slow, it keeps what comes for a while before it passes it on.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._whole = asyncio.Event()
        self._delay_seconds = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        self._thread.start()
        self._do(self._listen())

    def stop(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._do(self._set(whole=False, reset=False))

    def heal(self, *, reset: bool = False) -> None:
        """Let everything pass again; with `reset` what was connected breaks first."""
        self._do(self._set(whole=True, reset=reset))

    def slow(self, seconds: float) -> None:
        """Let everything take so much longer, in each direction; 0: as fast as it comes."""
        self._delay_seconds = seconds

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._whole.set()
        self._server = await asyncio.start_server(self._connected, HOST, self.port)

    async def _set(self, *, whole: bool, reset: bool) -> None:
        if reset:
            for writer in list(self._writers):
                writer.transport.abort()
        if whole:
            self._whole.set()
        else:
            self._whole.clear()

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, ours: asyncio.StreamReader, us: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(us)
        try:
            await self._whole.wait()
            theirs, them = await asyncio.open_connection(HOST, self._target)
            self._writers.add(them)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pass(ours, them))
                    both.create_task(self._pass(theirs, us))
            finally:
                self._writers.discard(them)
                them.transport.abort()
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            return  # either side is gone: so is the connection
        finally:
            self._writers.discard(us)
            us.transport.abort()
            self._tasks.discard(task)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Pass bytes on until one side ends, which ends the other."""
        while piece := await source.read(_PIECE_BYTES):
            await self._whole.wait()
            await asyncio.sleep(self._delay_seconds)
            sink.write(piece)
            await sink.drain()
        raise ConnectionResetError
