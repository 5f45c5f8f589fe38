"""Topics are created as they have to be, by whichever command comes first."""

from __future__ import annotations

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from tests.e2e.conftest import on_kafka
from tests.e2e.driver import Tierstream

COMPACTED = ("customers", "customer-standings", "pyramid-counts", "pyramid-borders", "progress")
KEPT = ("orders", "call-logs", "complaints", "clock", "tier-changes", "dormant-customers",
        "customer-erased", "dead-letters")  # fmt: skip
DAY_MS = 86_400_000


def settings_of(servers: str, topics: list[str]) -> dict[str, dict[str, str]]:
    """What the broker says of each topic."""
    admin = KafkaAdminClient(bootstrap_servers=servers)
    try:
        wanted = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
        (described,) = admin.describe_configs(wanted, config_filter="all").values()
    finally:
        admin.close()
    return {
        topic: {name: one["value"] for name, one in configs.items()}
        for topic, configs in described.items()
    }


@on_kafka
@pytest.mark.parametrize("days", [None, 30])
def test_topics_are_created_with_the_right_settings(
    tierstream: Tierstream, kafka: str, days: int | None
) -> None:
    if days is not None:
        tierstream.set(RETENTION_DAYS=str(days))
    tierstream.set(PARTITIONS="3")
    tierstream.run("tick", "2021-01-01T00:00:00Z")
    changelog = f"{tierstream.app_id}-customers-changelog"
    found = settings_of(
        kafka, [tierstream.prefix + name for name in (*COMPACTED, *KEPT, changelog)]
    )
    for name in (*COMPACTED, changelog):
        assert found[tierstream.prefix + name]["cleanup.policy"] == "compact"
    for name in KEPT:
        own = found[tierstream.prefix + name]
        assert own["cleanup.policy"] == "delete"
        assert int(own["retention.ms"]) == (-1 if days is None else days * DAY_MS)
    inputs = int(found[f"{tierstream.prefix}orders"]["max.message.bytes"])
    letters = int(found[f"{tierstream.prefix}dead-letters"]["max.message.bytes"])
    assert letters >= 3 * inputs
    assert {line["partition"] for line in tierstream.dump("clock")} == {0, 1, 2}


@on_kafka
def test_topics_whose_numbers_of_partitions_do_not_go_together_are_refused(
    tierstream: Tierstream, kafka: str
) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        create(admin, f"{tierstream.prefix}tier-changes", 5)
        sentence = tierstream.refused()
        assert f"{tierstream.prefix}tier-changes exists with 5 partitions" in sentence
        create(admin, f"{tierstream.prefix}orders", 3)
        create(admin, f"{tierstream.prefix}complaints", 2)
        sentence = tierstream.call("replay", "orders", "-").sentence
        assert "must have the same number of partitions" in sentence
    finally:
        admin.close()


def create(admin: KafkaAdminClient, topic: str, partitions: int) -> None:
    admin.create_topics({topic: {"num_partitions": partitions, "replication_factor": 1}})
    admin.wait_for_topics([topic])
