"""PEM files that can't be used are told by variable and file; no Kafka needed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from streams.engine.kafka.connection import KafkaConnection
from streams.engine.log import LogError
from tests.secure_kafka import KEY_PASSWORD, Certificates, make_certificates


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates")).files


def secured(
    cafile: Path, certfile: Path | None, keyfile: Path | None, key_password: str | None = None
) -> KafkaConnection:
    return KafkaConnection(
        ("broker:9093",),
        security_protocol="SSL",
        cafile=str(cafile),
        certfile=str(certfile) if certfile else None,
        keyfile=str(keyfile) if keyfile else None,
        key_password=key_password,
    )


def refused(connection: KafkaConnection) -> str:
    with pytest.raises(LogError) as caught:
        connection.for_aiokafka()
    assert KEY_PASSWORD not in str(caught.value)
    return str(caught.value)


def test_a_key_that_is_locked_is_unlocked_by_its_password(files: Certificates) -> None:
    locked = secured(files.ca, files.client, files.locked_key, KEY_PASSWORD)
    assert "ssl_context" in locked.for_aiokafka()
    assert KEY_PASSWORD not in repr(locked)


@pytest.mark.parametrize("password", [None, "wrong"])
def test_nobody_is_asked_for_the_password_of_a_key(
    files: Certificates, password: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    sentence = refused(secured(files.ca, files.client, files.locked_key, password))
    assert "needs its password in TIERSTREAM_KAFKA_SSL_KEY_PASSWORD" in sentence
    assert capfd.readouterr() == ("", "")


def test_the_key_of_another_certificate_is_told_with_both_files(files: Certificates) -> None:
    sentence = refused(secured(files.ca, files.client, files.stranger_key))
    assert f"got {files.client} and {files.stranger_key} (KEY_VALUES_MISMATCH)" in sentence


def test_a_file_without_certificates_is_told(files: Certificates) -> None:
    sentence = refused(secured(files.client_key, None, None))
    assert sentence.startswith("TIERSTREAM_KAFKA_SSL_CAFILE must be a PEM file with certificates")
    assert str(files.client_key) in sentence


def test_a_file_that_has_gone_is_told(tmp_path: Path) -> None:
    sentence = refused(secured(tmp_path / "gone.pem", None, None))
    assert f"{tmp_path / 'gone.pem'} (No such file or directory)" in sentence


def test_the_libraries_never_log_what_they_send(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for library in ("kafka.protocol.parser", "kafka.net.connection", "aiokafka.conn"):
        assert not logging.getLogger(library).isEnabledFor(logging.DEBUG)
