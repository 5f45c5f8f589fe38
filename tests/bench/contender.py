"""What the benchmark asks of each contender, and a contender at work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.bench.broker import Broker
from tests.bench.machine import folder_bytes, pinned
from tests.bench.peers.job import Given, Place
from tests.bench.recount import Figures

ROOT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = 60
_SHOWN_CHARACTERS = 3000


class Stage(NamedTuple):
    """Where contenders run: all of them the same."""

    broker: Broker
    prefix: str  # of every topic's name
    folder: Path
    partitions: int
    given: Given
    cores: tuple[set[int], set[int]]  # the contender's, and those of everything else
    commit_seconds: float | None = None  # None: each contender's own default

    @property
    def orders(self) -> str:
        """The topic that all of them read."""
        return f"{self.prefix}orders"


class BrokenError(Exception):
    """A contender ended, or got nowhere: a sentence, and the end of what it printed."""


class Run(Protocol):
    """A contender at work."""

    def counted(self) -> int:
        """How many orders it has counted for good, by its own account."""

    def pid(self) -> int:
        """Its process; BrokenError where that has ended."""

    def settle(self) -> None:
        """Wait until it has nothing left to do."""

    def standings(self) -> dict[str, Figures]:
        """Where everybody stands, by its own durable state."""

    def stop(self) -> None:
        """End it cleanly."""

    def state_bytes(self) -> int:
        """What its state takes on disk, once it has stopped."""

    def changelog(self) -> str | None:
        """The topic of its changelog, where it has one."""

    def topic(self, name: str) -> str:
        """The full name of a topic that it writes: `tier-changes` or `dormant-customers`."""


class Contender(Protocol):
    """One row of the table."""

    slug: str
    title: str
    does: str  # store, guarantee; what it leaves out
    counts: bool  # False: it only reads
    deadlines: bool  # whether silent customers are looked at when their day comes
    damped: bool  # whether tiers may stand higher than the rule puts them

    def prepare(self) -> None:
        """Make what it needs; NotHereError where that can't be had on this machine."""

    def start(self, stage: Stage, name: str) -> Run:
        """Start it as `name`, which nobody has been before."""


class PeerRun:
    """A peer in a process of its own, which finds its place in a file."""

    def __init__(
        self, stage: Stage, name: str, command: list[str], environ: Mapping[str, str]
    ) -> None:
        self.stage = stage
        self.group = f"{stage.prefix}{name}"
        self.folder = stage.folder / name
        self.state = self.folder / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.place = Place(
            servers=stage.broker.servers,
            orders=stage.orders,
            group=self.group,
            prefix=f"{self.group}.",
            folder=str(self.state),
            partitions=stage.partitions,
            commit_seconds=stage.commit_seconds,
            given=stage.given,
        )
        self._log = self.folder / "output.log"
        self._start(command, environ)

    def _start(self, command: list[str], environ: Mapping[str, str]) -> None:
        path = self.folder / "place.json"
        path.write_text(json.dumps({**self.place._asdict(), "given": self.stage.given._asdict()}))
        outputs = (self.place.tier_changes, self.place.dormant_customers)
        self.stage.broker.create(outputs, self.stage.partitions)
        with self._log.open("wb") as log, pinned(self.stage.cores[0]):
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT), "BENCH_PLACE": str(path), **environ},
            )

    def counted(self) -> int:
        return self.stage.broker.committed(self.group, self.stage.orders)

    def pid(self) -> int:
        if self._process.poll() is not None:
            said = self._log.read_text(errors="replace")[-_SHOWN_CHARACTERS:]
            raise BrokenError(f"{self.group} ended with {self._process.returncode}:\n{said}")
        return self._process.pid

    def settle(self) -> None:
        """All that it counts is committed: nothing is left."""

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def state_bytes(self) -> int:
        return folder_bytes(self.state)

    def topic(self, name: str) -> str:
        return f"{self.place.prefix}{name}"
