"""One partition of the customers: folds records, time and borders into the table.

Everything here is synchronous and deterministic: it reads no clock and does no I/O but reads of
the store. The door (`door.py`) calls it, in turn, and commits what `seal` returns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from schemas.invalid import InvalidRecord
from schemas.outputs import Source
from streams import topics
from streams.domain.alerts import AlertHeldBack
from streams.domain.customer import UNKNOWN, Customer
from streams.domain.days import Calendar, instant
from streams.domain.decide import (
    Said,
    decide_on_erasure,
    decide_on_event,
    decide_on_time,
)
from streams.domain.money import Exchange
from streams.domain.pyramid import Borders, rank_code
from streams.domain.rules import Rules
from streams.domain.scene import Scene
from streams.engine.counts import GlobalCounts
from streams.engine.dedupe import Dedupe, event_hash
from streams.engine.emit import Cause, Emitter
from streams.engine.marker import Marker
from streams.engine.records import Batch, Record, Write
from streams.engine.span import score_lines, tier_lines
from streams.engine.table import CustomerTable, Sealed
from streams.engine.turn import Input, Turn, read_event, stamp_us, turn_of
from streams.engine.visible import visible

_FUTURE = timedelta(hours=24)


#: What became of a record that is not dead; a dead one's code says what.
COUNTED, REPEATED = "counted", "repeated"
HELD_BACK = "held_back"  # of an alert: it came in the cooldown of another


class HoleError(Exception):
    """A batch begins after the position: records in between would be lost."""

    def __init__(self, batch: Batch, position: int) -> None:
        super().__init__(
            f"{batch.topic} partition {batch.partition} came from offset {batch.first_offset} on, "
            f"but {position} is the next to be counted"
        )
        self.place = (batch.topic, batch.partition)
        self.position = position


class Changed(msgspec.Struct, frozen=True, gc=False):
    """Why a standing has to be published: the record that changed it, if any, and when."""

    source: Source | None
    at_us: int


class Identity(NamedTuple):
    """Whose partition it is. `is_ours` tells whether a key belongs here; None: producers are
    trusted."""

    app_id: str
    prefix: str
    number: int
    is_ours: Callable[[bytes], bool] | None


class Partition:
    """The customers of one partition, and what is said of them."""

    def __init__(
        self, identity: Identity, rules: Rules, table: CustomerTable, marker: Marker,
        ranking: GlobalCounts, borders: Borders,
    ) -> None:  # fmt: skip
        self.identity = identity
        self.rules = rules
        self.table = table
        self.marker = marker
        self.scene = Scene(rules, Calendar(rules.time_zone), borders)
        self.exchange = Exchange(rules.base_currency, rules.rates)
        self.pending: dict[bytes, Changed] = {}  # standings yet to be published
        self.tally: Counter[tuple[str, str]] = Counter()  # (topic, what became of it) -> records
        self.late_orders = 0  # placed on a day before that of stream time
        self.emitter = Emitter(identity.app_id, identity.prefix, identity.number, rules)
        self.dedupe = Dedupe(table, rules.dedupe_days)
        self.caught_up = False  # as of the last look: whether a tick of our own counts
        marker.trusting |= identity.is_ours is None
        self._ranking = ranking
        self._outputs: list[Write] = []
        self._sequenced = False  # whether something was said that no record caused
        self._visible: dict[bytes, tuple[Any, ...]] = {}
        self._noted: Borders | None = None

    # -- time

    @property
    def stream_time_us(self) -> int | None:
        """The greatest of the order times and ticks so far; None before the first."""
        return self.marker.stream_time_us

    @property
    def today(self) -> int | None:
        """The day of stream time, as a day number."""
        now = self.marker.stream_time_us
        return None if now is None else self.scene.calendar.today_at(now)

    @property
    def window_begin(self) -> int | None:
        """The newest day that has left the window; None while there is no stream time."""
        today = self.today
        return None if today is None else today - self.rules.window_days

    def move_time(self, moment_us: int) -> None:
        """Stream time goes on to this moment; it never goes back."""
        marker = self.marker
        if marker.stream_time_us is None:
            marker.began_us = marker.stream_time_us = moment_us
        elif moment_us > marker.stream_time_us:
            marker.stream_time_us = moment_us

    def now_us(self, turn: Turn) -> int:
        """Stream time; before there is one, the event's own time."""
        now = self.marker.stream_time_us
        return turn.at_us if now is None else now

    # -- records

    def take(self, batch: Batch, topic: Input, wall_clock: datetime) -> None:
        """Fold in what of a batch is not in yet. HoleError where records before it are missing."""
        position = self.marker.positions.get(batch.topic, 0)
        if batch.first_offset > position:
            raise HoleError(batch, position)
        records = batch.records
        if batch.first_offset < position:
            records = [record for record in records if record.offset >= position]
        self.note_borders()
        latest = wall_clock + _FUTURE
        read = [read_event(topic, record, latest) for record in records]
        if topic.keyed:
            self.table.load({record.key for record in records if record.key is not None})
        in_short = None if topic.in_short is None else topic.in_short(self, batch.topic)
        shortened = 0
        for record, event in zip(records, read, strict=True):
            if in_short is not None and in_short(record, event):
                shortened += 1
            else:
                self.tally[topic.topic, self._take_one(batch.topic, topic, record, event)] += 1
        if shortened:
            self.tally[topic.topic, COUNTED] += shortened
        if batch.next_offset > position:
            self.marker.positions[batch.topic] = batch.next_offset

    def _take_one(self, full_name: str, topic: Input, record: Record, event: Any) -> str:
        """What became of the record."""
        source = Source(full_name, self.identity.number, record.offset)
        try:
            if isinstance(event, InvalidRecord):
                raise event
            return self._fold(topic, turn_of(topic, source, record, event), event)
        except InvalidRecord as why:
            self._bury(source, record, why)
            return why.code

    def _fold(self, topic: Input, turn: Turn, event: Any) -> str:
        """Fold an event in; what became of it."""
        if not topic.keyed:
            topic.fold(self, turn, event)
            return COUNTED
        marker, name = self.marker, turn.name
        customer = self.table.get(name)
        if customer is None or marker.trusting:  # who is known without trust was looked at
            self._refuse_stray(turn)
        if not topic.once:
            topic.fold(self, turn, event)
            return COUNTED
        event_id = event_hash(topic.topic, event.event_id)
        dedupe = self.dedupe
        if customer is not None and dedupe.is_repeat(
            name, customer, event_id, marker.stream_time_us, marker.began_us
        ):
            return REPEATED
        customer = topic.fold(self, turn, event)
        dedupe.remember(name, customer, event_id, marker.stream_time_us, marker.began_us)
        return COUNTED

    def _refuse_stray(self, turn: Turn) -> None:
        is_ours = self.identity.is_ours
        if is_ours is None or is_ours(turn.name):
            return
        raise InvalidRecord(
            "wrong_partition",
            f"customer {turn.customer_id!r} belongs into another partition than "
            f"{self.identity.number}: set the producer's partitioner to murmur2 "
            "(librdkafka: partitioner=murmur2_random), or TIERSTREAM_PARTITIONER=trust "
            "where all producers agree on another one",
        )

    def _bury(self, source: Source, record: Record, why: InvalidRecord) -> None:
        now = self.marker.stream_time_us
        at = instant(stamp_us(record) if now is None else now)
        self._outputs.append(self.emitter.dead_letter(source, record, why, at))

    # -- customers: open, change, close

    def open(self, turn: Turn, shows: bool = False) -> Customer:
        """The customer of a record, what had fallen due by then applied first. `shows`: the
        customer's standing will be published anew, without a look whether it shows anything else.
        """
        customer = self.table.touch(turn.name) if shows else self._touch(turn.name)
        now = self.marker.stream_time_us
        if now is not None and customer.tier != UNKNOWN:
            today = self.scene.calendar.today_at(now)
            other_rules = self.marker.rules != self.rules.digest
            if customer.due <= today or other_rules:
                cause = Cause(identity_of(turn.source) + "/due", now, None)
                why = "rules" if other_rules else "expiry"
                self._apply_time(turn.name, customer, today, cause, why)
        return customer

    def close(self, turn: Turn, customer: Customer, newest_before: int, cause: str) -> Customer:
        """Say what an event has changed, and keep the customer's place in the indexes; the
        customer."""
        at_us = self.now_us(turn)
        today = self.scene.calendar.today_at(at_us)
        said = decide_on_event(customer, today, at_us, newest_before, cause, self.scene)
        if said:
            cause_of = Cause(identity_of(turn.source), at_us, turn.source)
            self.say(turn.name, customer, said, cause_of)
        self._mark_pending(turn.name, customer, Changed(turn.source, at_us))
        return customer

    def erase(self, turn: Turn) -> None:
        """A tombstone: every trace of the customer goes, and it is said."""
        at_us = self.now_us(turn)
        cause = Cause(identity_of(turn.source), at_us, turn.source)
        if self.table.get(turn.name) is not None:
            self._say_goodbye(turn, cause)
        self._outputs.append(self.emitter.erased(turn.customer_id, cause))
        self.pending.pop(turn.name, None)
        self._visible.pop(turn.name, None)
        self.dedupe.forget(turn.name)

    def _say_goodbye(self, turn: Turn, cause: Cause) -> None:
        customer = self.open(turn)
        today = self.scene.calendar.today_at(cause.at_us)
        said = decide_on_erasure(customer, today, cause.at_us, self.scene)
        self.say(turn.name, customer, said, cause)
        self._outputs.append(self.emitter.no_standing(turn.customer_id))
        self.table.erase(turn.name)

    # -- time and borders, without a record

    def pass_time(self, names: list[bytes], cause: str) -> None:
        """Bring customers up to the day of stream time, or to the borders, noted before."""
        if not names:
            return
        now, today = self.marker.stream_time_us, self.today
        assert now is not None
        assert today is not None
        self.table.load(names)
        identity = f"{self.identity.number}/{self.marker.sequence}/{cause}"
        before = len(self._outputs)
        for name in names:
            customer = self.table.get(name)
            if customer is not None:
                self._touch(name)
                self._apply_time(name, customer, today, Cause(identity, now, None), cause)
        self._sequenced |= len(self._outputs) > before

    def note_borders(self) -> None:
        """Whoever is looked at from now on stands by the borders known now: sweeps that come later
        must not pass them over."""
        borders = self.scene.borders
        if borders is not self._noted:
            self._noted = borders
            self.marker.tiers_span.widen(tier_lines(borders))
            self.marker.scores_span.widen(score_lines(borders))

    def _apply_time(
        self, name: bytes, customer: Customer, today: int, cause: Cause, why: str
    ) -> None:
        if why == "rules" and not self.rules.demotion_grace_days:
            customer.under = [-1, -1, -1]  # days under a border don't count while there is no grace
        if customer.due <= today:
            why = "expiry"
        said = decide_on_time(customer, today, cause.at_us, self.scene, why)
        self.say(name, customer, said, cause)
        self._mark_pending(name, customer, Changed(None, cause.at_us))

    # -- saying

    def share(self, customer: Customer) -> float | None:
        """above / n of an active customer, by the counts known."""
        return self._ranking.share(rank_code(customer.rank)) if customer.active else None

    def say(self, name: bytes, customer: Customer, said: Sequence[Said], cause: Cause) -> None:
        """What was decided of a customer becomes outputs."""
        if not said:
            return
        self._outputs += self.emitter.said(name.decode(), customer, said, self.share, cause)
        for one in said:
            if type(one) is AlertHeldBack:
                self.tally[topics.CHURN_ALERTS.name, HELD_BACK] += 1

    def _touch(self, name: bytes) -> Customer:
        customer = self.table.touch(name)
        if name not in self.pending and name not in self._visible:
            self._visible[name] = visible(customer)
        return customer

    def _mark_pending(self, name: bytes, customer: Customer, changed: Changed) -> None:
        if name not in self.pending and self._visible.get(name) == visible(customer):
            return
        if changed.source is not None or name not in self.pending:
            self.pending[name] = changed

    def publish_standings(self, names: dict[bytes, Changed]) -> None:
        """The current standings of these customers become outputs."""
        self.table.load(names)
        now, today = self.marker.stream_time_us, self.today
        identity = f"{self.identity.number}/{self.marker.sequence}/standings"
        self._sequenced = True
        for name, changed in names.items():
            customer = self.table.get(name)
            if customer is None:
                continue  # erased meanwhile
            cause = Cause(identity, changed.at_us if now is None else now, changed.source)
            share = self.share(customer)
            self._outputs.append(
                self.emitter.standing(name.decode(), customer, today, share, cause)
            )

    def add_outputs(self, writes: list[Write]) -> None:
        """Records to be said with the next commit."""
        self._outputs += writes

    def seal(self) -> tuple[Sealed, list[Write]]:
        """The table's changes and the outputs since the last seal."""
        outputs, self._outputs = self._outputs, []
        self.marker.sequence += self._sequenced
        self._sequenced = False
        self._visible = {}
        return self.table.seal(), outputs

    @property
    def has_changes(self) -> bool:
        """Whether `seal` would return anything."""
        return bool(self._outputs) or self.table.has_changes


def identity_of(source: Source) -> str:
    """Of a cause that is an input record."""
    return f"{source.topic}/{source.partition}/{source.offset}"
