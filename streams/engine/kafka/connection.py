"""How to reach a Kafka cluster, for both Kafka libraries."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass, field
from typing import Any

from streams.engine.log import LogError

# At DEBUG both libraries log what they send, a SASL password too: whatever the level of a program,
# theirs goes no lower. Where nobody has asked for a log (commands) they say nothing at all: what
# fails is told in one sentence.
for _name in ("aiokafka", "kafka"):
    logging.getLogger(_name).setLevel(logging.INFO)
    logging.getLogger(_name).addHandler(logging.NullHandler())


@dataclass(frozen=True)
class KafkaConnection:
    """The servers to ask first (`host:port`), and how to prove who we are and who they are.

    `security_protocol` is Kafka's: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; `cafile`,
    `certfile` and `keyfile` are paths of PEM files, `key_password` unlocks the last one.
    """

    servers: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None
    key_password: str | None = field(default=None, repr=False)

    @property
    def uses_tls(self) -> bool:
        """Whether everything is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether user and password are sent."""
        return self.security_protocol.startswith("SASL_")

    def for_aiokafka(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's clients. LogError where a PEM file can't be used."""
        return self._common()

    def for_kafka_python(self) -> dict[str, Any]:
        """Keyword arguments of kafka-python's clients. LogError where a PEM file can't be used."""
        return self._common()

    def _common(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.security_protocol,
        }
        if self.uses_tls:
            arguments["ssl_context"] = self._ssl_context()
        if self.uses_sasl:
            arguments["sasl_mechanism"] = self.sasl_mechanism or "PLAIN"
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password
        return arguments

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.cafile)
        except OSError as error:
            raise LogError(
                f"TIERSTREAM_KAFKA_SSL_CAFILE must be a PEM file with certificates, got "
                f"{self.cafile} ({_what(error)})"
            ) from error
        if self.certfile is not None:
            self._load_certificate(context, self.certfile)
        return context

    def _load_certificate(self, context: ssl.SSLContext, certfile: str) -> None:
        # Always a password: without one OpenSSL would ask for it on the terminal, and wait.
        password = self.key_password or ""
        try:
            context.load_cert_chain(certfile, self.keyfile, lambda: password)
        except OSError as error:
            raise LogError(
                f"TIERSTREAM_KAFKA_SSL_CERTFILE and TIERSTREAM_KAFKA_SSL_KEYFILE must be PEM files "
                f"with a certificate and its own key, got {certfile} and {self.keyfile} "
                f"({_what(error)}); a key that is locked needs its password in "
                "TIERSTREAM_KAFKA_SSL_KEY_PASSWORD"
            ) from error


def _what(error: OSError) -> str:
    """What went wrong, in OpenSSL's or the system's words; the name of a file is said already."""
    return getattr(error, "reason", None) or error.strerror or type(error).__name__
