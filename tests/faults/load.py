"""Sends a story at a steady rate, whatever happens to the log meanwhile.

What an erasure leaves depends on what of the customer was read before it, over all topics. So
it is sent once all before it has been read, and nothing more of the customer until it has been
read itself; what the story tells of them meanwhile is sent afterwards.

What could not be acknowledged is sent again. The log may then hold it twice: it is the log, not
what was meant to be sent, that the outcome is held against.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from streams.engine.log import LogClient, LogError
from streams.engine.records import Write
from tests.faults.following import Follower, ends_of
from tests.faults.story import Event
from tests.oracle.murmur2 import partition_of
from tests.oracle.records import INPUT_TOPICS
from tests.oracle.sending import lay

_BEAT_SECONDS = 0.1
_AGAIN_SECONDS = 0.3
_BURST = 1000
_FINISH_SECONDS = 120


@dataclass
class _Held:
    """A customer to be erased: the erasure, what comes after it, and what must be read first."""

    erasure: Event
    later: list[Event] = field(default_factory=list)
    needed: dict[str, int] | None = None
    erased: bool = False


class Load:
    """`start`, and `finish` once enough has been sent. `sent` counts records acknowledged."""

    def __init__(
        self,
        open_client: Callable[[], LogClient],
        prefix: str,
        partitions: int,
        events: Iterator[Event],
        rate: float,
        follower: Follower,
    ) -> None:
        self.sent = 0
        self._open_client = open_client
        self._client: LogClient | None = None
        self._prefix = prefix
        self._partitions = partitions
        self._events = events
        self._beat = max(1, round(rate * _BEAT_SECONDS))
        self._follower = follower
        self._held: dict[str, _Held] = {}
        self._ending = threading.Event()
        self._bursting = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Send what is held back still, and return; AssertionError where that can't be done."""
        self._ending.set()
        self._thread.join()
        for error in self._failed:
            raise error

    def burst(self) -> None:
        """Send as many at the next beat as come in some seconds otherwise."""
        self._bursting.set()

    def in_flight(self) -> int:
        """Records acknowledged to the sender that no commit has in a state yet."""
        return max(self.sent - self._follower.read(), 0)

    # -- in the thread

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                began = time.monotonic()
                self._send([next(self._events) for _ in range(self._beat)])
                if self._bursting.is_set():
                    self._bursting.clear()
                    self._send([next(self._events) for _ in range(_BURST)])
                self._see_to_held()
                self._ending.wait(max(0.0, began + _BEAT_SECONDS - time.monotonic()))
            self._send_the_rest()
        except BaseException as error:  # noqa: BLE001 - raised again by `finish`
            self._failed.append(error)
        finally:
            if self._client is not None:
                self._client.close()

    def _send_the_rest(self) -> None:
        deadline = time.monotonic() + _FINISH_SECONDS
        while self._held:
            assert time.monotonic() < deadline, (
                f"what came before the erasure of {sorted(self._held)} is not read "
                f"{_FINISH_SECONDS} s after the last fault"
            )
            self._see_to_held()
            time.sleep(_BEAT_SECONDS)

    def _send(self, events: Iterable[Event]) -> None:
        free = []
        for event in events:
            if event.customer in self._held:
                self._held[event.customer].later.append(event)
            elif event.erases and event.customer is not None:
                self._held[event.customer] = _Held(event)
            else:
                free.append(event)
        self._append(free)

    def _see_to_held(self) -> None:
        ends = None
        for customer, held in list(self._held.items()):
            number = partition_of(customer.encode(), self._partitions)
            if held.needed is None:
                ends = ends or self._ends()
                held.needed = ends[number]
            if not self._is_read(number, held.needed):
                continue
            if held.erased:
                del self._held[customer]
                self._send(held.later)
            else:
                self._append([held.erasure])
                held.erased, held.needed, ends = True, None, None

    def _is_read(self, number: int, needed: dict[str, int]) -> bool:
        positions = self._follower.positions[number]
        return all(positions.get(topic, 0) >= end for topic, end in needed.items())

    # -- on the log, until it is done

    def _append(self, events: list[Event]) -> None:
        laid = lay([event.sent for event in events], self._partitions)
        writes = [Write(self._prefix + r.topic, r.partition, r.key, r.value) for r in laid]
        if writes:
            self._insist(lambda client: client.append(writes))
            self.sent += len(writes)

    def _ends(self) -> dict[int, dict[str, int]]:
        found: list[dict[int, dict[str, int]]] = []
        inputs = [self._prefix + topic for topic in INPUT_TOPICS]
        self._insist(lambda client: found.append(ends_of(client, inputs)))
        return found[0]

    def _insist(self, work: Callable[[LogClient], object]) -> None:
        while True:
            try:
                if self._client is None:
                    self._client = self._open_client()
                work(self._client)
                return
            except LogError:
                self._forget_client()
                time.sleep(_AGAIN_SECONDS)

    def _forget_client(self) -> None:
        client, self._client = self._client, None
        try:
            if client is not None:
                client.close()
        except (LogError, TimeoutError):
            return  # it was given up because it doesn't answer
