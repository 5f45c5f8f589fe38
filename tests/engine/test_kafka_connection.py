"""How a cluster is reached, and what a new topic looks like; no Kafka needed."""

from __future__ import annotations

import pytest

from streams.engine.kafka.client import KafkaClient
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.topics import creation
from streams.engine.log import LogError, NewTopic

SECURED = KafkaConnection(
    ("one:9093", "two:9093"),
    security_protocol="SASL_PLAINTEXT",
    sasl_mechanism="SCRAM-SHA-512",
    username="tierstream",
    password="open sesame",
)


def test_a_password_is_never_shown() -> None:
    assert "open sesame" not in repr(SECURED)
    assert "tierstream" in repr(SECURED)


def test_both_libraries_are_told_how_to_sign_in() -> None:
    for arguments in (SECURED.for_aiokafka(), SECURED.for_kafka_python()):
        assert arguments == {
            "bootstrap_servers": ["one:9093", "two:9093"],
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": "tierstream",
            "sasl_plain_password": "open sesame",
        }


def test_tls_checks_who_the_server_is() -> None:
    context = KafkaConnection(("one:9093",), security_protocol="SSL").for_aiokafka()["ssl_context"]
    assert context.check_hostname is True


def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(LogError, match=r"127\.0\.0\.1:1 can't be reached"):
        KafkaClient(KafkaConnection(("127.0.0.1:1",)), connect_seconds=1)


def test_a_topic_is_kept_for_ever_unless_it_says_otherwise() -> None:
    assert creation(NewTopic("orders", 4), 1)["configs"]["retention.ms"] == "-1"
    a_day = NewTopic("orders", 4, retention_ms=86_400_000)
    assert creation(a_day, 1)["configs"]["retention.ms"] == "86400000"


def test_a_compacted_topic_is_not_deleted_by_age() -> None:
    made = creation(NewTopic("customers", 4, compacted=True), 1)["configs"]
    assert made["cleanup.policy"] == "compact"
    assert "retention.ms" not in made


@pytest.mark.parametrize(("brokers", "replicas"), [(1, 1), (2, 2), (3, 3), (7, 3)])
def test_a_topic_has_up_to_three_replicas(brokers: int, replicas: int) -> None:
    assert creation(NewTopic("orders", 4), brokers)["replication_factor"] == replicas


def test_three_replicas_take_a_record_only_where_two_have_it() -> None:
    assert creation(NewTopic("orders", 4), 3)["configs"]["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in creation(NewTopic("orders", 4), 2)["configs"]


def test_a_topic_for_large_records_says_so() -> None:
    made = creation(NewTopic("dead-letters", 4, max_record_bytes=8_388_704), 1)["configs"]
    assert made["max.message.bytes"] == "8388704"
