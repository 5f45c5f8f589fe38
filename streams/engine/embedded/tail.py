"""Wakes readers as soon as another connection has committed."""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path

from streams.engine.embedded.database import Database
from streams.engine.log import LogError

_IN_MODIFY = 0x2
# The WAL grows just before the commit shows: look again at once a few times, then at leisure.
# (A loop's timer is no finer than 1 ms.) Right after a find a hint is most often an echo of it.
_LEISURE = (0.001, 0.002, 0.004)
_AT_ONCE = (0.0,) * 10
_ECHO_SECONDS = 0.0005
_WATCHED_SECONDS = 0.25  # between two looks where the file is watched
_POLL_SECONDS = 0.004  # where it can't be


class Tail:
    """A watch on one connection. A write to the WAL file is the hint (inotify); SQLite's own
    `data_version` is the truth, looked at now and then without a hint too."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = asyncio.Event()
        self._hint = asyncio.Event()
        self._version = database.version()
        self._found_at = 0.0
        self._inotify = -1
        self._task: asyncio.Task[None] | None = None
        self.count = 0

    def start(self) -> None:
        """Begin to watch, on the running loop."""
        self._inotify = _watch(self._database.wal_path)
        if self._inotify >= 0:
            asyncio.get_running_loop().add_reader(self._inotify, self._on_write)
        self._task = asyncio.create_task(self._look_for_ever())

    async def stop(self) -> None:
        """Stop watching; whoever waits goes on waiting."""
        if self._inotify >= 0:
            asyncio.get_running_loop().remove_reader(self._inotify)
            os.close(self._inotify)
            self._inotify = -1
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def wait(self, seen: int) -> None:
        """Until something was committed after the moment at which `count` was `seen`.

        LogError where the log can't be watched any more.
        """
        while self.count == seen:
            if self._task is not None and self._task.done():
                self._task.result()
            await self._changed.wait()

    def _on_write(self) -> None:
        try:
            os.read(self._inotify, 65_536)
        except BlockingIOError:
            return
        if not self._look():
            self._hint.set()

    async def _look_for_ever(self) -> None:
        idle = _WATCHED_SECONDS if self._inotify >= 0 else _POLL_SECONDS
        pauses: Iterator[float] = iter(())
        try:
            while True:
                if await self._hinted(next(pauses, idle)):
                    echo = time.monotonic() - self._found_at < _ECHO_SECONDS
                    pauses = iter(_LEISURE if echo else _AT_ONCE + _LEISURE)
                if self._look():
                    pauses = iter(())
        except LogError:
            self._changed.set()  # whoever waits is told by `wait`
            raise

    async def _hinted(self, seconds: float) -> bool:
        """Whether a hint came within the time."""
        if not seconds:
            await asyncio.sleep(0)
        elif not self._hint.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._hint.wait()
            except TimeoutError:
                return False
        hinted = self._hint.is_set()
        self._hint.clear()
        return hinted

    def _look(self) -> bool:
        version = self._database.version()
        if version == self._version:
            return False
        self._version = version
        self._found_at = time.monotonic()
        self.count += 1
        self._changed.set()
        self._changed = asyncio.Event()
        return True


def _watch(path: Path) -> int:
    """A file descriptor that tells of writes to the file; -1 where the system can't."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    except (OSError, AttributeError):
        return -1
    if descriptor >= 0 and libc.inotify_add_watch(descriptor, os.fsencode(path), _IN_MODIFY) < 0:
        os.close(descriptor)
        return -1
    return descriptor
