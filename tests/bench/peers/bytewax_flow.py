"""The job in Bytewax: a stateful flat map per key, with snapshots of its state in SQLite.

Timers of a stateful step go by the wall clock, and the deadlines by stream time: they are looked
at when the customer's own next order comes. Bytewax commits nothing to Kafka, so how far it is
goes into a file ten times a second.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow

from tests.bench.peers.job import Said, State, day_of, new_customer, read_place, take_order

place = read_place()
counted = 0


def read(message: Any) -> tuple[str, dict[str, Any]]:
    """Key and order of a record."""
    return message.key.decode(), json.loads(message.value)


def count(customer: State | None, order: dict[str, Any]) -> tuple[State, list[Said]]:
    """Add the order to its customer, and say what changes."""
    global counted  # noqa: PLW0603 - one worker, one thread
    counted += 1
    customer = customer or new_customer()
    day = day_of(order["ordered_at"])
    today = max(day, customer["days"][-1][0]) if customer["days"] else day
    amount = order["amount"]
    said = take_order(customer, day, amount, amount - order["cost"], today, place.given)
    return customer, [{**one, "order": order["event_id"]} for one in said]


def write(said: tuple[str, Said]) -> Any:
    """The record that says it."""
    name, value = said
    return KafkaSinkMessage(name.encode(), json.dumps({**value, "customer_id": name}).encode())


def tell() -> None:
    """How many orders were counted, into a file, for as long as the process lives."""
    path = Path(place.folder) / "counted"
    while True:
        path.write_text(str(counted))
        time.sleep(0.1)


flow = Dataflow("orders")
source = kop.input("orders", flow, brokers=[place.servers], topics=[place.orders])
keyed = op.map("read", source.oks, read)
all_said = op.stateful_flat_map("customers", keyed, count)
by_kind = op.branch("kind", all_said, lambda said: said[1]["kind"] == "tier")
for step, topic, each in (
    ("tier-changes", place.tier_changes, by_kind.trues),
    ("dormant-customers", place.dormant_customers, by_kind.falses),
):
    messages = op.map(f"write {step}", each, write)
    kop.output(step, messages, brokers=[place.servers], topic=topic)
threading.Thread(target=tell, daemon=True).start()
