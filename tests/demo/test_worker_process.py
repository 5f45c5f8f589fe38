"""The demo's child process, with stand-ins for the worker that are real processes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from streams.demo.worker_process import WorkerError, WorkerProcess

_WAITS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit({code}));"
_READY = "print('ready', flush=True); signal.pause()"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def wait_until_ready(log: Path) -> None:
    while "ready" not in log.read_text():
        os.sched_yield()


def run_until_it_ends(command: list[str], log: Path) -> None:
    with WorkerProcess(command, log):
        while True:
            signal.pause()


def interrupt_once_ready(log: Path) -> None:
    wait_until_ready(log)
    os.kill(os.getpid(), signal.SIGINT)


def pid_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_worker_that_dies_ends_whatever_waits_and_shows_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    log = tmp_path / "worker.log"
    code = "import sys; [print('line', n, flush=True) for n in range(40)]; sys.exit('no disk left')"
    with pytest.raises(WorkerError) as caught:
        run_until_it_ends(python(code), log)
    assert "exit code 1" in str(caught.value)
    assert "no disk left" in str(caught.value)
    assert "line 39" in str(caught.value)
    assert "line 20" not in str(caught.value)


def test_a_worker_that_ends_well_on_sigterm_was_stopped_cleanly(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with WorkerProcess(python(_WAITS.format(code=0) + _READY), log) as worker:
        wait_until_ready(log)
        worker.stop()


def test_a_worker_that_stops_with_an_error_is_reported(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with WorkerProcess(python(_WAITS.format(code=3) + _READY), log) as worker:
        wait_until_ready(log)
        with pytest.raises(WorkerError, match="stopped with exit code 3"):
            worker.stop()


def test_leaving_by_ctrl_c_leaves_no_worker_behind(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    code = "import os; print(os.getpid(), flush=True);" + _WAITS.format(code=0) + _READY
    with pytest.raises(KeyboardInterrupt), WorkerProcess(python(code), log):
        interrupt_once_ready(log)
    assert pid_gone(int(log.read_text().split()[0]))


def test_the_worker_has_no_ticks_of_its_own_and_no_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERSTREAM_REDIS_URL", "redis://localhost:6379/0")
    log = tmp_path / "worker.log"
    code = "import os; print(sorted(i for i in os.environ.items() if i[0][:10] == 'TIERSTREAM'))"
    with pytest.raises(WorkerError):
        run_until_it_ends(python(code), log)
    assert "('TIERSTREAM_TICKS', 'off')" in log.read_text()
    assert "('TIERSTREAM_REDIS_URL', '')" in log.read_text()
