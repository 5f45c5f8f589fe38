"""`tierstream schemas`: what records look like, as JSON Schema."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import orjson

from streams.commands.command import Command, CommandError
from streams.commands.terminal import write_text
from streams.settings import Settings

ABOUT = """\
Prints the JSON Schemas of the values of all topics, by topic, or that of one topic.

example:
  tierstream schemas orders > orders.schema.json
"""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("topic", metavar="TOPIC", nargs="?", help="this topic alone")


def run(settings: Settings, arguments: Namespace) -> int:
    from schemas.export import json_schemas

    schemas = json_schemas()
    if arguments.topic is not None and arguments.topic not in schemas:
        raise CommandError(
            f"there is no schema of {arguments.topic!r}; known: {', '.join(schemas)}"
        )
    chosen = schemas if arguments.topic is None else schemas[arguments.topic]
    write_text(orjson.dumps(chosen, option=orjson.OPT_INDENT_2).decode())
    return 0


COMMAND = Command("schemas", "print the JSON Schemas of the topics", ABOUT, configure, run)
