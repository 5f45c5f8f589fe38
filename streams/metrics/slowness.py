"""What is slow, in sentences for the worker's log: the thing, and the number.

Looked at once a second. A thing is named when it has gone past its limit, and again every
`AGAIN_SECONDS` while it does; of several partitions the one that is worst.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from streams.metrics.health import Still

AGAIN_SECONDS = 30.0
COMMIT_SECONDS = 2.0
STILL_SECONDS = 5.0  # long before health calls it standing still
RECOVERY_SECONDS = 10.0
BACKLOG_SECONDS, BACKLOG_RECORDS = 10.0, 10_000
REDIS_SECONDS = 10.0
#: How late each chore may be. Scores and standings wait for some time by themselves.
CHORE_SECONDS: Mapping[str, float] = {
    "moved borders": 10.0, "counts": 10.0, "due days": 30.0, "changed rules": 30.0,
    "moved scores": 120.0, "standings": 120.0,
}  # fmt: skip
_WAITS_BY_ITSELF = frozenset({"recovery", *CHORE_SECONDS})  # named otherwise

log = logging.getLogger(__name__)


class Reading(NamedTuple):
    """A recovery under way."""

    began: float
    records: int  # of the changelog, read so far


class Pace(Protocol):
    """What is looked at. Moments are those of the event loop's clock."""

    def stalls(self) -> Mapping[int, Still]:
        """Since when each partition has got nowhere with what it has to do."""

    def slowest_commit(self) -> float:
        """Seconds of the slowest commit that has landed since this was last asked."""

    def recoveries(self) -> Mapping[int, Reading]:
        """The partitions being recovered."""

    def chores(self) -> Mapping[int, Mapping[str, float]]:
        """Of each partition the chores with something to do, and when each was last done."""

    def log_told_at(self) -> float:
        """When the log last said where the inputs end."""

    def log_error(self) -> str:
        """Why it has not since."""

    def unread(self) -> int:
        """Records that wait in the inputs."""

    def redis(self) -> Mapping[int, float]:
        """How many seconds old what Redis shows of each partition is."""


class _Found(NamedTuple):
    thing: str  # what a repetition is told by
    sentence: str


class Slowness:
    """`look` once a second."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._said: dict[str, float] = {}
        self._pending: dict[tuple[int, str], float] = {}  # chores, since the look that found them
        self._behind: tuple[float, int] | None = None  # when a backlog was found or said: records

    def look(self, now: float) -> None:
        """Warn of what is slow."""
        for sentence in self.sentences(now):
            log.warning("%s", sentence)

    def sentences(self, now: float) -> list[str]:
        """What is to be said now."""
        due = []
        for found in self._found(now):
            if now - self._said.get(found.thing, -AGAIN_SECONDS) >= AGAIN_SECONDS:
                self._said[found.thing] = now
                due.append(found.sentence)
        return due

    def _found(self, now: float) -> Iterator[_Found]:
        yield from self._commits(now)
        yield from self._recoveries(now)
        yield from self._chores(now)
        yield from self._log(now)
        yield from self._backlog(now)
        yield from self._redis()

    def _commits(self, now: float) -> Iterator[_Found]:
        slowest = self._pace.slowest_commit()
        if slowest >= COMMIT_SECONDS:
            yield _Found("slow commit", f"a commit took {slowest:.1f} s")
        stalls = [one for one in self._pace.stalls().values() if one.what not in _WAITS_BY_ITSELF]
        worst = min(stalls, key=lambda one: one.since, default=None)
        if worst is not None and now - worst.since >= STILL_SECONDS:
            seconds, named = now - worst.since, f"partition {worst.partition}"
            yield _Found("stall", f"{named} has got no further for {seconds:.0f} s: {worst.what}")

    def _recoveries(self, now: float) -> Iterator[_Found]:
        under_way = self._pace.recoveries().items()
        number, reading = min(under_way, key=lambda one: one[1].began, default=(0, None))
        if reading is not None and now - reading.began >= RECOVERY_SECONDS:
            yield _Found(
                "recovery",
                f"partition {number} has been recovering for {now - reading.began:.0f} s: "
                f"{reading.records:,} records of its changelog read",
            )

    def _chores(self, now: float) -> Iterator[_Found]:
        pending = {
            (number, name): done
            for number, own in self._pace.chores().items()
            for name, done in own.items()
        }
        self._pending = {one: self._pending.get(one, now) for one in pending}
        late: dict[str, tuple[float, int]] = {}
        for (number, name), done in pending.items():
            seconds = now - max(done, self._pending[number, name])
            if seconds >= CHORE_SECONDS[name]:
                late[name] = max(late.get(name, (0.0, 0)), (seconds, number))
        for name, (seconds, number) in late.items():
            yield _Found(name, f"{name} of partition {number} have waited for {seconds:.0f} s")

    def _log(self, now: float) -> Iterator[_Found]:
        seconds = now - self._pace.log_told_at()
        if seconds >= STILL_SECONDS:
            why = self._pace.log_error() or "no answer yet"
            yield _Found("log", f"the log has not said for {seconds:.0f} s where inputs end: {why}")

    def _backlog(self, now: float) -> Iterator[_Found]:
        unread = self._pace.unread()
        if unread < BACKLOG_RECORDS:
            self._behind = None
        elif self._behind is None:
            self._behind = now, unread
        elif now - self._behind[0] >= BACKLOG_SECONDS:
            change = (self._behind[1] - unread) / (now - self._behind[0])
            way = f"{change:,.0f} fewer" if change >= 0 else f"{-change:,.0f} more"
            yield _Found("backlog", f"{unread:,} records wait to be read, {way} with every second")
            if self._said["backlog"] == now:
                self._behind = now, unread

    def _redis(self) -> Iterator[_Found]:
        ages = self._pace.redis().items()
        number, age = max(ages, key=lambda one: one[1], default=(0, 0.0))
        if age >= REDIS_SECONDS:
            yield _Found("redis", f"what Redis shows of partition {number} is {age:.0f} s old")
