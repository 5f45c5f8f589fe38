"""A real Kafka node for tests, benchmarks and demos, and the pytest fixture that gives it.

`deploy/kafka/run.py` is what starts the node; this gives it a life cycle. Where the machine
can't run it, the tests that need it are skipped and a banner at the end says so; with
`TESTS_REQUIRE_KAFKA=1` they fail instead.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.not_run import banner, skip

RUN = Path(__file__).resolve().parent.parent / "deploy" / "kafka" / "run.py"
HOST = "127.0.0.1"
START_SECONDS = 90
STOP_SECONDS = 30


def why_not() -> str | None:
    """The sentence that says why no Kafka can run on this machine; None where it can."""
    done = subprocess.run(
        [sys.executable, str(RUN), "--check"], capture_output=True, text=True, check=False
    )
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


class KafkaNode:
    """One Kafka node in a process of its own, with its data in `folder`.

    `settings` are broker properties that replace the usual ones. Without a port a free one is
    taken, and kept over restarts.
    """

    def __init__(
        self, folder: Path, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.port = port if port is not None else free_port()
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def servers(self) -> str:
        """The bootstrap servers: `host:port`."""
        return f"{HOST}:{self.port}"

    @property
    def output(self) -> Path:
        """What the node has printed."""
        return self.folder / "output.log"

    def start(self) -> None:
        """Start, and return when the node answers; RuntimeError with its output if it doesn't."""
        self.folder.mkdir(parents=True, exist_ok=True)
        extra = [f"--property={key}={value}" for key, value in self._settings.items()]
        command = [sys.executable, str(RUN), f"--port={self.port}", f"--data={self.folder}"]
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, *extra], stdout=output, stderr=subprocess.STDOUT
            )
        self._await_answer(self._process)

    def stop(self) -> None:
        """Stop cleanly (SIGTERM); killed where that takes too long."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop as a power failure does (SIGKILL)."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start again on the same port and data."""
        self.stop()
        self.start()

    def send_signal(self, number: signal.Signals) -> None:
        """Send the node a signal, where it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if _answers(self.servers):
                return
            time.sleep(0.1)
        self.kill()
        raise RuntimeError(
            f"Kafka did not come up on {self.servers} within {START_SECONDS} s:\n"
            f"{self.output.read_text(errors='replace')[-4000:]}"
        )


def _answers(servers: str) -> bool:
    host, _, port = servers.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        admin = KafkaAdminClient(bootstrap_servers=servers, bootstrap_timeout_ms=5000)
    except (OSError, KafkaError):
        return False
    admin.close()
    return True


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def require_kafka() -> None:
    """Skip the test where no Kafka can run here; fail it where that must not be."""
    reason = why_not()
    if reason is not None:
        skip("KAFKA", reason)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap servers of a node that lives as long as the session."""
    require_kafka()
    node = KafkaNode(tmp_path_factory.mktemp("kafka"))
    node.start()
    try:
        yield node.servers
    finally:
        node.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The banner that nobody overlooks."""
    unproven = "Everything that only Kafka can show is unproven by this run."
    banner(terminalreporter, "KAFKA", "THE KAFKA HALF WAS NOT RUN", unproven)
