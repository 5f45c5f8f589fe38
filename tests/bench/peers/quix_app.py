"""The job in Quix Streams: a stateful function per key, in its RocksDB store with a changelog.

A function sees the state of the key at hand alone and there are no timers: deadlines are looked
at when the customer's own next order comes.
"""

from __future__ import annotations

from typing import Any

from quixstreams import Application, State

from tests.bench.peers.job import Said, day_of, new_customer, read_place, take_order

place = read_place()


def count(order: dict[str, Any], state: State) -> list[Said]:
    """Add the order to its customer, and say what changes."""
    customer = state.get("customer") or new_customer()
    day = day_of(order["ordered_at"])
    today = max(day, customer["days"][-1][0]) if customer["days"] else day
    amount = order["amount"]
    said = take_order(customer, day, amount, amount - order["cost"], today, place.given)
    state.set("customer", customer)
    named = {"customer_id": order["customer_id"], "order": order["event_id"]}
    return [{**one, **named} for one in said]


def main() -> None:
    """Run until told to stop."""
    interval = {} if place.commit_seconds is None else {"commit_interval": place.commit_seconds}
    app = Application(
        broker_address=place.servers,
        consumer_group=place.group,
        auto_offset_reset="earliest",
        state_dir=place.folder,
        **interval,
    )
    orders = app.topic(place.orders, key_deserializer="string", value_deserializer="json")
    tier_changes = app.topic(place.tier_changes, value_serializer="json")
    dormant = app.topic(place.dormant_customers, value_serializer="json")
    said = app.dataframe(orders).apply(count, stateful=True, expand=True)
    said[said["kind"] == "tier"].to_topic(tier_changes)
    said[said["kind"] == "stage"].to_topic(dormant)
    app.run()


if __name__ == "__main__":
    main()
