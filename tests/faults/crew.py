"""One to three workers, and who starts them again: what systemd or the like does."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.driver import Tierstream, Worker
from tests.faults.disk import Disk
from tests.faults.proxy import Proxy

RESTART_SECONDS = 1.0
UP = " is up; web on "


@dataclass
class Slot:
    """A place for a worker: its settings, its data folder, and what stands between it and the
    world. `wanted`: when it ends it is started again."""

    number: int
    variables: dict[str, str]
    data: Path
    proxy: Proxy | None = None
    disk: Disk | None = None
    worker: Worker | None = None
    wanted: bool = False
    ended_at: float = 0.0

    @property
    def runs(self) -> bool:
        return self.worker is not None and self.worker.runs

    @property
    def pid(self) -> int | None:
        return self.worker.process.pid if self.worker is not None and self.worker.runs else None

    @property
    def is_up(self) -> bool:
        return self.worker is not None and self.worker.runs and UP in self.worker.text

    def signal(self, number: signal.Signals) -> None:
        """Send the worker a signal, where it runs."""
        if self.worker is not None and self.worker.runs:
            self.worker.process.send_signal(number)

    def delete_data(self) -> None:
        """Everything in the data folder goes; a worker that runs may be making files in it."""
        for path in list(self.data.iterdir()) if self.data.exists() else []:
            shutil.rmtree(path, ignore_errors=True)


class Crew:
    """The slots. `tend` has to be called often: it starts again what has ended by itself."""

    def __init__(self, tierstream: Tierstream, slots: list[Slot], say: Callable[[str], None]):
        self.slots = slots
        self.speechless: list[str] = []  # what workers printed that ended without a sentence
        self._tierstream = tierstream
        self._say = say

    def start(self, slot: Slot) -> None:
        """Start a worker there, and keep it running."""
        slot.wanted = True
        slot.worker = self._tierstream.start(**slot.variables)
        self._say(f"worker {slot.number} starts (pid {slot.worker.process.pid})")

    def tend(self) -> None:
        now = time.monotonic()
        for slot in self.slots:
            if not slot.wanted or slot.runs:
                continue
            if not slot.ended_at:
                slot.ended_at = now
                self._note_end(slot)
            elif now >= slot.ended_at + RESTART_SECONDS:
                slot.ended_at = 0.0
                self.start(slot)

    def running(self) -> list[Slot]:
        """Where a worker runs that shall."""
        return [slot for slot in self.slots if slot.wanted and slot.runs]

    def idle(self) -> list[Slot]:
        """Where none shall run."""
        return [slot for slot in self.slots if not slot.wanted and not slot.runs]

    def all_up(self) -> bool:
        """Whether all that shall run have joined."""
        return all(slot.is_up for slot in self.slots if slot.wanted)

    def _note_end(self, slot: Slot) -> None:
        assert slot.worker is not None
        code, text = slot.worker.process.returncode, slot.worker.text
        if code == -signal.SIGKILL:
            self._say(f"worker {slot.number} was killed")
            return
        last = text.strip().rsplit("\n", 1)[-1]
        self._say(f"worker {slot.number} has ended with {code}: {last}")
        if not last.startswith("tierstream: "):
            self.speechless.append(text)
