"""Whether the worker gets on: not that it lives, but that what waits is being done.

A partition stands still while it has something to do (batches at its door, a commit under way, a
chore that is due, records in its inputs that it has not read, a take-over) and for `STALL_SECONDS`
has neither taken a batch nor landed a commit nor read a record of its changelog. The worker stands
still, too, where the log doesn't say where the inputs end, or the group gives it no answer, or the
borders that it keeps don't get published.

An event loop that hangs can't be seen from inside: `/healthz` does not answer then, and whoever
asks must take that for a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

STALL_SECONDS = 30.0
GROUP_SECONDS = 120.0  # a group waits that long for a member that was killed


class Waiting(NamedTuple):
    """What a partition has to do, and when it last got on with it."""

    what: str | None  # None: it rests
    moved_at: float


class Sight(Protocol):
    """What health looks at. Moments are those of the event loop's clock."""

    def assignment(self) -> frozenset[int] | None:
        """The partitions that are ours; None: the group has not said."""

    def waiting(self) -> Mapping[int, Waiting]:
        """Each partition of ours that is worked on, recovering ones included."""

    def consuming(self) -> frozenset[int]:
        """The partitions that are recovered and take batches."""

    def log_told_at(self) -> float:
        """When the log last said where the inputs end."""

    def publishing_since(self) -> float | None:
        """Since when the keeper of the borders, if that is us, has been publishing some."""


class Still(NamedTuple):
    """Something that stands still: `partition` None is the worker as a whole."""

    partition: int | None
    what: str
    since: float

    def as_json(self, now: float) -> dict[str, object]:
        """For people and probes."""
        seconds = round(now - self.since, 1)
        return {"partition": self.partition, "waits_for": self.what, "seconds": seconds}


class Health:
    """Looked at once a second, so that it knows since when something waits."""

    def __init__(self, sight: Sight, now: float) -> None:
        self._sight = sight
        self._rested: dict[int, float] = {}  # when each partition was last seen at rest
        self._assigned_at = now

    def look(self, now: float) -> None:
        """Note what rests."""
        if self._sight.assignment() is not None:
            self._assigned_at = now
        waiting = self._sight.waiting()
        self._rested = {
            number: now if one.what is None else self._rested.get(number, one.moved_at)
            for number, one in waiting.items()
        }

    def stalls(self) -> dict[int, Still]:
        """Of each partition that has something to do: since when it has got nowhere with it."""
        found = {}
        for number, one in self._sight.waiting().items():
            if one.what is not None:
                since = max(one.moved_at, self._rested.get(number, one.moved_at))
                found[number] = Still(number, one.what, since)
        return found

    def standing_still(self, now: float) -> list[Still]:
        """What has stood still for too long; empty: the worker is healthy."""
        still = [one for one in self.stalls().values() if now - one.since >= STALL_SECONDS]
        told_at = self._sight.log_told_at()
        if now - told_at >= STALL_SECONDS:
            still.append(Still(None, "an answer of the log", told_at))
        since = self._sight.publishing_since()
        if since is not None and now - since >= STALL_SECONDS:
            still.append(Still(None, "the publication of borders", since))
        if now - self._assigned_at >= GROUP_SECONDS:
            still.append(Still(None, "the group's assignment", self._assigned_at))
        return still

    def not_ready(self) -> str | None:
        """Why the worker is not ready, in a sentence; None: all that is assigned to it is
        consumed. With nothing assigned (more workers than partitions) it is ready as well: there
        is nothing that it would keep waiting."""
        assignment = self._sight.assignment()
        if assignment is None:
            return "the group has not assigned partitions yet"
        missing = sorted(assignment - self._sight.consuming())
        if missing:
            return f"partitions not recovered yet: {', '.join(map(str, missing))}"
        return None
