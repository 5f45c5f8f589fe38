"""The floor: the same state with no engine around it, in one loop over what aiokafka fetches.

Orders are decoded and folded by the product's own functions, in memory; what has changed goes
into a changelog and what is said into its topics, in full record batches, before the offsets are
committed. No transactions, no store, no recovery, no ranking.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.orders import Order, parse_order
from streams.domain.customer import Customer
from streams.domain.days import Calendar, micros
from streams.domain.decide import StageSaid, TierChanged, decide_on_event, decide_on_time
from streams.domain.orders_fold import fold_order, newest_order_day
from streams.domain.packed import decode_customer, encode_customer, place_of
from streams.domain.plain_order import PlainOrder, fold_plain_order
from streams.domain.pyramid import TIERS, Borders, rank_code
from streams.domain.rules import parse_rules
from streams.domain.scene import Scene
from tests.bench.peers.job import Deadlines, Given, Place, read_place

_BATCH_BYTES = 512 * 1024
_AHEAD = timedelta(hours=24)


class Counting:
    """The customers of one partition, and what is to be written about them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._states: dict[str, bytes] = {}
        self._deadlines = Deadlines()
        self._changed: set[str] = set()
        self._now_us = 0
        self._taken = 0
        self.said: defaultdict[str, list[tuple[bytes, bytes]]] = defaultdict(list)

    def take(self, values: Iterable[bytes], latest: datetime) -> None:
        """Fold orders in."""
        for value in values:
            order = parse_order(value, latest)
            at_us = micros(order.ordered_at)
            self._now_us = max(self._now_us, at_us)
            self._taken += 1
            day_of = self._scene.calendar.day_of
            for silent in self._deadlines.pass_to(day_of(self._now_us)):
                self._wake(silent)
            self._fold(order, day_of(at_us))

    def _fold(self, order: Order, day: int) -> None:
        """As the product does: the common case on the packed state."""
        name, scene, today = order.customer_id, self._scene, self._deadlines.today
        state = self._states.get(name)
        profit = None if order.cost is None else order.amount - order.cost
        if day == today:
            # Nothing remembers event ids: the one before is forgotten each time.
            now_us = self._now_us
            plain = PlainOrder(self._taken, day, now_us, now_us + 1, order.amount, profit)
            folded = fold_plain_order(state, plain, scene)
            if folded is not None:
                said = [TierChanged(folded.tier_was, folded.tier, folded.cause, 0)]
                self._keep(
                    name, folded.state, said if folded.tier != folded.tier_was else [], order
                )
                return
        customer = Customer() if state is None else decode_customer(state)
        newest = newest_order_day(customer)
        fold_order(customer, order.type, day, order.amount, profit, scene.rules.window_days)
        changes = decide_on_event(customer, today, self._now_us, newest, "order", scene)
        self._keep(name, encode_customer(customer), changes, order)

    def _wake(self, name: str) -> None:
        customer, today = decode_customer(self._states[name]), self._deadlines.today
        said = decide_on_time(customer, today, self._now_us, self._scene, "expiry")
        self._keep(name, encode_customer(customer), said, None)

    def _keep(self, name: str, state: bytes, said: Sequence[Any], order: Order | None) -> None:
        self._states[name] = state
        self._changed.add(name)
        place = place_of(state)
        self._deadlines.file(name, place.due)
        for one in said:
            told: dict[str, Any] = {"customer_id": name, "order": order and order.event_id}
            told |= {"revenue": place.revenue, "frequency": place.frequency, "rfm": place.rfm}
            if isinstance(one, TierChanged):
                topic = "tier-changes"
                told["to"] = TIERS[one.to_tier]
            elif isinstance(one, StageSaid):
                topic = "dormant-customers"
                told["stage"] = one.stage
            else:
                continue  # alerts: the product looks for them with the rest
            self.said[topic].append((name.encode(), msgspec.json.encode(told)))

    def states(self) -> list[tuple[bytes, bytes]]:
        """The states changed since the last call."""
        changed, self._changed = self._changed, set()
        return [(name.encode(), self._states[name]) for name in changed]


def scene_of(given: Given) -> Scene:
    """The product's rules, with borders that don't move and no damping."""
    tiers = tuple(rank_code(value) for value in given.tiers)
    cuts = (given.frequency_cuts, given.monetary_cuts)
    codes = (tuple(rank_code(value) for value in each) for each in cuts)
    borders = Borders(1, tiers, tiers, *codes)  # type: ignore[arg-type]
    rules = parse_rules("[pyramid]\ndemotion_margin = 0\n", "the floor's rules")
    return Scene(rules, Calendar(rules.time_zone), borders)


async def main(place: Place) -> None:
    """Run until told to stop."""
    consumer = AIOKafkaConsumer(
        place.orders,
        bootstrap_servers=place.servers,
        group_id=place.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=_BATCH_BYTES,
    )
    producer = AIOKafkaProducer(bootstrap_servers=place.servers, max_batch_size=_BATCH_BYTES)
    scene = scene_of(place.given)
    counting: defaultdict[int, Counting] = defaultdict(lambda: Counting(scene))
    async with consumer, producer:
        while True:
            fetched = await consumer.getmany(timeout_ms=1000, max_records=4000)
            latest = datetime.now(UTC) + _AHEAD
            sent = []
            for where, records in fetched.items():
                own = counting[where.partition]
                own.take((record.value for record in records), latest)
                outputs, own.said = own.said, defaultdict(list)
                outputs["customers-changelog"] = own.states()
                for topic, written in outputs.items():
                    sent += await _send(producer, place.prefix + topic, where.partition, written)
            await asyncio.gather(*sent)
            if fetched:
                await consumer.commit()


async def _send(
    producer: AIOKafkaProducer, topic: str, partition: int, records: list[tuple[bytes, bytes]]
) -> list[Any]:
    """Full record batches under way; what becomes of each."""
    sent = []
    batch = producer.create_batch()
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=None) is None:
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    if batch.record_count():
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    return sent


if __name__ == "__main__":
    uvloop.run(main(read_place()))
