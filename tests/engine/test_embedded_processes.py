"""Several processes on one embedded log, and what their death leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.lock import WorkerLock
from streams.engine.log import LogError, NewTopic
from streams.engine.records import Write

APPEND_MANY = """
import sys
from pathlib import Path
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.log import NewTopic
from streams.engine.records import Write

path, name = Path(sys.argv[1]), sys.argv[2]
client = EmbeddedClient(path)
client.create([NewTopic("orders", 2)])
for burst in range(20):
    client.append(Write("orders", i % 2, name.encode(), b"%d" % (burst * 250 + i))
                  for i in range(250))
"""

DIE_IN_A_TRANSACTION = """
import sys, time
from pathlib import Path
from streams.engine.embedded import rows
from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.records import Write

database = Database(Path(sys.argv[1]))
catalogue = Catalogue(database)
planned = rows.plan(catalogue, [Write("orders", 0, b"k", b"lost" * 1000)] * 5000)

def work():
    rows.append(database, catalogue, planned)
    print("written, not committed", flush=True)
    sys.stdin.read()

database.write(work)
"""

HOLD_THE_LOCK = """
import sys
from pathlib import Path
from streams.engine.embedded.lock import WorkerLock

lock = WorkerLock(Path(sys.argv[1]), "tierstream")
lock.take()
print("taken", flush=True)
sys.stdin.read()
"""


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_what_several_processes_append_is_all_there_in_the_order_of_each(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    names = ["ann", "bob", "cid"]
    processes = [_start(APPEND_MANY, str(path), name) for name in names]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0, 0]

    client = EmbeddedClient(path)
    assert client.end_offsets("orders") == {0: 7_500, 1: 7_500}
    found = list(client.read("orders"))
    assert [record.offset for _, record in found] == [*range(7_500), *range(7_500)]
    for name in names:
        for partition in (0, 1):
            values = [
                int(r.value or b"") for p, r in found if (p, r.key) == (partition, name.encode())
            ]
            assert values == list(range(partition, 5_000, 2))


def test_a_kill_in_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    client = EmbeddedClient(path)
    client.create([NewTopic("orders", 1)])
    client.append([Write("orders", 0, b"k", b"before")])
    process = _start(DIE_IN_A_TRANSACTION, str(path))
    assert _first_line(process) == "written, not committed"
    process.kill()
    process.wait(timeout=10)

    client.append([Write("orders", 0, b"k", b"after")])
    assert [(r.offset, r.value) for _, r in client.read("orders")] == [
        (0, b"before"),
        (1, b"after"),
    ]
    client.close()
    reopened = EmbeddedClient(path)
    assert [r.value for _, r in reopened.read("orders")] == [b"before", b"after"]


def test_a_second_worker_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    process = _start(HOLD_THE_LOCK, str(path))
    assert _first_line(process) == "taken"
    with pytest.raises(LogError) as refused:
        WorkerLock(path, "tierstream").take()
    assert str(refused.value) == (
        f"another worker of 'tierstream' is running on {path} (pid {process.pid}): "
        "stop it first, or use Kafka for several workers"
    )
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    lock = WorkerLock(path, "tierstream")
    lock.take()
    lock.free()


def test_workers_of_two_applications_share_a_log(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    locks = [WorkerLock(path, "tierstream"), WorkerLock(path, "../other app")]
    for lock in locks:
        lock.take()
    assert [found.parent for found in tmp_path.rglob("*.lock")] == [tmp_path, tmp_path]
    for lock in locks:
        lock.free()
