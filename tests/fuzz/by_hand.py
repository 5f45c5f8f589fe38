"""Rounds of hostile records against the parsers, and against partitions run by hand.

What has to hold: a parser gives an event or an InvalidRecord with a known code; every record is
counted, repeated or dead, once; a dead letter carries its record byte for byte.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from random import Random
from types import FrameType
from typing import Any

import msgspec

from agents.reading import INPUTS
from schemas.dead_letters import Original, original
from schemas.invalid import CODES, InvalidRecord
from schemas.outputs import DeadLetter
from streams.card import card_of
from streams.domain.rules import parse_rules
from streams.engine.partition import COUNTED, HELD_BACK, REPEATED
from streams.engine.records import Record, Write
from streams.engine.turn import Input
from tests.engine.machine import WALL_CLOCK, Machine
from tests.fuzz.inputs import FuzzInput, make_input
from tests.oracle.records import CUSTOMERS

ROUND = 1000  # records
PARTITIONS = 2
_HUNG_SECONDS = 60  # of CPU, for one round: it takes a second or two
_REASON = 1000  # characters of a sentence, at most
#: With yens that dear the sums of a customer overflow soon.
_RULES = parse_rules('[rates]\nUSD = "7.10"\nJPY = "999999"', "the fuzzer's rules")
_LATEST = WALL_CLOCK + timedelta(hours=24)
_TOPICS: dict[str, Input] = {topic.topic: topic for topic in INPUTS}
_letter = msgspec.json.Decoder(DeadLetter).decode
#: What only the partition can know of a record that its parser takes.
_LATER_CODES = {
    "no_key", "key_mismatch", "wrong_partition", "unknown_currency", "sum_overflow", "not_utf8",
    "bad_identifier",
}  # fmt: skip


class FuzzError(AssertionError):
    """What was promised does not hold; the message has the record."""


def fuzz_round(seed: int, number: int, records: int = ROUND) -> Counter[str]:
    """One round: `records` inputs, always the same for a seed and a number.

    Returns how many of them came to what: counted, repeated, or a code. FuzzError where a promise
    is broken, or nothing more happens.
    """
    chance = Random(f"{seed}/{number}")
    inputs = [make_input(chance, PARTITIONS) for _ in range(records)]
    machine = Machine(None, _RULES, PARTITIONS)
    judge = _Judge(machine)
    with _watched(f"round {number} of seed {seed}"):
        for batch in _batches(chance, inputs):
            judge.feed(batch)
            _do_something_else(chance, machine)
        machine.rest()
    judge.check_tally()
    _check_cards(machine)
    return judge.fates


class _Judge:
    """Feeds batches, and looks at what has become of every record."""

    def __init__(self, machine: Machine) -> None:
        self.fates: Counter[str] = Counter()
        self._machine = machine
        self._fed: Counter[str] = Counter()
        self._next: Counter[tuple[str, int]] = Counter()

    def feed(self, batch: list[FuzzInput]) -> None:
        """One batch, all of one topic partition."""
        topic, number = batch[0].topic, batch[0].partition
        codes = [parsed_code(one) for one in batch]
        records = [self._record(one) for one in batch]
        expected = dict(
            zip([one.offset for one in records], zip(batch, codes, strict=True), strict=True)
        )
        try:
            self._machine.feed(number, topic, records)
        except Exception as error:
            raise FuzzError(f"{error!r} came of a batch with {_culprit(batch, topic)}") from error
        self._fed[topic] += len(batch)
        for write in self._said():
            self._check_letter(write, topic, number, expected)
        for one, code in expected.values():
            if code is not None:
                raise FuzzError(f"no dead letter came of {one!r}: its parser says {code}")

    def check_tally(self) -> None:
        """As many records counted, repeated and dead as there were."""
        tally: Counter[str] = Counter()
        for partition in self._machine.partitions:
            for (topic, fate), records in partition.tally.items():
                if fate != HELD_BACK:
                    tally[topic] += records
                    self.fates[fate] += 0 if fate in CODES else records
                if fate not in (COUNTED, REPEATED, HELD_BACK, *CODES):
                    raise FuzzError(f"{fate!r} is no known fate")
        if tally != self._fed or self.fates.total() != self._fed.total():
            raise FuzzError(f"{dict(tally)} of {dict(self._fed)} are accounted for: {self.fates}")

    def _record(self, one: FuzzInput) -> Record:
        place = (one.topic, one.partition)
        offset = self._next[place]
        self._next[place] += 1 + (offset % 7 == 0)  # a hole now and then, as compaction leaves it
        return Record(offset, one.key, one.value, one.headers, one.timestamp_ms)  # type: ignore[arg-type]

    def _said(self) -> Iterator[Write]:
        """The dead letters among what has been said; all of it must be JSON."""
        said, self._machine.said = self._machine.said, []
        for write in said:
            if write.value is not None:
                msgspec.json.decode(write.value)
            if write.topic == "dead-letters":
                yield write

    def _check_letter(
        self, write: Write, topic: str, number: int,
        expected: dict[int, tuple[FuzzInput, str | None]],
    ) -> None:  # fmt: skip
        letter = _letter(write.value or b"")
        if (letter.topic, letter.partition) != (topic, number) or letter.offset not in expected:
            raise FuzzError(f"a dead letter of no record, or a second one: {write!r}")
        one, code = expected.pop(letter.offset)
        if original(letter) != Original(one.key, one.value, one.headers):
            raise FuzzError(f"the dead letter of {one!r} has {original(letter)!r}")
        if letter.code not in ({code} if code else _LATER_CODES):
            raise FuzzError(f"code {letter.code}, and {code} by its parser, of {one!r}")
        if not letter.reason.isprintable() or len(letter.reason) > _REASON:
            raise FuzzError(f"{letter.reason!r} is no sentence: {one!r}")
        self.fates[letter.code] += 1


def parsed_code(one: FuzzInput) -> str | None:
    """What the parser alone says of a record: the code of its InvalidRecord, or None."""
    try:
        _TOPICS[one.topic].parse(one.value, _LATEST)
    except InvalidRecord as why:
        if why.code not in CODES:
            raise FuzzError(f"{why.code!r} is no known code: {one!r}") from why
        return why.code
    except Exception as error:
        raise FuzzError(f"{error!r} came of parsing {one!r}") from error
    if one.value is None and one.topic != CUSTOMERS:
        raise FuzzError(f"a tombstone was read: {one!r}")
    return None


def _batches(chance: Random, inputs: list[FuzzInput]) -> Iterator[list[FuzzInput]]:
    """Runs of one topic partition, some of them long: records that come together."""
    if chance.random() < 0.5:
        inputs = sorted(inputs, key=lambda one: (one.partition, one.topic))
    for _, run in groupby(inputs, key=lambda one: (one.partition, one.topic)):
        rest = list(run)
        while rest:
            size = chance.randrange(1, 200)
            batch, rest = rest[:size], rest[size:]
            yield batch


def _do_something_else(chance: Random, machine: Machine) -> None:
    """What happens to a worker between two batches."""
    number = chance.randrange(PARTITIONS)
    what = chance.random()
    if what < 0.1:
        machine.slice(number)
    elif what < 0.12:
        machine.restart(number)


def _check_cards(machine: Machine) -> None:
    """Everybody's card can be made, and sent as JSON."""
    for partition in machine.partitions:
        for name in partition.table.everyone():
            card = card_of(partition, name.decode())
            if card is None or card["customer_id"].encode() != name:
                raise FuzzError(f"no card of {name!r}: {card!r}")
            msgspec.json.encode(card)


def _culprit(batch: list[FuzzInput], topic: str) -> str:
    """The first record of a batch that fails alone; else the whole batch."""
    for one in batch:
        record: Any = Record(0, one.key, one.value, one.headers, one.timestamp_ms)  # type: ignore[arg-type]
        try:
            Machine(None, _RULES, PARTITIONS).feed(one.partition, topic, [record])
        except Exception as error:  # noqa: BLE001 - whatever it is
            return f"{one!r}, which does it alone: {error!r}"
    return f"these, none of which does it alone: {batch!r}"


@contextmanager
def _watched(what: str) -> Iterator[None]:
    """FuzzError where it takes so much CPU time that something hangs."""

    def hung(_: int, frame: FrameType | None) -> None:
        raise FuzzError(f"{what} hangs, at {frame}")

    before = signal.signal(signal.SIGVTALRM, hung)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HUNG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
