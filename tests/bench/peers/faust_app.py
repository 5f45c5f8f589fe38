"""The job in plain Faust, as its documentation has it: an agent, a table in the stock store.

Deadlines hang on stream time, so they are looked at as orders come in: a timer could not write to
a table in the stock RocksDB store, which takes the partition from the event at hand.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import faust

from tests.bench.peers.job import (
    Deadlines,
    Said,
    State,
    day_of,
    new_customer,
    pass_time,
    read_place,
    take_order,
)

place = read_place()
app = faust.App(
    place.group,
    broker=f"kafka://{place.servers}",
    store="rocksdb://",
    datadir=place.folder,
    topic_partitions=place.partitions,
    topic_replication_factor=1,
    web_enabled=False,
    **({} if place.commit_seconds is None else {"broker_commit_interval": place.commit_seconds}),
)


class Order(faust.Record, serializer="json"):  # type: ignore[call-arg]
    """What is read of an order."""

    event_id: str
    ordered_at: str
    amount: int
    cost: int


orders = app.topic(place.orders, key_type=str, key_serializer="raw", value_type=Order)
tier_changes = app.topic(place.tier_changes, key_type=str, key_serializer="raw")
dormant = app.topic(place.dormant_customers, key_type=str, key_serializer="raw")
customers = app.Table("customers")
deadlines: defaultdict[int, Deadlines] = defaultdict(Deadlines)


@customers.on_recover
async def file_deadlines() -> None:
    """Deadlines live in memory: after a start they are filed anew."""
    for name, customer in customers.items():
        deadlines[customer["partition"]].file(name, customer["due"])


@app.agent(orders)
async def count(stream: Any) -> None:
    """Each order: what fell due before it, then the order itself."""
    async for order in stream:
        event = stream.current_event
        name, own = event.key, deadlines[event.message.partition]
        day = day_of(order.ordered_at)
        for silent in own.pass_to(day):
            customer = customers[silent]
            await keep(own, silent, customer, pass_time(customer, own.today, place.given), None)
        customer = customers.get(name) or new_customer()
        customer["partition"] = event.message.partition
        profit = order.amount - order.cost
        said = take_order(customer, day, order.amount, profit, own.today, place.given)
        await keep(own, name, customer, said, order.event_id)


async def keep(
    own: Deadlines, name: str, customer: State, said: list[Said], order: str | None
) -> None:
    """The state into the table, what is to be said into its topics."""
    customers[name] = customer
    own.file(name, customer["due"])
    for one in said:
        topic = tier_changes if one["kind"] == "tier" else dormant
        await topic.send(key=name, value={**one, "customer_id": name, "order": order})


if __name__ == "__main__":
    app.main()
