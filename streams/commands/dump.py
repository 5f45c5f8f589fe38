"""`tierstream dump`: a whole topic as lines of JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from streams.commands.command import Command, connected, topic_named
from streams.commands.json_lines import shown, shown_text
from streams.commands.terminal import write_lines
from streams.engine.records import Headers, Record
from streams.provision import all_topics
from streams.settings import Settings

ABOUT = """\
Prints every committed record of a topic, one JSON object a line, ASCII alone:

  {"key", "value", "headers", "partition", "offset"}

The value is JSON where the record's is, else a string; the key is a string. Where one isn't
UTF-8 it is base64, and "key_encoding" or "encoding" says so. Tombstones have the value null.
Partition by partition each record is in its place; partitions may be mixed.

example:
  tierstream dump tier-changes | jq -c 'select(.value.to == "super")'
"""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("topic", metavar="TOPIC", help="name of a topic, without the prefix")


def run(settings: Settings, arguments: Namespace) -> int:
    topic = topic_named(arguments.topic, all_topics(settings))
    with connected(settings) as (client, _):
        write_lines(
            record_line(partition, record)
            for partition, record in client.read(settings.topic(topic))
        )
    return 0


def record_line(partition: int, record: Record) -> bytes:
    """A record as one line of JSON."""
    key, key_encoded = shown_text(record.key)
    value, encoded = shown(record.value)
    marks = (b',"key_encoding":"base64"' if key_encoded else b"") + (
        b',"encoding":"base64"' if encoded else b""
    )
    return b'{"key":%b,"value":%b,"headers":{%b},"partition":%d,"offset":%d%b}' % (
        key,
        value,
        b",".join(_headers(record.headers)) if record.headers else b"",
        partition,
        record.offset,
        marks,
    )


def _headers(headers: Headers) -> Iterator[bytes]:
    for name, raw in dict(headers).items():  # of a name given twice the last counts
        yield b"%b:%b" % (shown_text(name.encode())[0], shown_text(raw)[0])


COMMAND = Command("dump", "print a whole topic as NDJSON", ABOUT, configure, run)
