"""What producers do while a worker lives: they send each round when its time has come.

They are not killed, but begin again with each process: what is in the log already is not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from streams.app import WorkerApp
from streams.commands.progress_reader import BordersReader, ProgressReader
from streams.commands.rest import Seen, behind
from streams.engine.log import LogClient
from streams.engine.records import Write
from streams.settings import Settings
from streams.topics import INPUTS
from tests.kills.scenario import PARTITIONS, Round, first_life, laid

_PATIENCE_SECONDS = 600.0  # of the clock that jumps
_POLL_SECONDS = 0.02

Look = Callable[[], list[str]]  # what is behind, a clause each


async def send(
    client: LogClient, settings: Settings, worker: WorkerApp, life: int, part: list[Round]
) -> None:
    """Send what is not in the log yet, round after round, each when its time has come."""
    look = _look(client, settings)
    first = 0 if not life else len(first_life())
    for number, each in enumerate(part, first):
        writes = _writes(number)
        if not _is_sent(client, writes[0].topic, number):
            client.append(writes)
        await _until(worker, _rests(look) if each.until == "rest" else _has_read(look))
    await _until(worker, _rests(look))


def _writes(number: int) -> list[Write]:
    """The records of a round, where they belong."""
    before = len(laid(number))
    return [
        Write(one.topic, one.partition, one.key, one.value, tuple(one.headers))
        for one in laid(number + 1)[before:]
    ]


def _is_sent(client: LogClient, topic: str, number: int) -> bool:
    """Rounds are appended whole, so the end of their topic tells."""
    expected = sum(one.topic == topic for one in laid(number + 1))
    return sum(client.end_offsets(topic).values()) >= expected


def _rests(look: Look) -> Callable[[], bool]:
    return lambda: not look()


def _has_read(look: Look) -> Callable[[], bool]:
    return lambda: not any(" unread" in clause or "no worker" in clause for clause in look())


def _look(client: LogClient, settings: Settings) -> Look:
    """What `tierstream settle` waits for, as it stands at each call."""
    progress = ProgressReader(client, settings, PARTITIONS)
    borders = BordersReader(client, settings)

    def look() -> list[str]:
        ends = {topic.name: client.end_offsets(topic.name) for topic in INPUTS}
        return behind(Seen(PARTITIONS, ends, progress.read(), borders.read()))

    return look


async def _until(worker: WorkerApp, is_so: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE_SECONDS
    while not is_so():
        if worker.failed.done():
            raise worker.failed.result()
        if loop.time() > deadline:
            raise AssertionError("it does not come to rest")
        await asyncio.sleep(_POLL_SECONDS)
