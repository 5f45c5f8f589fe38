"""Missing topics are created with one number of partitions, and contradictions refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.engine.embedded.client import EmbeddedClient
from streams.engine.log import NewTopic
from streams.provision import ProvisionError, ensure_topics
from streams.settings import Settings


@pytest.fixture
def client(tmp_path: Path) -> EmbeddedClient:
    return EmbeddedClient(tmp_path / "log.db")


def settings(**variables: str) -> Settings:
    return Settings.from_env({f"TIERSTREAM_{name}": value for name, value in variables.items()})


def test_an_empty_log_gets_every_topic_with_the_partitions_of_the_setting(
    client: EmbeddedClient,
) -> None:
    assert ensure_topics(client, settings(PARTITIONS="3", TOPIC_PREFIX="x-")) == 3
    topics = client.topics()
    assert topics["x-orders"] == topics["x-progress"] == topics["x-dead-letters"] == 3
    assert topics["x-tierstream-customers-changelog"] == 3
    assert topics["x-pyramid-counts"] == topics["x-pyramid-borders"] == 1
    assert all(name.startswith("x-") for name in topics)


def test_inputs_that_exist_decide_whatever_the_setting_says(client: EmbeddedClient) -> None:
    client.create([NewTopic("complaints", 6)])
    assert ensure_topics(client, settings(PARTITIONS="3")) == 6
    assert client.topics()["orders"] == 6
    assert ensure_topics(client, settings(PARTITIONS="9")) == 6


def test_inputs_that_differ_are_refused_and_nothing_is_created(client: EmbeddedClient) -> None:
    client.create([NewTopic("orders", 4), NewTopic("customers", 3)])
    with pytest.raises(ProvisionError, match="orders 4, customers 3"):
        ensure_topics(client, settings())
    assert set(client.topics()) == {"orders", "customers"}


@pytest.mark.parametrize("state", ["tierstream-customers-changelog", "tier-changes", "progress"])
def test_state_with_another_number_than_the_inputs_is_refused(
    client: EmbeddedClient, state: str
) -> None:
    client.create([NewTopic("orders", 4), NewTopic(state, 8)])
    with pytest.raises(ProvisionError, match=f"{state} exists with 8 partitions.* 4"):
        ensure_topics(client, settings())


def test_state_without_inputs_is_refused_under_another_setting(client: EmbeddedClient) -> None:
    client.create([NewTopic("tierstream-customers-changelog", 8)])
    with pytest.raises(ProvisionError, match="8"):
        ensure_topics(client, settings(PARTITIONS="4"))
    assert ensure_topics(client, settings(PARTITIONS="8")) == 8


def test_a_topic_of_one_partition_must_have_one(client: EmbeddedClient) -> None:
    client.create([NewTopic("pyramid-borders", 2)])
    with pytest.raises(ProvisionError, match="pyramid-borders must have one partition, got 2"):
        ensure_topics(client, settings())


class Created(EmbeddedClient):
    """Remembers what it was asked to create."""

    def create(self, topics: object) -> None:
        self.asked = {topic.name: topic for topic in topics}  # type: ignore[attr-defined]
        super().create(self.asked.values())


def test_retention_goes_to_the_topics_that_are_not_compacted(tmp_path: Path) -> None:
    client = Created(tmp_path / "log.db")
    ensure_topics(client, settings(RETENTION_DAYS="30"))
    assert client.asked["orders"].retention_ms == 30 * 86_400_000
    assert client.asked["customers"].retention_ms is None
    assert client.asked["customers"].compacted
    assert client.asked["tierstream-customers-changelog"].retention_ms is None


def test_without_a_retention_topics_are_kept_for_ever(tmp_path: Path) -> None:
    client = Created(tmp_path / "log.db")
    ensure_topics(client, settings())
    assert {topic.retention_ms for topic in client.asked.values()} == {None}
