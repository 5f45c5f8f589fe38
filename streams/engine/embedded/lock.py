"""One worker per log and application: a lock file beside the log."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from urllib.parse import quote

from streams.engine.log import LogError


class WorkerLock:
    """Held from `take` to `free`, or to the death of the process, whatever it died of.

    A file of its own: closing any descriptor of the database file would drop SQLite's locks.
    """

    def __init__(self, log: Path, app_id: str) -> None:
        self._log = log.absolute()
        self._app_id = app_id
        self._path = self._log.with_name(f"{self._log.name}.{quote(app_id, safe='')}.lock")
        self._descriptor = -1

    def take(self) -> None:
        """LogError where another worker holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise LogError(
                f"another worker of {self._app_id!r} is running on {self._log} (pid {holder}): "
                "stop it first, or use Kafka for several workers"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def free(self) -> None:
        """Give it back; without having it, nothing happens."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
