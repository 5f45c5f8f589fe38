"""A real Kafka node that wants to know who comes: listeners with TLS, client certificates, SASL.

The certificates are made here, for as long as the tests last; no listener but the brokers' own
takes plain text without a password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from tests.kafka_node import HOST, KafkaNode, free_port, require_kafka

USER = "tierstream"
PASSWORD = "open-sesame-4711"
KEY_PASSWORD = "key-sesame-4712"

#: Listener -> its security protocol. Kafka wants names in capitals.
LISTENERS = {
    "PLAINTEXT": "PLAINTEXT",  # the broker's own, and the tests'
    "TLS": "SSL",
    "MUTUAL": "SSL",
    "SASL": "SASL_SSL",
    "OPEN": "SASL_PLAINTEXT",
    "STRANGER": "SASL_SSL",  # its certificate is for another host
}
_LOGIN = "org.apache.kafka.common.security"
_PLAIN = f'{_LOGIN}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
_SCRAM = f"{_LOGIN}.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files: who signs, who is signed by them, and by somebody else."""

    ca: Path
    other_ca: Path
    client: Path
    client_key: Path
    locked_key: Path  # the same, under KEY_PASSWORD
    stranger: Path  # a client's, signed by the other CA
    stranger_key: Path


@dataclass(frozen=True)
class SecureKafka:
    """The node, its listeners' ports, and the certificates that go with it."""

    node: KafkaNode
    ports: Mapping[str, int]
    certificates: Certificates

    def environ(self, listener: str, mechanism: str | None = None) -> dict[str, str]:
        """The settings that a listener asks for, all of them right."""
        protocol = LISTENERS[listener]
        settings = {"BROKER": f"kafka://{HOST}:{self.ports[listener]}"}
        settings["KAFKA_SECURITY_PROTOCOL"] = protocol
        if "SASL" in protocol:
            settings["KAFKA_SASL_MECHANISM"] = mechanism or "SCRAM-SHA-512"
            settings["KAFKA_SASL_USERNAME"] = USER
            settings["KAFKA_SASL_PASSWORD"] = PASSWORD
        if "SSL" in protocol:
            settings["KAFKA_SSL_CAFILE"] = str(self.certificates.ca)
        if listener == "MUTUAL":
            settings["KAFKA_SSL_CERTFILE"] = str(self.certificates.client)
            settings["KAFKA_SSL_KEYFILE"] = str(self.certificates.client_key)
        return {f"TIERSTREAM_{name}": value for name, value in settings.items()}


@pytest.fixture(scope="session")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """A node that lives as long as the session, and knows USER by every mechanism."""
    require_kafka()
    folder = tmp_path_factory.mktemp("secure-kafka")
    secured = _new(folder)
    secured.node.start()
    try:
        _add_scram_user(secured.node.servers)
        yield secured
    finally:
        secured.node.stop()


class Issued(NamedTuple):
    """What a broker shows, and what its clients have."""

    broker: Path
    elsewhere: Path  # of another host
    files: Certificates


def make_certificates(folder: Path) -> Issued:
    """Two authorities, and all that is signed by them."""
    ca, other_ca = trustme.CA(), trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    other_ca.cert_pem.write_to_path(folder / "other-ca.pem")
    client, client_key = _client(ca, folder, "client")
    files = Certificates(
        folder / "ca.pem",
        folder / "other-ca.pem",
        client,
        client_key,
        _locked(client_key, folder / "locked.key"),
        *_client(other_ca, folder, "stranger"),
    )
    broker = _identity(ca.issue_cert(HOST), folder / "broker.pem")
    elsewhere = _identity(ca.issue_cert("elsewhere.example.com"), folder / "elsewhere.pem")
    return Issued(broker, elsewhere, files)


def _new(folder: Path) -> SecureKafka:
    issued = make_certificates(folder)
    ports = {listener: free_port() for listener in LISTENERS}
    node = KafkaNode(folder / "node", ports["PLAINTEXT"], _settings(ports, issued))
    return SecureKafka(node, ports, issued.files)


def _settings(ports: Mapping[str, int], issued: Issued) -> dict[str, str]:
    """The broker's properties on top of the usual ones."""
    controller = free_port()
    advertised = ",".join(f"{name}://{HOST}:{port}" for name, port in ports.items())
    protocols = ",".join(f"{name}:{protocol}" for name, protocol in LISTENERS.items())
    settings = {
        "listeners": f"{advertised},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": advertised,
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "listener.security.protocol.map": f"{protocols},CONTROLLER:PLAINTEXT",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(issued.broker),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(issued.files.ca),
        "listener.name.mutual.ssl.client.auth": "required",
        "listener.name.stranger.ssl.keystore.type": "PEM",
        "listener.name.stranger.ssl.keystore.location": str(issued.elsewhere),
    }
    for listener in ("sasl", "open", "stranger"):
        prefix = f"listener.name.{listener}"
        settings[f"{prefix}.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
        settings[f"{prefix}.plain.sasl.jaas.config"] = _PLAIN
        settings[f"{prefix}.scram-sha-256.sasl.jaas.config"] = _SCRAM
        settings[f"{prefix}.scram-sha-512.sasl.jaas.config"] = _SCRAM
    return settings


def _identity(issued: trustme.LeafCert, path: Path) -> Path:
    """Key and certificates in one file, as Kafka takes PEM."""
    issued.private_key_and_cert_chain_pem.write_to_path(path)
    text = path.read_bytes()
    path.write_bytes(_pkcs8(text) + text[text.index(b"-----BEGIN CERTIFICATE") :])
    return path


def _pkcs8(key: bytes, password: str | None = None) -> bytes:
    """A PEM key in the form that Kafka takes (PKCS #8), locked where there is a password."""
    locked: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        locked = serialization.BestAvailableEncryption(password.encode())
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked
    )


def _client(ca: trustme.CA, folder: Path, name: str) -> tuple[Path, Path]:
    issued = ca.issue_cert(f"{name}@example.com")
    issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    issued.private_key_pem.write_to_path(folder / f"{name}.key")
    return folder / f"{name}.pem", folder / f"{name}.key"


def _locked(key: Path, path: Path) -> Path:
    path.write_bytes(_pkcs8(key.read_bytes(), KEY_PASSWORD))
    return path


def _add_scram_user(servers: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=servers)
    try:
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            user = UserScramCredentialUpsertion(USER, mechanism, PASSWORD)
            refused = admin.alter_user_scram_credentials([user])
            assert refused == {USER: None}, refused
    finally:
        admin.close()
