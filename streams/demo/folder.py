"""Whose data lies where the demo wants to put its own: only its own is ever replaced."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.broker import EmbeddedBroker
from streams.engine.log import LogClient
from streams.errors import UserError
from streams.settings import Settings
from streams.topics import CLOCK, INPUTS, Topic

_MARKER = "demo"
_MARKER_TEXT = """\
`tierstream demo` made what lies here, and replaces it when it runs again, as long as nothing
but its own orders and customer files has been sent to the log.
"""
_LOG_SUFFIXES = ("", "-wal", "-shm")  # the worker's lock file stays: it may be held
_MADE_BY_WORKER = ("stores", "faust")
_KAFKA = "kafka"  # a node's data, by `make kafka`: nothing of the worker's, and not to be touched


class FolderError(UserError):
    """The place that the demo would use belongs to something else."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The file of the embedded log, and the folder of the worker's data."""

    log: Path
    data: Path

    @classmethod
    def of(cls, settings: Settings) -> DemoFolder:
        """Where the settings put log and data; FolderError where the log is not embedded."""
        if not isinstance(settings.broker, EmbeddedBroker):
            raise FolderError(
                "the demo uses the embedded log alone, but TIERSTREAM_BROKER names a Kafka "
                "cluster; run it without: env -u TIERSTREAM_BROKER tierstream demo"
            )
        return cls(settings.broker.path, settings.data)

    @property
    def worker_log(self) -> Path:
        """What the demo's worker prints."""
        return self.data / "demo-worker.log"

    def made_by_demo(self) -> bool:
        """Whether a demo made what lies here; False where nothing does.

        Raises FolderError where there is data that no demo made.
        """
        if self._marker.exists():
            return True
        if self.log.exists() or any(path.name != _KAFKA for path in self._entries()):
            raise self._taken("holds data that the demo did not make")
        return False

    def check_log(
        self, client: LogClient, settings: Settings, own: Mapping[Topic, Collection[bytes]]
    ) -> None:
        """Raise FolderError if inputs have other records than the demo's `own`, by topic.

        Ticks don't count: they say nothing of anybody.
        """
        existing = client.topics()
        for topic in INPUTS:
            name = settings.topic(topic)
            if topic == CLOCK or name not in existing:
                continue
            if any(each.value not in own.get(topic, ()) for _, each in client.read(name)):
                raise self._taken(f"holds {topic.name} that are not the demo's own")

    def clear(self) -> None:
        """Remove the log and the stores of an earlier demo; other files in the folder stay."""
        for suffix in _LOG_SUFFIXES:
            self.log.with_name(self.log.name + suffix).unlink(missing_ok=True)
        for name in _MADE_BY_WORKER:
            if (self.data / name).exists():
                shutil.rmtree(self.data / name)

    def claim(self) -> None:
        """Make the folders and leave the mark by which the next demo knows its own data."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)
        self._marker.write_text(_MARKER_TEXT, "utf-8")

    @property
    def _marker(self) -> Path:
        return self.data / _MARKER

    def _entries(self) -> Iterator[Path]:
        return self.data.iterdir() if self.data.exists() else iter(())

    def _taken(self, what: str) -> FolderError:
        return FolderError(
            f"{self.data} {what}; run the demo in another folder, or move {self.data} away first"
        )
