"""What the lives of a worker have left: what its log holds, for who reads committed records."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from streams import topics
from streams.domain.customer import Customer
from streams.domain.packed import decode_customer
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.keys import STATES
from streams.engine.records import Record

Value = dict[str, Any]


class Said(NamedTuple):
    """A record of a topic out."""

    key: str
    value: Value | None  # None: a tombstone
    headers: dict[str, str]


class Outcome(NamedTuple):
    """The topics out, and every customer's state as the changelog has it."""

    said: dict[str, list[Said]]
    states: dict[str, Value]

    def values(self, topic: str) -> list[Value]:
        """What was said in a topic, without tombstones."""
        return [one.value for one in self.said[topic] if one.value is not None]

    def standings(self) -> dict[str, Value]:
        """The newest standing of each customer, as who reads the compacted topic has it."""
        newest = {one.key: one.value for one in self.said["customer-standings"]}
        return {customer: value for customer, value in newest.items() if value is not None}

    def counted(self, topic: str, *fields: str) -> Counter[str]:
        """How often each combination of these fields was said."""
        return Counter(
            json.dumps([value[field] for field in fields]) for value in self.values(topic)
        )


def read_outcome(folder: Path, changelog: str) -> Outcome:
    """What is in the log of that folder now."""
    client = EmbeddedClient(folder / "log.db")
    try:
        said = {
            topic.name: [_said(record) for _, record in client.read(topic.name)]
            for topic in topics.OUTPUTS
        }
        return Outcome(said, _states(client, changelog))
    finally:
        client.close()


def _said(record: Record) -> Said:
    value = None if record.value is None else json.loads(record.value)
    headers = {name: text.decode() for name, text in record.headers}
    return Said((record.key or b"").decode(), value, headers)


def _states(client: EmbeddedClient, changelog: str) -> dict[str, Value]:
    states: dict[str, Value] = {}
    for _, record in client.read(changelog):
        assert record.key is not None
        if record.key[:1] != STATES:
            continue
        name = record.key[1:].decode()
        states.pop(name, None)
        if record.value is not None:
            states[name] = _fields(decode_customer(record.value))
    return states


def _fields(state: Customer) -> Value:
    fields: Value = msgspec.to_builtins(msgspec.structs.asdict(state))
    return fields
