"""The product as an outsider uses it: the command `tierstream`, and environment variables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeVar

from tests.oracle.records import CLOCK
from tests.oracle.sending import Sent

COMMAND = str(Path(sys.executable).with_name("tierstream"))
ROOT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 280
STOP_SECONDS = 60
_LOOK_SECONDS = 0.05

T = TypeVar("T")


class Result(NamedTuple):
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """stdout as NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def sentence(self) -> str:
        """The one line that a refused command says on stderr."""
        assert (self.code, self.out) == (1, ""), self
        said = [line for line in self.err.splitlines() if line.startswith("tierstream: ")]
        assert len(said) == 1, self.err
        assert "Traceback" not in self.err, self.err
        return said[0]


class Worker:
    """A running `tierstream worker`; all it says goes into a file."""

    def __init__(
        self, environ: Mapping[str, str], folder: Path, log: Path, command: Sequence[str]
    ) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=environ, cwd=folder, stdout=output, stderr=output
            )

    def stop(self) -> None:
        """SIGTERM; it must end with exit code 0 and no traceback."""
        self.process.send_signal(signal.SIGTERM)
        assert self.ended() == 0, f"the worker ended with {self.process.returncode}: {self.text}"
        assert "Traceback" not in self.text, self.text

    def kill(self) -> None:
        """SIGKILL, as a power failure does."""
        self.process.kill()
        self.process.wait()

    def ended(self) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(STOP_SECONDS)

    def falls_asleep(self) -> bool:
        """Whether it was stopped (SIGSTOP), once it was or has ended."""
        found = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        return found is not None and found.si_code == os.CLD_STOPPED

    def wake(self) -> None:
        """SIGCONT, as after a machine was suspended."""
        self.process.send_signal(signal.SIGCONT)

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    @property
    def text(self) -> str:
        """All it has said so far."""
        return self.log.read_text(errors="replace")


class Tierstream:
    """Commands and workers that share a folder and an environment. `set` changes the latter."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.workers: list[Worker] = []
        self._environ = {
            **os.environ,
            "TIERSTREAM_TICKS": "off",
            "TIERSTREAM_WEB": "127.0.0.1:0",
            # For workers that the tests start in a way of their own.
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            **environ,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop what still runs; where nothing has failed before, it must stop cleanly."""
        try:
            for worker in self.workers if kind is None else ():
                if worker.runs:
                    worker.stop()
        finally:
            for worker in self.workers:
                worker.kill()

    # -- settings

    def set(self, **variables: str) -> None:
        """Set variables of the environment, named without TIERSTREAM_."""
        self._environ.update({f"TIERSTREAM_{name}": value for name, value in variables.items()})

    def rules(self, toml: str) -> None:
        """Commands and workers from now on go by these rules."""
        path = self.folder / "rules.toml"
        path.write_text(toml)
        self.set(RULES=str(path))

    @property
    def prefix(self) -> str:
        """What goes before every topic's name."""
        return self._environ.get("TIERSTREAM_TOPIC_PREFIX", "")

    @property
    def app_id(self) -> str:
        """What the changelog is named after."""
        return self._environ.get("TIERSTREAM_APP_ID", "tierstream")

    @property
    def on_kafka(self) -> bool:
        """Whether the log is Kafka."""
        return self._environ["TIERSTREAM_BROKER"].startswith("kafka:")

    @property
    def app(self) -> str:
        """What the consumer group is called, and what every key in Redis begins with."""
        return self.prefix + self._environ.get("TIERSTREAM_APP_ID", "tierstream")

    @property
    def environ(self) -> Mapping[str, str]:
        """What commands and workers are given."""
        return self._environ

    # -- workers

    def start(self, **variables: str) -> Worker:
        """One more worker, with `variables` on top of the environment."""
        return self._start([COMMAND, "worker"], variables)

    def start_doomed(self, how: Literal["kill", "sleep"], *points: str) -> Worker:
        """One more worker, which meets its end, or falls asleep, when these fault points have
        been reached, one after another. On Kafka it is missed soon."""
        return self._start([sys.executable, "-m", "tests.e2e.doomed_worker", how, *points], {})

    def start_bare(self) -> Worker:
        """One more worker, without metrics of its commits."""
        return self._start([sys.executable, "-m", "tests.bench.bare_worker"], {})

    def _start(self, command: Sequence[str], variables: Mapping[str, str]) -> Worker:
        extra = {f"TIERSTREAM_{name}": value for name, value in variables.items()}
        log = self.folder / f"worker-{len(self.workers) + 1}.log"
        worker = Worker({**self._environ, **extra}, self.folder, log, command)
        self.workers.append(worker)
        return worker

    def refused(self, **variables: str) -> str:
        """The sentence with which a worker refuses to start or to go on."""
        worker = self.start(**variables)
        code = worker.ended()
        assert code == 1, f"exit code {code}: {worker.text}"
        return Result(code, "", worker.text).sentence

    # -- commands

    def call(self, *arguments: object, stdin: str | bytes = b"") -> Result:
        """Run a command, whatever its exit code."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        running = self._begin(*arguments)
        out, err = running.communicate(given, COMMAND_SECONDS)
        return Result(running.returncode, out.decode(), err.decode())

    def _begin(self, *arguments: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            env=self._environ, cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: object, stdin: str | bytes = b"") -> Result:
        """Run a command that must do what it is asked."""
        result = self.call(*arguments, stdin=stdin)
        assert result.code == 0, f"tierstream {' '.join(map(str, arguments))}: {result.err}"
        return result

    def send(self, *records: Sent) -> None:
        """Send records in their order, but for that of one topic against another's."""
        for topic, run in groupby(records, key=lambda record: record.topic):
            if topic == CLOCK:
                self.run("replay", topic, "-", stdin=b"\n".join(one.value or b"" for one in run))
            else:
                self.replay_raw(topic, [_raw(record) for record in run])

    def replay_raw(self, topic: str, records: Iterable[Mapping[str, Any]]) -> None:
        """`replay --raw` of whole records."""
        text = "".join(f"{json.dumps(record)}\n" for record in records)
        self.run("replay", "--raw", topic, "-", stdin=text)

    def tick(self, at: str) -> None:
        """Move time on in every partition."""
        self.run("tick", at)

    def settle(self, timeout: float = 120) -> None:
        """Wait until at rest, as long as every worker lives that was not ended on purpose."""
        settling = self._begin("settle", "--timeout", timeout)
        living = [worker for worker in self.workers if worker.runs]
        said = b""
        while settling.returncode is None:
            try:
                _, said = settling.communicate(timeout=0.5)
            except subprocess.TimeoutExpired:
                if not all(worker.runs for worker in living):
                    settling.kill()
        dead = [worker.log.name for worker in living if not worker.runs]
        assert not dead, f"{dead} ended while we waited"
        assert settling.returncode == 0, said.decode()

    def dump(self, topic: str) -> list[dict[str, Any]]:
        """A whole topic."""
        return self.run("dump", topic).lines

    def values(self, topic: str) -> list[dict[str, Any]]:
        """The values of a topic, without tombstones."""
        return [line["value"] for line in self.dump(topic) if line["value"] is not None]

    def standings(self) -> dict[str, dict[str, Any]]:
        """Everybody's current standing."""
        lines = self.run("standings", "--format", "ndjson").lines
        return {line["customer_id"]: line for line in lines}

    def customer(self, customer_id: str) -> dict[str, Any]:
        """One customer."""
        (found,) = self.run("customer", customer_id, "--format", "json").lines
        assert isinstance(found, dict)
        return found

    def progress(self) -> dict[int, dict[str, Any]]:
        """How far each partition is."""
        return {value["partition"]: value for value in self.values("progress")}

    def orders_read(self) -> int:
        """How many records of `orders` the partitions have in their states."""
        name = f"{self.prefix}orders"
        return sum(each["inputs"].get(name, 0) for each in self.progress().values())


def until(look: Callable[[], T], seconds: float = 90) -> T:
    """What `look` returns as soon as that is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(_LOOK_SECONDS)  # who is waited for needs the processor
    raise AssertionError(f"nothing came within {seconds} s")


def _raw(record: Sent) -> dict[str, Any]:
    key, value = (None if raw is None else raw.decode() for raw in (record.key, record.value))
    return {"key": key, "value": value}
