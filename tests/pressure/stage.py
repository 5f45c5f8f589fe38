"""One worker on a log of its own, kept running as systemd does it, and watched."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from uuid import uuid4

from streams.engine.connect import open_client
from streams.engine.log import LogClient, LogError
from streams.engine.records import Write
from streams.provision import ensure_topics
from streams.settings import Settings
from tests.e2e.driver import COMMAND, Tierstream, Worker
from tests.faults.broker import Broker
from tests.faults.crew import Crew, Slot
from tests.pressure.watching import Watch, exposed
from tests.pressure.writing import Writing

REST_SECONDS = 1800
UP_SECONDS = 90
_BEAT_SECONDS = 0.05
_CHUNK = 2_000
_AGAIN_SECONDS = 0.5

Say = Callable[[str], None]


class Stage:
    """What a pressure plays on. `scale`: 1 for sizes as they are named."""

    def __init__(self, folder: Path, broker: Broker | None, scale: float, say: Say) -> None:
        self.broker = broker
        self.scale = scale
        self.say = say
        environ = {"TIERSTREAM_BROKER": f"embedded://{folder}/log.db"}
        variables = {"DATA": str(folder / "data")}
        if broker is not None:
            name = uuid4().hex[:8]
            environ = {
                "TIERSTREAM_BROKER": f"kafka://{broker.node.servers}",
                "TIERSTREAM_TOPIC_PREFIX": f"{name}.",
                "TIERSTREAM_APP_ID": f"app-{name}",
            }
            variables["BROKER"] = f"kafka://{broker.servers_of(0)}"
        self.tierstream = Tierstream(folder, environ)
        self.crew = Crew(self.tierstream, [Slot(0, variables, folder / "data")], say)
        self.watch = Watch(lambda: self.tierstream.workers[-1:])
        self._settings = Settings.from_env(self.tierstream.environ)
        self._client: LogClient | None = None
        client = open_client(self._settings)
        try:
            partitions = ensure_topics(client, self._settings)
        finally:
            client.close()
        self.make = Writing(self.tierstream.prefix, partitions)

    def size(self, full: int) -> int:
        """A size, scaled."""
        return max(1, round(full * self.scale))

    @property
    def worker(self) -> Worker:
        return self.tierstream.workers[-1]

    # -- sending

    def send(self, writes: Iterable[Write], rate: float | None = None) -> None:
        """Append all, a chunk at a time, at most so many a second, again where the log is away."""
        began, sent = time.monotonic(), 0
        for chunk in _chunks(writes):
            self._append(chunk)
            sent += len(chunk)
            if rate is not None:
                self.wait(began + sent / rate - time.monotonic())
            self.crew.tend()

    def _append(self, chunk: list[Write]) -> None:
        while True:
            try:
                self.client.append(chunk)
                return
            except LogError as error:
                self.say(f"the sender waits: {str(error)[:90]}")
                self.forget_client()
                self.wait(_AGAIN_SECONDS)

    @property
    def client(self) -> LogClient:
        if self._client is None:
            self._client = open_client(self._settings)
        return self._client

    def forget_client(self) -> None:
        """Close the sender's connection."""
        client, self._client = self._client, None
        try:
            if client is not None:
                client.close()
        except (LogError, TimeoutError):
            return  # it was given up because it doesn't answer

    # -- the worker

    def start(self) -> None:
        """Start the worker, and wait until it is up."""
        slot = self.crew.slots[0]
        self.crew.start(slot)
        self.until(lambda: slot.is_up, UP_SECONDS, "the worker is up")

    def wait(self, seconds: float) -> None:
        """Meanwhile who has ended is started again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.crew.tend()
            time.sleep(_BEAT_SECONDS)

    def until(self, is_so: Callable[[], object], seconds: float, what: str) -> None:
        """AssertionError where it takes longer."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
            self.wait(_BEAT_SECONDS)

    def read(self) -> int:
        """How many records of the inputs the worker has counted, by its own word."""
        return round(exposed(self.worker).total("tierstream_events_total"))

    def rest(self) -> None:
        """Until all that was sent has been worked off, by whichever worker."""
        self.until(self.crew.all_up, UP_SECONDS, "the worker is up")
        settling = subprocess.Popen(
            [COMMAND, "settle", "--timeout", str(REST_SECONDS)],
            env=self.tierstream.environ, cwd=self.tierstream.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            self.until(lambda: settling.poll() is not None, 2 * REST_SECONDS, "settle ends")
        finally:
            settling.kill()
            _, why = settling.communicate()
        assert settling.returncode == 0, why
        self.until(self.crew.all_up, UP_SECONDS, "the worker is up")


def _chunks(writes: Iterable[Write]) -> Iterator[list[Write]]:
    remaining = iter(writes)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk
