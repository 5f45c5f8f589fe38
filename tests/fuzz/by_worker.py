"""Hostile records against a whole worker on the embedded log: the process, its topics, its web."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from urllib.request import urlopen

import msgspec

from schemas.dead_letters import original
from schemas.outputs import DeadLetter
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.records import Write
from tests.e2e.driver import Tierstream
from tests.fuzz.by_hand import FuzzError
from tests.fuzz.inputs import FuzzInput, make_input

PARTITIONS = 4
_CHUNK = 500
_SETTLE_SECONDS = 600
_EVENTS = re.compile(
    r'^tierstream_events_total\{outcome="(\w+)",topic="([a-z-]+)"\} (\S+)$', re.MULTILINE
)
_letter = msgspec.json.Decoder(DeadLetter).decode

Place = tuple[str, int, int]


def fuzz_worker(folder: Path, seed: int, count: int) -> Counter[str]:
    """Sends `count` records while a worker runs, half of them before it starts.

    Returns how many came to what, as the worker's own metrics tell. FuzzError where records are
    not accounted for, a dead letter differs from its record, or the worker doesn't live through.
    """
    chance = Random(f"worker/{seed}")
    inputs = [_for_the_log(make_input(chance, PARTITIONS)) for _ in range(count)]
    with Tierstream(folder, {"TIERSTREAM_BROKER": "embedded://log.db"}) as tierstream:
        tierstream.run("dump", "orders")  # makes the topics
        client = EmbeddedClient(folder / "log.db")
        try:
            sent = _send(client, inputs[: count // 2])
            worker = tierstream.start()
            sent |= _send(client, inputs[count // 2 :], sent)
            tierstream.settle(_SETTLE_SECONDS)
            fates = _fates(tierstream)
            dead = _check_letters(client, sent)
        finally:
            client.close()
        worker.stop()
    if fates.total() != count or fates["dead"] != dead:
        raise FuzzError(
            f"{count} records were sent, {dead} letters came, {dict(fates)} were counted"
        )
    return fates


def _for_the_log(one: FuzzInput) -> FuzzInput:
    """As the embedded log takes it: a header there has a value."""
    return one._replace(headers=tuple((name, value or b"") for name, value in one.headers))


def _send(
    client: EmbeddedClient, inputs: list[FuzzInput], before: Mapping[Place, FuzzInput] | None = None
) -> dict[Place, FuzzInput]:
    """Append them; where each lies."""
    ends = Counter((topic, partition) for topic, partition, _ in before or {})
    sent = {}
    for begin in range(0, len(inputs), _CHUNK):
        chunk = inputs[begin : begin + _CHUNK]
        client.append(
            Write(one.topic, one.partition, one.key, one.value, one.headers)  # type: ignore[arg-type]
            for one in chunk
        )
        for one in chunk:
            place = (one.topic, one.partition)
            sent[*place, ends[place]] = one
            ends[place] += 1
    return sent


def _fates(tierstream: Tierstream) -> Counter[str]:
    web = tierstream.progress()[0]["web"]
    with urlopen(f"http://{web}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    fates: Counter[str] = Counter()
    for outcome, _, number in _EVENTS.findall(text):
        fates[outcome] += int(float(number))
    return fates


def _check_letters(client: EmbeddedClient, sent: Mapping[Place, FuzzInput]) -> int:
    """Each letter is of one record, and has all of it; how many there are."""
    seen: set[Place] = set()
    for _, record in client.read("dead-letters"):
        letter = _letter(record.value or b"")
        place = (letter.topic, letter.partition, letter.offset)
        one = sent.get(place)
        if one is None or place in seen:
            raise FuzzError(f"a dead letter of no record, or a second one: {letter!r}")
        if original(letter) != (one.key, one.value, one.headers):
            raise FuzzError(f"the dead letter of {one!r} has {original(letter)!r}")
        seen.add(place)
    return len(seen)
