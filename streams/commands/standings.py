"""`tierstream standings`: where every customer stands now."""

from __future__ import annotations

import csv
import io
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from schemas.outputs import TIERS, Standing
from streams.commands.command import Command, connected
from streams.commands.json_lines import json_line
from streams.commands.progress_reader import ProgressReader
from streams.commands.recency import Recency
from streams.commands.table import Column, money, number, printable, table
from streams.commands.terminal import write_lines
from streams.domain.money import decimals
from streams.engine.log import LogClient
from streams.rules_file import load_rules
from streams.settings import Settings
from streams.topics import CUSTOMER_STANDINGS

ABOUT = """\
Prints the current standing of every customer, the largest revenue first. recency_days is worked
out at the stream time of the customer's partition.

  table    for people; money in the base currency of the rules
  ndjson   the values of customer-standings, one a line
  csv      with a header; money in minor units

example:
  tierstream standings --tier super --format csv > super.csv
"""

Values = Iterator[dict[str, Any]]


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--tier", choices=TIERS, help="this tier alone")
    parser.add_argument("--format", choices=tuple(_FORMATS), default="table", help="default: table")


def run(settings: Settings, arguments: Namespace) -> int:
    rules = load_rules(settings)
    with connected(settings) as (client, partitions):
        newest = _newest(client, settings.topic(CUSTOMER_STANDINGS))
        progress = ProgressReader(client, settings, partitions).read()
    recency = Recency(rules.time_zone, {p: each.stream_time for p, each in progress.items()})
    values = _ranked(newest, arguments.tier, recency)
    write_lines(_FORMATS[arguments.format](values, rules.base_currency))
    return 0


class _Rank(msgspec.Struct):
    customer_id: str
    tier: str
    revenue: int


def _newest(client: LogClient, topic: str) -> list[tuple[int, bytes]]:
    """(partition, value) of each customer's newest record that is no tombstone."""
    newest: dict[bytes | None, tuple[int, bytes]] = {}
    for partition, record in client.read(topic):
        if record.value is None:
            newest.pop(record.key, None)
        else:
            newest[record.key] = (partition, record.value)
    return list(newest.values())


def _ranked(standings: list[tuple[int, bytes]], tier: str | None, recency: Recency) -> Values:
    decode = msgspec.json.Decoder(_Rank).decode
    ranked = [(decode(value), partition, value) for partition, value in standings]
    ranked.sort(key=lambda each: (-each[0].revenue, each[0].customer_id))
    for rank, partition, value in ranked:
        if tier is None or rank.tier == tier:
            yield recency.brought_up(msgspec.json.decode(value), partition)


def _ndjson(values: Values, currency: str) -> Iterator[bytes]:
    return (json_line(value) for value in values)


def _csv(values: Values, currency: str) -> Iterator[bytes]:
    names = [field.encode_name for field in msgspec.structs.fields(Standing)]
    yield _csv_line(names)
    for value in values:
        yield _csv_line([_cell(value.get(name)) for name in names])


def _cell(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list | bool) else value


def _csv_line(cells: list[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue().encode()


_COLUMNS = (
    Column("customer"),
    Column("tier"),
    Column("RFM"),
    Column("revenue", right=True),
    Column("profit", right=True),
    Column("orders", right=True),
    Column("last order"),
    Column("days ago", right=True),
    Column("stage"),
    Column("name"),
    Column("account manager"),
)


def _table(values: Values, currency: str) -> Iterator[bytes]:
    places = decimals(currency)
    rows = [_row(value, places) for value in values]
    yield from table(_COLUMNS, rows)
    yield f"{len(rows):,} customers; money in {currency}".encode()


def _row(value: dict[str, Any], places: int) -> tuple[str, ...]:
    return (
        printable(value["customer_id"]),
        value["tier"],
        value["rfm"] or "",
        money(value["revenue"], places),
        money(value["profit"], places),
        number(value["frequency"]),
        value["last_order_day"] or "",
        number(value["recency_days"]),
        value["stage"] or "",
        printable(value["name"] or ""),
        printable(value["account_manager"] or ""),
    )


_FORMATS: dict[str, Callable[[Values, str], Iterator[bytes]]] = {
    "table": _table,
    "ndjson": _ndjson,
    "csv": _csv,
}

COMMAND = Command("standings", "print everyone's current standing", ABOUT, configure, run)
