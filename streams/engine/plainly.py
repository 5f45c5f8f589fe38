"""Folding in an order placed, where it is of the common case, without unpacking its customer."""

from __future__ import annotations

from schemas.outputs import Source
from streams import topics
from streams.domain.decide import TierChanged
from streams.domain.packed import decode_customer
from streams.domain.plain_order import PlainOrder, fold_plain_order
from streams.engine.dedupe import event_hash
from streams.engine.emit import Cause
from streams.engine.partition import Changed, Partition, identity_of
from streams.engine.records import Record


def place_plainly(
    partition: Partition, full_name: str, record: Record, event_id: str, at_us: int,
    amount: int, profit: int | None,
) -> bool:  # fmt: skip
    """Fold in an order placed at `at_us`; False: it isn't of the common case, and nothing was
    done. Money in minor units of the base currency; the profit None where it is unknown."""
    marker, name, scene = partition.marker, record.key, partition.scene
    now, is_ours = marker.stream_time_us, partition.identity.is_ours
    if name is None or now is None or is_ours is None or marker.trusting:
        return False
    if marker.rules != partition.rules.digest:
        return False
    if partition.table.is_bulky(name):
        return False
    day = scene.calendar.day_of(at_us)
    at_us = at_us if at_us > now else now
    if day != scene.calendar.today_at(at_us):
        return False
    event = event_hash(topics.ORDERS.name, event_id)
    remembered_us = at_us - partition.dedupe.kept_us
    order = PlainOrder(event, day, at_us, remembered_us, amount, profit)
    state = partition.table.packed(name)
    if state is None and not is_ours(name):
        return False
    folded = fold_plain_order(state, order, scene)
    if folded is None:
        return False
    marker.stream_time_us = at_us
    partition.table.replace(name, state, folded.state)
    source = Source(full_name, partition.identity.number, record.offset)
    if folded.tier != folded.tier_was:
        partition.say(
            name,
            decode_customer(folded.state),
            [TierChanged(folded.tier_was, folded.tier, folded.cause, 0)],
            Cause(identity_of(source), at_us, source),
        )
    partition.pending[name] = Changed(source, at_us)
    return True
