"""Creates the topics that are missing, all with one number of partitions."""

from __future__ import annotations

from collections.abc import Mapping

from streams.engine import fault_points
from streams.engine.log import LogClient, NewTopic
from streams.errors import UserError
from streams.settings import Settings
from streams.topics import CATALOGUE, INPUTS, Topic

_DAY_MS = 86_400_000


class ProvisionError(UserError):
    """Topics that exist with numbers of partitions that don't go together."""


def all_topics(settings: Settings) -> tuple[Topic, ...]:
    """The catalogue and the changelog of this application."""
    return (*CATALOGUE, settings.changelog)


def ensure_topics(client: LogClient, settings: Settings) -> int:
    """Create every topic that is missing and return the number of partitions of the inputs.

    It is that of the inputs which exist, else TIERSTREAM_PARTITIONS. Raises ProvisionError where
    inputs differ, or where state or outputs exist with another number; nothing is created then.
    """
    existing = client.topics()
    partitions = _agreed(existing, settings)
    missing = [each for each in all_topics(settings) if settings.topic(each) not in existing]
    if missing:
        fault_points.before("topic creation")
        client.create([_new(each, partitions, settings) for each in missing])
        fault_points.after("topic creation")
        _agreed(client.topics(), settings)  # somebody else may have created them meanwhile
    return partitions


def _agreed(existing: Mapping[str, int], settings: Settings) -> int:
    partitions = _of_the_inputs(existing, settings)
    for topic in all_topics(settings):
        found = existing.get(settings.topic(topic))
        wanted = _wanted(topic, partitions)
        if found is not None and found != wanted:
            raise ProvisionError(_sentence(topic, found, wanted, settings))
    return partitions


def _of_the_inputs(existing: Mapping[str, int], settings: Settings) -> int:
    names = [settings.topic(topic) for topic in INPUTS]
    found = {name: existing[name] for name in names if name in existing}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{name} {number}" for name, number in found.items())
        raise ProvisionError(
            "the input topics must have the same number of partitions, "
            f"got {listed}; create those again that differ"
        )
    return next(iter(found.values()), settings.partitions)


def _wanted(topic: Topic, partitions: int) -> int:
    return 1 if topic.partitions == "one" else partitions


def _sentence(topic: Topic, found: int, wanted: int, settings: Settings) -> str:
    name = settings.topic(topic)
    if topic.partitions == "one":
        return f"{name} must have one partition, got {found}; delete it, it is made anew"
    return (
        f"{name} exists with {found} partitions, the inputs have or would get {wanted}; "
        f"give the inputs {found}, or start afresh with another TIERSTREAM_TOPIC_PREFIX"
    )


def _new(topic: Topic, partitions: int, settings: Settings) -> NewTopic:
    days = None if topic.compacted else settings.retention_days
    return NewTopic(
        name=settings.topic(topic),
        partitions=_wanted(topic, partitions),
        compacted=topic.compacted,
        retention_ms=None if days is None else days * _DAY_MS,
        max_record_bytes=topic.max_record_bytes,
    )
