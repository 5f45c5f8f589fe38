"""How far a partition is, as `settle` and the ranking go by it.

Not with every commit: one more partition in a transaction costs the broker as much as that of the
states does. It is said with the first commit after a while, or once no records flow; and with each
commit that others would misread without: standings (how long ago was that?), tiers or scores by
other borders (which versions are taken?), and the last one before the partition is given back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from schemas.encoding import encode
from schemas.internal import Progress
from streams.domain.days import as_date, instant
from streams.engine.partition import Partition
from streams.engine.records import Write

_WAIT_SECONDS = 0.2  # between two while records flow
_GAP_SECONDS = 0.1  # without records: nothing is waited for any more


class ProgressNews:
    """What is said of one partition. `owed`: there were commits since it was said."""

    def __init__(
        self, partition: Partition, topic: str, web: str, wall_clock: Callable[[], datetime]
    ) -> None:
        self.owed = False
        self._at_once = False
        self._borders_said = (0, 0)
        self._partition = partition
        self._topic = topic
        self._web = web
        self._wall_clock = wall_clock
        self._said_at = float("-inf")

    def say_at_once(self) -> None:
        """With the next commit, however soon that is."""
        self._at_once = True

    def owed_at(self, fed_at: float) -> float:
        """From when on it is worth a commit of its own; `fed_at`: when records came last, both in
        the loop's time."""
        return fed_at + _GAP_SECONDS

    def with_commit(self, now: float, fed_at: float, standings_pending: int) -> list[Write]:
        """What goes into a commit at `now`: all that is folded by then."""
        marker = self._partition.marker
        borders = (marker.tiers_applied.version, marker.scores_applied.version)
        may_wait = not self._at_once and borders == self._borders_said
        self.owed = may_wait and now < min(self._said_at + _WAIT_SECONDS, self.owed_at(fed_at))
        if self.owed:
            return []
        self._said_at, self._borders_said, self._at_once = now, borders, False
        number = self._partition.identity.number
        progress = self._progress(standings_pending)
        return [Write(self._topic, number, str(number).encode(), encode(progress))]

    def _progress(self, standings_pending: int) -> Progress:
        partition, marker = self._partition, self._partition.marker
        now, done, today = marker.stream_time_us, marker.days_done, partition.today
        changed_rules = marker.rules != partition.rules.digest
        return Progress(
            at=self._wall_clock().astimezone(UTC),
            partition=partition.identity.number,
            inputs=dict(marker.positions),
            stream_time=None if now is None else instant(now),
            rules=partition.rules.digest,
            days_done=None if done is None else as_date(done),
            due_pending=changed_rules or (today is not None and (done is None or done < today)),
            counts=marker.counts_version,
            counts_pending=partition.table.counts.changed or not marker.counts_version,
            borders=marker.tiers_applied.version,
            scores=marker.scores_applied.version,
            standings_pending=standings_pending,
            web=self._web,
        )
