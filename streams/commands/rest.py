"""When is everything at rest, and if not, what is behind: decided from what was read alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.internal import Borders, Progress


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read: `ends` are the inputs' end offsets, by full topic name and partition."""

    partitions: int
    ends: Mapping[str, Mapping[int, int]]
    progress: Mapping[int, Progress]
    borders: Borders | None


def behind(seen: Seen) -> list[str]:
    """What is behind, a clause each; nothing at rest."""
    numbers = range(seen.partitions)
    missing = [str(number) for number in numbers if number not in seen.progress]
    clauses = [f"no worker has taken partition {', '.join(missing)} over"] if missing else []
    for number in numbers:
        if number in seen.progress:
            clauses += _of(number, seen.progress[number], seen)
    return clauses


def _of(partition: int, progress: Progress, seen: Seen) -> Iterator[str]:
    name = f"partition {partition}"
    for topic, ends in seen.ends.items():
        unread = ends.get(partition, 0) - progress.inputs.get(topic, 0)
        if unread > 0:
            yield f"{name}: {unread:,} {_records(unread)} of {topic} unread"
    if progress.due_pending:
        yield f"{name}: due days are being done"
    yield from _ranking(name, progress, seen.borders)
    if progress.standings_pending:
        yield f"{name}: {progress.standings_pending:,} standings to be published"


def _ranking(name: str, progress: Progress, borders: Borders | None) -> Iterator[str]:
    version = borders.version if borders else 0
    counted = borders.counts.get(str(progress.partition), 0) if borders else 0
    if progress.counts_pending:
        yield f"{name}: its counts are about to be sent"
    elif counted != progress.counts:
        yield f"{name}: the borders are made from older counts than its newest"
    if borders and borders.rules != progress.rules:
        yield f"{name}: the borders are made by other rules than its worker goes by"
    if progress.borders != version:
        yield f"{name}: the newest borders are not applied to the tiers yet"
    elif progress.scores != version:
        yield f"{name}: the newest borders are not applied to the scores yet"


def _records(number: int) -> str:
    return "record" if number == 1 else "records"
