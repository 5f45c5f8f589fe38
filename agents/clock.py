"""clock: time is an event like any other. A worker's own tick counts only when nothing waits."""

from __future__ import annotations

from datetime import datetime

from schemas.clock import Tick, parse_tick
from streams import topics
from streams.domain.days import micros
from streams.engine.door import OWN_TICK
from streams.engine.partition import Partition
from streams.engine.turn import Input, Turn


def when(tick: Tick) -> datetime:
    """The time that it is."""
    return tick.now


def fold(partition: Partition, turn: Turn, tick: Tick) -> None:
    """Move stream time on."""
    own = any(name == OWN_TICK for name, _ in turn.record.headers)
    if partition.caught_up or not own:
        partition.move_time(micros(tick.now))


INPUT = Input(topics.CLOCK.name, parse_tick, when, fold, keyed=False, once=False)
