"""Watches workers from outside while they run: the memory of their processes, what their web
answers, what they say."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.e2e.driver import Worker
from tests.metrics.exposition import Exposed

LOOK_SECONDS = 0.5
_WEB = re.compile(r" is up; web on (http://\S+)")
_ANSWER_SECONDS = 5


def peak_mb(pid: int) -> float | None:
    """The most memory that a process has ever had resident (VmHWM: RocksDB's and Python's alike),
    in MB; None where it has ended. Linux alone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else None


def web_of(worker: Worker) -> str | None:
    """Where a worker's web is; None before it is up."""
    found = _WEB.search(worker.text)
    return found[1] if found else None


def ask(web: str, path: str) -> tuple[int, str]:
    """Status and body of a page; (0, why) where nobody answers."""
    try:
        with urlopen(f"{web}{path}", timeout=_ANSWER_SECONDS) as page:
            return page.status, page.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except (URLError, OSError) as error:
        return 0, str(error)


def exposed(worker: Worker) -> Exposed:
    """The metrics of a worker that runs."""
    web = web_of(worker)
    assert web is not None, worker.text
    status, text = ask(web, "/metrics")
    assert status == 200, text
    return Exposed(text)


class Watch:
    """Looks at whatever workers there are, in a thread of its own."""

    def __init__(self, workers: Callable[[], list[Worker]]) -> None:
        self.peak_mb = 0.0
        self.unhealthy = 0  # looks at which a worker that is up said that it stands still
        self.unready = 0
        self._workers = workers
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for worker in self._workers():
                self._look(worker)

    def _look(self, worker: Worker) -> None:
        peak = peak_mb(worker.process.pid) if worker.runs else None
        if peak is None:
            return
        self.peak_mb = max(self.peak_mb, peak)
        web = web_of(worker)
        if web is not None:
            self.unhealthy += ask(web, "/healthz")[0] == 503
            self.unready += ask(web, "/readyz")[0] == 503
