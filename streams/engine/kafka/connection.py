"""How to reach a Kafka cluster, for both Kafka libraries."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class KafkaConnection:
    """The servers to ask first (`host:port`), and how to prove who we are and who they are.

    `security_protocol` is Kafka's: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; `cafile`,
    `certfile` and `keyfile` are paths of PEM files.
    """

    servers: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None

    def for_aiokafka(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's clients."""
        return self._common()

    def for_kafka_python(self) -> dict[str, Any]:
        """Keyword arguments of kafka-python's clients."""
        return self._common()

    def _common(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol.endswith("SSL"):
            arguments["ssl_context"] = self._ssl_context()
        if self.security_protocol.startswith("SASL_"):
            arguments["sasl_mechanism"] = self.sasl_mechanism or "PLAIN"
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password
        return arguments

    def _ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.cafile)
        if self.certfile is not None:
            context.load_cert_chain(self.certfile, self.keyfile)
        return context
