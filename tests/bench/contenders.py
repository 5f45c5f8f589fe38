"""The contenders, each with what it does and what it leaves out."""

from __future__ import annotations

import json
import pickle
import sqlite3
import struct
import subprocess
import sys
from typing import Any

from streams.domain.dormancy import STAGES
from streams.domain.packed import decode_customer
from streams.domain.pyramid import TIERS
from tests.bench.broker import Progress
from tests.bench.contender import BrokenError, Contender, PeerRun, Run, Stage
from tests.bench.environments import peers_python, streams_class_path
from tests.bench.machine import folder_bytes, pinned
from tests.bench.recount import Figures
from tests.e2e.driver import Tierstream, Worker

_MODULE = "tests.bench.peers."


# -- this project


class ProductRun:
    """A worker as shipped, with a folder of its own."""

    def __init__(self, stage: Stage, name: str, rules: str | None) -> None:
        self._stage = stage
        self._folder = stage.folder / name
        self._folder.mkdir()
        self._tierstream = Tierstream(self._folder, {
            "TIERSTREAM_BROKER": f"kafka://{stage.broker.servers}",
            "TIERSTREAM_TOPIC_PREFIX": stage.prefix,
            "TIERSTREAM_APP_ID": name,
            "TIERSTREAM_PARTITIONS": str(stage.partitions),
        })  # fmt: skip
        if rules is not None:
            self._tierstream.rules(rules)
        with pinned(stage.cores[0]):
            self._worker: Worker = self._tierstream.start()
        self._progress: Progress | None = None

    def counted(self) -> int:
        stage = self._stage
        if self._progress is None:
            if f"{stage.prefix}progress" not in stage.broker.topics():
                return 0
            self._progress = Progress(stage.broker, stage.prefix, stage.orders)
        return self._progress.counted()

    def pid(self) -> int:
        if not self._worker.runs:
            raise BrokenError(f"the worker has ended:\n{self._worker.text[-3000:]}")
        return self._worker.process.pid

    def settle(self) -> None:
        self._tierstream.settle(600)

    def standings(self) -> dict[str, Figures]:
        return {
            name: Figures(
                each["revenue"], each["frequency"], int(each["rfm"]), each["tier"], each["stage"]
            )
            for name, each in self._tierstream.standings().items()
        }

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.close()
        if self._worker.runs:
            self._worker.process.terminate()
            self._worker.ended()

    def state_bytes(self) -> int:
        return folder_bytes(self._folder / ".tierstream")

    def changelog(self) -> str | None:
        return f"{self._tierstream.app}-customers-changelog"

    def topic(self, name: str) -> str:
        return f"{self._stage.prefix}{name}"


class Product:
    """This project."""

    slug = "tierstream"
    title = "**Tierstream**, one worker"
    does = (
        "RocksDB, changelog, exactly once; everybody ranked, borders that move, duplicates, "
        "cancellations, standings, churn alerts and metrics included"
    )
    counts = True
    deadlines = True

    def __init__(self, rules: str | None = None) -> None:
        self._rules = rules
        self.damped = rules is None

    def prepare(self) -> None:
        """It is here."""

    def start(self, stage: Stage, name: str) -> Run:
        return ProductRun(stage, name, self._rules)


_LEFT_OUT = "no ranking, no duplicates, no cancellations, no standings, no alerts"


# -- the floor


class FloorRun(PeerRun):
    def changelog(self) -> str | None:
        return f"{self.place.prefix}customers-changelog"

    def standings(self) -> dict[str, Figures]:
        newest = self.stage.broker.newest(f"{self.place.prefix}customers-changelog")
        return {key.decode(): _of_product(value) for key, value in newest.values.items()}


def _of_product(state: bytes) -> Figures:
    held = decode_customer(state)
    tier, stage = TIERS[held.tier], STAGES[held.stage]
    return Figures(held.revenue, held.frequency, held.rfm, tier, stage)


class Floor:
    """A bare loop that keeps the same state."""

    slug = "floor"
    title = "floor: aiokafka, the same state, no engine"
    does = f"memory, changelog, at least once; deadlines; {_LEFT_OUT}, no recovery"
    counts = True
    deadlines = True
    damped = False

    def prepare(self) -> None:
        """It is here."""

    def start(self, stage: Stage, name: str) -> Run:
        command = [sys.executable, "-m", f"{_MODULE}floor"]
        stage.broker.create([f"{stage.prefix}{name}.customers-changelog"], stage.partitions)
        return FloorRun(stage, name, command, {})


class ReaderRun(PeerRun):
    def changelog(self) -> str | None:
        return None

    def standings(self) -> dict[str, Figures]:
        return {}


class Reader:
    """Records are fetched and that is all."""

    slug = "read"
    title = "floor: aiokafka, only reading"
    does = "nothing is decoded, kept or said"
    counts = False
    deadlines = False
    damped = False

    def prepare(self) -> None:
        """It is here."""

    def start(self, stage: Stage, name: str) -> Run:
        return ReaderRun(stage, name, [sys.executable, "-m", f"{_MODULE}only_read"], {})


# -- Faust


class FaustRun(PeerRun):
    def changelog(self) -> str | None:
        return f"{self.group}-customers-changelog"

    def standings(self) -> dict[str, Figures]:
        newest = self.stage.broker.newest(f"{self.group}-customers-changelog")
        states = ((json.loads(key), json.loads(held)) for key, held in newest.values.items())
        return {name: _of_job(state) for name, state in states}


def _of_job(state: dict[str, Any]) -> Figures:
    return Figures(*(state[name] for name in Figures._fields))


class Faust:
    """Plain Faust."""

    slug = "faust"
    title = "Faust, plain"
    does = f"RocksDB, changelog, at least once; deadlines, filed in memory; {_LEFT_OUT}"
    counts = True
    deadlines = True
    damped = False

    def prepare(self) -> None:
        """It is here: the project builds on it."""

    def start(self, stage: Stage, name: str) -> Run:
        command = [sys.executable, "-m", f"{_MODULE}faust_app", "worker", "-l", "warn"]
        return FaustRun(stage, name, command, {})


# -- Kafka Streams


class StreamsRun(PeerRun):
    def changelog(self) -> str | None:
        return f"{self.group}-customers-changelog"

    def standings(self) -> dict[str, Figures]:
        newest = self.stage.broker.newest(f"{self.group}-customers-changelog")
        return {key.decode(): _of_java(value) for key, value in newest.values.items()}


def _of_java(state: bytes) -> Figures:
    """Of `Customer.encode` in Java."""
    _, revenue, _, frequency, rfm, _, tier, stage = struct.unpack_from(">8q", state)
    return Figures(revenue, frequency, rfm, (*TIERS[:4], "inactive")[tier], STAGES[stage])


class KafkaStreams:
    """Java."""

    slug = "streams"
    title = "Kafka Streams (Java), one stream thread"
    does = (
        "RocksDB with its cache, changelog, exactly once (v2, commit every 100 ms), 512 MB heap; "
        f"deadlines, filed in memory; {_LEFT_OUT}"
    )
    counts = True
    deadlines = True
    damped = False

    def prepare(self) -> None:
        """Maven and javac."""
        streams_class_path()

    def start(self, stage: Stage, name: str) -> Run:
        log_level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
        command = ["java", "-Xmx512m", log_level, "-cp", streams_class_path(), "Main"]
        return StreamsRun(stage, name, command, {})


# -- Quix Streams


class QuixRun(PeerRun):
    def changelog(self) -> str | None:
        return f"changelog__{self.group}--{self.stage.orders}--default"

    def standings(self) -> dict[str, Figures]:
        changelog = self.changelog()
        assert changelog is not None
        newest = self.stage.broker.newest(changelog)
        return {
            json.loads(key.split(b"|")[0]): _of_job(json.loads(value))
            for key, value in newest.values.items()
        }


class Quix:
    """Quix Streams."""

    slug = "quix"
    title = "Quix Streams"
    does = (
        "RocksDB, changelog, at least once (commit every 5 s); no deadlines: silence is noticed at "
        f"the customer's next order; {_LEFT_OUT}"
    )
    counts = True
    deadlines = False
    damped = False

    def prepare(self) -> None:
        """An environment of its own."""
        peers_python()

    def start(self, stage: Stage, name: str) -> Run:
        return QuixRun(stage, name, [peers_python(), "-m", f"{_MODULE}quix_app"], {})


# -- Bytewax


class BytewaxRun(PeerRun):
    def counted(self) -> int:
        path = self.state / "counted"
        return int((path.read_text() if path.exists() else "") or 0)

    def changelog(self) -> str | None:
        return None

    def standings(self) -> dict[str, Figures]:
        (path,) = (self.state / "recovery").glob("*.sqlite3")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as snapshots:
            rows = snapshots.execute(
                "SELECT state_key, ser_change FROM snaps WHERE step_id LIKE '%customers%' "
                "ORDER BY snap_epoch"
            ).fetchall()
        return {name: _of_job(pickle.loads(change)) for name, change in rows if change}


class Bytewax:
    """Bytewax."""

    slug = "bytewax"
    title = "Bytewax"
    does = (
        "memory, snapshots in SQLite every 10 s, no changelog, at least once; no deadlines: "
        f"silence is noticed at the customer's next order; {_LEFT_OUT}"
    )
    counts = True
    deadlines = False
    damped = False

    def prepare(self) -> None:
        """An environment of its own."""
        peers_python()

    def start(self, stage: Stage, name: str) -> Run:
        recovery = stage.folder / name / "state" / "recovery"
        recovery.mkdir(parents=True)
        subprocess.run([peers_python(), "-m", "bytewax.recovery", recovery, "1"], check=True)
        seconds = 10 if stage.commit_seconds is None else max(1, round(stage.commit_seconds))
        command = [peers_python(), "-m", "bytewax.run", f"{_MODULE}bytewax_flow:flow"]
        return BytewaxRun(
            stage, name, [*command, "-r", str(recovery), "-s", str(seconds), "-b", "0"], {}
        )


ALL: tuple[Contender, ...] = (
    Product(), Floor(), Reader(), Faust(), KafkaStreams(), Quix(), Bytewax(),
)  # fmt: skip
