"""`tierstream replay`: lines of JSON become records of an input topic."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from itertools import cycle
from time import monotonic

import msgspec

from streams.broker import KafkaBroker
from streams.commands.command import Command, CommandError, connected, topic_named
from streams.commands.sources import Source, opened, total_bytes
from streams.commands.terminal import bytes_bar, say
from streams.engine.log import LogClient, LogError
from streams.engine.records import Write
from streams.settings import Settings
from streams.topics import CATALOGUE, CLOCK, INPUTS, Topic

ABOUT = """\
Sends files of NDJSON (plain or gzip; - is stdin) to an input topic, a value a line, keyed by its
customer_id. A line that is no JSON or has no customer_id is sent without a key (to customers, which
is compacted, with an empty one), so that the worker puts it among the dead letters: nothing is lost
on the way. Empty lines are left out. A line for clock goes to every partition.

With --raw each line is a record, sent as it is, and any topic may be named:
  {"key": text or null, "value": text or null, "headers": {"name": "text"}}
headers may be left out, and "partition" may be given; without it the key decides, as in Kafka.

example:
  tierstream replay orders orders-2026.ndjson.gz orders-today.ndjson
  printf '%s\\n' '{"key": "c1", "value": null}' | tierstream replay --raw customers -
"""

_LINES_AT_ONCE = 20_000
_BYTES_AT_ONCE = 8_000_000

Writes = Callable[[Source], Iterator[Write]]


class _Keyed(msgspec.Struct):
    customer_id: str


class _RawLine(msgspec.Struct, forbid_unknown_fields=True):
    key: str | None
    value: str | None
    headers: dict[str, str] = {}
    partition: int | None = None


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("topic", metavar="TOPIC", help="orders, call-logs, complaints, …")
    parser.add_argument("files", metavar="FILE", nargs="+", help="NDJSON, .gz too; - is stdin")
    parser.add_argument("--raw", action="store_true", help="lines are whole records")


def run(settings: Settings, arguments: Namespace) -> int:
    topic = _topic(arguments)
    total = total_bytes(arguments.files)
    with connected(settings) as (client, _):
        name = settings.topic(topic)
        keyless = not (topic.compacted and isinstance(settings.broker, KafkaBroker))
        writes = _writes(name, topic, client.topics()[name], arguments.raw, keyless)
        replay = _Replay(client, writes)
        started = monotonic()
        with bytes_bar(f"replay {topic.name}", total) as show:
            replay.send_all(arguments.files, show)
        seconds = max(monotonic() - started, 1e-9)
    rate = f"{replay.sent / seconds:,.0f}/s"
    say(f"replayed {replay.sent:,} records to {topic.name} in {seconds:.1f} s ({rate})")
    return 0


def _topic(arguments: Namespace) -> Topic:
    if arguments.raw:
        return topic_named(arguments.topic, CATALOGUE)
    return topic_named(arguments.topic, INPUTS, "; --raw takes every topic")


class _Replay:
    """Sends files, a chunk of lines at a time, and knows how many records were sent."""

    def __init__(self, client: LogClient, writes: Writes) -> None:
        self._client = client
        self._writes = writes
        self.sent = 0

    def send_all(self, paths: list[str], show: Callable[[int], None]) -> None:
        """Send the files in turn; CommandError says how many records went before it."""
        before = 0
        try:
            for path in paths:
                with opened(path) as source:
                    for chunk in _chunks(self._writes(source)):
                        self.sent += self._client.append(chunk)
                        show(before + source.bytes_read())
                    before += source.bytes_read()
        except CommandError as error:
            raise CommandError(
                f"{error}; {self.sent:,} records were sent before it, none after"
            ) from error
        except LogError as error:  # part of the chunk may be in the log
            raise CommandError(f"{error}; at least {self.sent:,} records were sent") from error


def _chunks(writes: Iterator[Write]) -> Iterator[list[Write]]:
    chunk: list[Write] = []
    size = 0
    try:
        for write in writes:
            chunk.append(write)
            size += len(write.value or b"")
            if len(chunk) >= _LINES_AT_ONCE or size >= _BYTES_AT_ONCE:
                yield chunk
                chunk, size = [], 0
    except CommandError:  # a bad line: those before it go out first
        yield chunk
        raise
    if chunk:
        yield chunk


def _writes(name: str, topic: Topic, partitions: int, raw: bool, keyless: bool) -> Writes:
    """`keyless`: the log takes records without a key into this topic."""
    if raw:
        return lambda source: _raw(name, partitions, source, keyless)
    if topic is CLOCK:
        return lambda source: (
            Write(name, partition, None, line)
            for _, line in source.lines
            for partition in range(partitions)
        )
    no_key = b"" if topic.compacted else None
    return lambda source: _keyed(name, partitions, source, no_key)


def _keyed(name: str, partitions: int, source: Source, no_key: bytes | None) -> Iterator[Write]:
    decode = msgspec.json.Decoder(_Keyed).decode
    turns = cycle(range(partitions))
    for _, line in source.lines:
        try:
            key = decode(line).customer_id.encode()
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            yield Write(name, next(turns), no_key, line)
        else:
            yield Write(name, None, key, line)


def _raw(name: str, partitions: int, source: Source, keyless: bool) -> Iterator[Write]:
    decode = msgspec.json.Decoder(_RawLine).decode
    turns = cycle(range(partitions))
    for number, line in source.lines:
        try:
            record = decode(line)
            write = _raw_write(name, record)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise CommandError(
                f"{source.name}, line {number} is no record for --raw "
                f'({{"key", "value", "headers"}}): {error}'
            ) from None
        if write.partition is not None and not 0 <= write.partition < partitions:
            raise CommandError(
                f"{source.name}, line {number}: partition must be from 0 to {partitions - 1}, "
                f"got {write.partition}"
            )
        if write.key is None and not keyless:
            raise CommandError(
                f"{source.name}, line {number}: Kafka takes no record without a key into {name}, "
                "which is compacted; give it a key"
            )
        if write.key is None and write.partition is None:
            write = msgspec.structs.replace(write, partition=next(turns))
        yield write


def _raw_write(name: str, record: _RawLine) -> Write:
    headers = [(header, text.encode()) for header, text in record.headers.items()]
    key, value = (text if text is None else text.encode() for text in (record.key, record.value))
    return Write(name, record.partition, key, value, headers)


COMMAND = Command("replay", "send files of NDJSON to an input topic", ABOUT, configure, run)
