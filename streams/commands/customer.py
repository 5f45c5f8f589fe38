"""`tierstream customer`: all that is known of one customer, and why they stand where they do."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from streams.commands.card import card
from streams.commands.command import Command, CommandError, connected, utf8
from streams.commands.from_topics import customer_from_topics
from streams.commands.json_lines import json_line
from streams.commands.progress_reader import ProgressReader
from streams.commands.recency import Recency
from streams.commands.terminal import say, write_lines
from streams.domain.money import decimals
from streams.domain.rules import Rules
from streams.rules_file import load_rules
from streams.settings import Settings

ABOUT = """\
Shows one customer. Where TIERSTREAM_REDIS_URL is set Redis is asked first: it has the standing,
with the live alert, the last call and open complaints, but neither tables nor why. Otherwise, or
with --full, the worker that owns the customer is asked, which has all of them; where none answers,
the topics are read: the standing and the last that was said of the customer. "answered_by" tells
which.

example:
  tierstream customer 00042 --format json | jq .standing.tier
"""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("customer_id", metavar="ID", type=utf8, help="the customer_id")
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="default: table"
    )
    parser.add_argument(
        "--full", action="store_true", help="tables and why too: don't ask Redis, which lacks them"
    )


def run(settings: Settings, arguments: Namespace) -> int:
    rules = load_rules(settings)
    customer_id = arguments.customer_id
    found = None if arguments.full else _from_redis(settings, rules, customer_id)
    found = found or _from_worker_or_topics(settings, rules, customer_id)
    if found is None:
        raise CommandError(f"no customer {customer_id!r} is known; check the id's spelling")
    if arguments.format == "json":
        write_lines([json_line(found)])
    else:
        write_lines(card(customer_id, found, decimals(rules.base_currency), rules.base_currency))
    return 0


def _from_redis(settings: Settings, rules: Rules, customer_id: str) -> dict[str, Any] | None:
    if settings.redis_url is None:
        return None
    from streams.commands.from_redis import customer_from_redis
    from streams.projection.reading import NotInRedisError

    try:
        return customer_from_redis(settings, rules.time_zone, customer_id)
    except NotInRedisError as error:
        say(f"{error}; asking the worker instead")
        return None


def _from_worker_or_topics(
    settings: Settings, rules: Rules, customer_id: str
) -> dict[str, Any] | None:
    from streams.commands.asking import NoAnswerError, ask

    with connected(settings) as (client, partitions):
        progress = ProgressReader(client, settings, partitions).read()
        recency = Recency(rules.time_zone, {p: each.stream_time for p, each in progress.items()})
        webs = {partition: each.web for partition, each in progress.items()}
        try:
            return ask(customer_id, webs, partitions, trust=settings.partitioner == "trust")
        except NoAnswerError as error:
            say(f"{error}; reading the topics instead")
            return customer_from_topics(client, settings, customer_id, recency)


COMMAND = Command("customer", "show one customer", ABOUT, configure, run)
