"""The demo's worker: a child process, watched, and stopped whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from streams.errors import UserError

_Handler = Callable[[int, FrameType | None], Any] | int | None

_STOP_SECONDS = 30
_SHOWN_LINES = 15

#: What the demo sets for its worker: only its own tick moves time, any free port serves the web.
ENVIRONMENT: Mapping[str, str] = {
    "TIERSTREAM_TICKS": "off",
    "TIERSTREAM_WEB": "127.0.0.1:0",
}


class WorkerError(UserError):
    """The worker ended when it should not have, or not as it should have."""


class WorkerProcess:
    """`with WorkerProcess(…) as worker:` runs it; leaving the block never leaves it behind.

    If the worker ends before `stop`, WorkerError is raised then and there, as Ctrl-C raises
    KeyboardInterrupt: by a signal (SIGCHLD), so that no wait inside the block has to look after
    it. For the main thread only, and for one worker at a time.
    """

    def __init__(self, command: list[str], log: Path, redis_url: str = "") -> None:
        """`command` is run with ENVIRONMENT on top of ours, and no Redis but the one given; all it
        prints goes to `log`."""
        self._command = command
        self._redis_url = redis_url
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._handler_before: _Handler = signal.SIG_DFL

    def __enter__(self) -> Self:
        self._handler_before = signal.signal(signal.SIGCHLD, self._on_child)
        with self._log.open("wb") as log:
            # A group of its own: Ctrl-C reaches us alone, and we stop it in good order.
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, **ENVIRONMENT, "TIERSTREAM_REDIS_URL": self._redis_url},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self.check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._unwatched()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def check(self) -> None:
        """Raise WorkerError, with the end of the worker's log, if it has ended."""
        code = None if self._process is None else self._process.poll()
        if code is not None:
            raise WorkerError(f"the worker ended with exit code {code}{self._last_lines()}")

    def stop(self) -> None:
        """SIGTERM, and wait; WorkerError unless it ends in time and with exit code 0."""
        self.check()
        process = self._unwatched()
        process.terminate()
        try:
            code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise WorkerError(
                f"the worker did not stop within {_STOP_SECONDS} s of SIGTERM{self._last_lines()}"
            ) from None
        if code != 0:
            raise WorkerError(f"the worker stopped with exit code {code}{self._last_lines()}")

    def _on_child(self, number: int, frame: FrameType | None) -> None:
        self.check()

    def _unwatched(self) -> subprocess.Popen[bytes]:
        signal.signal(signal.SIGCHLD, self._handler_before)
        if self._process is None:
            raise RuntimeError("the worker's block has not been entered")
        return self._process

    def _last_lines(self) -> str:
        lines = self._log.read_text("utf-8", errors="replace").splitlines()[-_SHOWN_LINES:]
        return f"; the last lines of {self._log}:\n" + "\n".join(f"  {line}" for line in lines)


def worker_command() -> list[str]:
    """`tierstream worker`, run by this very Python."""
    run_main = "import sys; from streams.cli import main; sys.exit(main())"
    return [sys.executable, "-c", run_main, "worker"]
