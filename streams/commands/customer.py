"""`tierstream customer`: all that is known of one customer, and why they stand where they do."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from streams.commands.card import card
from streams.commands.command import Command, CommandError, connected, utf8
from streams.commands.from_topics import customer_from_topics
from streams.commands.json_lines import json_line
from streams.commands.progress_reader import ProgressReader
from streams.commands.recency import Recency
from streams.commands.terminal import say, write_lines
from streams.domain.money import decimals
from streams.rules_file import load_rules
from streams.settings import Settings

ABOUT = """\
Shows one customer: standing, tables, and why. The worker that owns the customer is asked; where
none answers, the topics are read: the standing and the last that was said of the customer, without
the tables. "answered_by" tells which.

example:
  tierstream customer 00042 --format json | jq .standing.tier
"""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("customer_id", metavar="ID", type=utf8, help="the customer_id")
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="default: table"
    )


def run(settings: Settings, arguments: Namespace) -> int:
    from streams.commands.asking import NoAnswerError, ask

    rules = load_rules(settings)
    customer_id = arguments.customer_id
    with connected(settings) as (client, partitions):
        progress = ProgressReader(client, settings, partitions).read()
        recency = Recency(rules.time_zone, {p: each.stream_time for p, each in progress.items()})
        webs = {partition: each.web for partition, each in progress.items()}
        try:
            found = ask(customer_id, webs, partitions, trust=settings.partitioner == "trust")
        except NoAnswerError as error:
            say(f"{error}; reading the topics instead")
            found = customer_from_topics(client, settings, customer_id, recency)
    if found is None:
        raise CommandError(f"no customer {customer_id!r} is known; check the id's spelling")
    if arguments.format == "json":
        write_lines([json_line(found)])
    else:
        write_lines(card(customer_id, found, decimals(rules.base_currency), rules.base_currency))
    return 0


COMMAND = Command("customer", "show one customer", ABOUT, configure, run)
