"""Plays streams of events through the machine, cut into batches and mixed with chores at will."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, cycle
from typing import Any, NamedTuple

from hypothesis import strategies as st

from streams.domain.customer import Customer
from streams.domain.packed import decode_customer
from streams.domain.rules import Rules, parse_rules
from streams.engine.keys import state_key
from tests.engine.comparing import feed_all
from tests.engine.machine import Machine
from tests.oracle.strategies import Stream


class Step(NamedTuple):
    """What is done next: a batch of so many records at most, then a slice of the chores of each of
    these partitions, then a restart of this one."""

    records: int
    slices: list[int]
    restarts: int | None = None


_AT_ONCE = [Step(1000, [])]


def steps(restarts: bool = True) -> st.SearchStrategy[list[Step]]:
    """How a stream is cut into batches, and what is done in between; over and over."""
    numbers = st.integers(0, 3)
    slices = st.lists(numbers, max_size=6)
    restarted = st.none() | st.none() | numbers if restarts else st.none()
    return st.lists(st.builds(Step, st.integers(1, 8), slices, restarted), min_size=1, max_size=8)


def play(stream: Stream, cut: list[Step] | None = None, machine: Machine | None = None) -> Machine:
    """A machine at rest, all records of the stream taken in. Without `cut`: in whole runs."""
    if machine is None:
        machine = Machine(None, rules_of(stream), stream.partitions, slices=2)
    records, turns = stream.records, cycle(cut or _AT_ONCE)
    while records:
        step = next(turns)
        part, records = records[: step.records], records[step.records :]
        feed_all(machine, part)
        for number in step.slices:
            machine.slice(number % stream.partitions)
        if step.restarts is not None:
            machine.restart(step.restarts % stream.partitions)
    machine.rest()
    return machine


def rules_of(stream: Stream) -> Rules:
    """The rules of a stream, as a worker has them."""
    return parse_rules(toml_of(stream.rules), "the test's rules")


def toml_of(rules: Mapping[str, Any]) -> str:
    """Rules as a dict, written as the rules file has them."""
    return "\n".join(chain.from_iterable(_section(name, part) for name, part in rules.items()))


def _section(path: str, fields: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{path}]"
    for key, value in fields.items():
        if not isinstance(value, Mapping):
            yield f"{key} = {json.dumps(value)}"
    for key, value in fields.items():
        if isinstance(value, Mapping):
            yield from _section(f"{path}.{key}", value)


def silence_said(machine: Machine) -> dict[str, list[tuple[str, str | None, datetime]]]:
    """What was said of each customer's silence: (stage, from, at), in order."""
    said = defaultdict(list)
    for value in machine.values("dormant-customers"):
        at = datetime.fromisoformat(value["at"])
        said[value["customer_id"]].append((value["stage"], value["from"], at))
    return dict(said)


def customers(machine: Machine) -> dict[str, Customer]:
    """Every customer's state, read from the stores."""
    return {
        name.decode(): decode_customer(state)
        for partition in machine.partitions
        for name in partition.table.everyone()
        if (state := partition.table.store.get(state_key(name))) is not None
    }
