"""A cluster that refuses us: one sentence says who, why and what to do, and never the password."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from streams.engine.connect import kafka_connection
from streams.engine.kafka.client import KafkaClient
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.worker_log import KafkaWorkerLog
from streams.engine.log import LogError
from streams.settings import Settings
from tests.kafka_node import HOST
from tests.secure_kafka import KEY_PASSWORD, PASSWORD, SecureKafka

WRONG_PASSWORD = "wrong-sesame-4714"
SECRETS = (PASSWORD, KEY_PASSWORD, WRONG_PASSWORD)
#: Sooner than the 10 s that commands take: a refusal comes at once.
CONNECT_SECONDS = 2.0


def refused(environ: Mapping[str, str]) -> str:
    """The sentence that both clients say alike."""
    connection = kafka_connection(Settings.from_env(environ))
    of_commands, of_workers = by_commands(connection), asyncio.run(by_workers(connection))
    assert of_commands == of_workers
    assert not any(secret in of_commands for secret in SECRETS)
    assert "\n" not in of_commands
    return of_commands


def by_commands(connection: KafkaConnection) -> str:
    with pytest.raises(LogError) as caught:
        KafkaClient(connection, CONNECT_SECONDS)
    return str(caught.value)


async def by_workers(connection: KafkaConnection) -> str:
    log = KafkaWorkerLog(connection, "nobody")
    with pytest.raises(LogError) as caught:
        await log.start()
    await log.stop()
    return str(caught.value)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_wrong_password_is_told_by_user_and_mechanism(
    secure_kafka: SecureKafka, mechanism: str
) -> None:
    environ = secure_kafka.environ("SASL", mechanism)
    sentence = refused({**environ, "TIERSTREAM_KAFKA_SASL_PASSWORD": WRONG_PASSWORD})
    place = f"{HOST}:{secure_kafka.ports['SASL']}"
    begin = (
        f"Kafka at {place} does not take the user 'tierstream' with this password by {mechanism}"
    )
    assert sentence.startswith(begin)
    assert "TIERSTREAM_KAFKA_SASL_PASSWORD" in sentence


def test_a_user_that_nobody_knows_is_named(secure_kafka: SecureKafka) -> None:
    environ = secure_kafka.environ("SASL")
    sentence = refused({**environ, "TIERSTREAM_KAFKA_SASL_USERNAME": "nobody"})
    assert "does not take the user 'nobody'" in sentence


def test_a_certificate_of_another_authority_is_told_with_the_file_in_use(
    secure_kafka: SecureKafka,
) -> None:
    other = str(secure_kafka.certificates.other_ca)
    sentence = refused({**secure_kafka.environ("TLS"), "TIERSTREAM_KAFKA_SSL_CAFILE": other})
    assert f"shows a certificate that the certificates in use, {other}, don't vouch for" in sentence
    assert "set TIERSTREAM_KAFKA_SSL_CAFILE" in sentence


def test_without_a_file_the_systems_certificates_are_in_use(secure_kafka: SecureKafka) -> None:
    sentence = refused({**secure_kafka.environ("TLS"), "TIERSTREAM_KAFKA_SSL_CAFILE": ""})
    assert "the certificates in use, the system's, don't vouch for" in sentence


def test_a_certificate_for_another_host_is_told_with_the_host_asked_for(
    secure_kafka: SecureKafka,
) -> None:
    sentence = refused(secure_kafka.environ("STRANGER"))
    assert "shows a certificate for another host" in sentence
    assert f"not valid for '{HOST}'" in sentence
    assert "TIERSTREAM_BROKER" in sentence


@pytest.mark.parametrize("listener", ["TLS", "SASL", "MUTUAL"])
def test_plain_text_to_a_port_with_tls_is_told(secure_kafka: SecureKafka, listener: str) -> None:
    sentence = refused({"TIERSTREAM_BROKER": secure_kafka.environ(listener)["TIERSTREAM_BROKER"]})
    assert "wants TLS: set TIERSTREAM_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL" in sentence
    assert "got PLAINTEXT" in sentence


@pytest.mark.parametrize("listener", ["TLS", "SASL"])
def test_tls_to_a_port_with_plain_text_is_told(secure_kafka: SecureKafka, listener: str) -> None:
    plain = f"kafka://{secure_kafka.node.servers}"
    sentence = refused({**secure_kafka.environ(listener), "TIERSTREAM_BROKER": plain})
    assert "does not speak TLS: set TIERSTREAM_KAFKA_SECURITY_PROTOCOL to PLAINTEXT" in sentence


def test_a_password_where_none_is_asked_for_is_told(secure_kafka: SecureKafka) -> None:
    plain = f"kafka://{secure_kafka.node.servers}"
    sentence = refused({**secure_kafka.environ("OPEN"), "TIERSTREAM_BROKER": plain})
    assert "asks for no user and password" in sentence
    assert "to PLAINTEXT, got SASL_PLAINTEXT" in sentence


@pytest.mark.parametrize(("asked", "sent"), [("OPEN", "PLAINTEXT"), ("SASL", "TLS")])
def test_no_password_where_one_is_asked_for_is_told(
    secure_kafka: SecureKafka, asked: str, sent: str
) -> None:
    there = secure_kafka.environ(asked)["TIERSTREAM_BROKER"]
    sentence = refused({**secure_kafka.environ(sent), "TIERSTREAM_BROKER": there})
    assert "it may ask for a user and password (TIERSTREAM_KAFKA_SECURITY_PROTOCOL" in sentence


def test_a_client_without_a_certificate_that_is_known_is_told(secure_kafka: SecureKafka) -> None:
    files = secure_kafka.certificates
    stranger = {
        "TIERSTREAM_KAFKA_SSL_CERTFILE": str(files.stranger),
        "TIERSTREAM_KAFKA_SSL_KEYFILE": str(files.stranger_key),
    }
    for given in (stranger, dict.fromkeys(stranger, "")):
        sentence = refused({**secure_kafka.environ("MUTUAL"), **given})
        assert "a certificate that it knows (TIERSTREAM_KAFKA_SSL_CERTFILE" in sentence


def test_of_several_servers_the_one_that_refuses_is_named(secure_kafka: SecureKafka) -> None:
    there = f"{HOST}:{secure_kafka.ports['SASL']}"
    environ = {
        **secure_kafka.environ("SASL"),
        "TIERSTREAM_BROKER": f"kafka://{HOST}:1;{there}",
        "TIERSTREAM_KAFKA_SASL_PASSWORD": WRONG_PASSWORD,
    }
    assert refused(environ).startswith(f"Kafka at {there} does not take the user")
