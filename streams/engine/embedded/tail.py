"""Wakes readers as soon as another connection has committed."""

from __future__ import annotations

import asyncio
import ctypes
import os
from pathlib import Path

from streams.engine.embedded.database import Database

_IN_MODIFY = 0x2
_HINTED_WAITS = (0.0, 0.0005, 0.001, 0.002, 0.004)  # the WAL grows just before the commit shows
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
        self._hint.set()

    async def _look_for_ever(self) -> None:
        try:
            while True:
                waits = _HINTED_WAITS if await self._hinted() else _HINTED_WAITS[:1]
                for wait in waits:
                    await asyncio.sleep(wait)
                    if self._look():
                        break
        finally:
            self._changed.set()

    async def _hinted(self) -> bool:
        pause = _WATCHED_SECONDS if self._inotify >= 0 else _POLL_SECONDS
        try:
            async with asyncio.timeout(pause):
                await self._hint.wait()
        except TimeoutError:
            return False
        self._hint.clear()
        return True

    def _look(self) -> bool:
        version = self._database.version()
        if version == self._version:
            return False
        self._version = version
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
