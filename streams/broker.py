"""Where the log is: the address in TIERSTREAM_BROKER, read into a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DEFAULT_BROKER = "embedded://.tierstream/log.db"
_KAFKA_PORT = 9092
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class EmbeddedBroker:
    """The log in one file of this machine. A relative path is relative to where one stands."""

    path: Path


@dataclass(frozen=True, slots=True)
class KafkaBroker:
    """A Kafka cluster; each server is `host:port`."""

    servers: tuple[str, ...]


Broker = EmbeddedBroker | KafkaBroker


def parse_broker(text: str) -> Broker:
    """The broker of an address; ValueError with the way out for anything else."""
    scheme, separator, rest = text.partition("://")
    if separator and scheme == "embedded":
        return _embedded(rest)
    if separator and scheme == "kafka":
        return KafkaBroker(tuple(_server(server) for server in rest.split(";")))
    raise ValueError("must be embedded://PATH or kafka://HOST:PORT[;HOST:PORT]")


def _embedded(path: str) -> EmbeddedBroker:
    if not path or path.endswith("/"):
        raise ValueError(f"must name the file of the embedded log, such as {DEFAULT_BROKER}")
    return EmbeddedBroker(Path(path))


def _server(text: str) -> str:
    if "@" in text:
        raise ValueError(
            "must not hold a user or a password: they go into "
            "TIERSTREAM_KAFKA_SASL_USERNAME and TIERSTREAM_KAFKA_SASL_PASSWORD"
        )
    match = _SERVER.fullmatch(text)
    if match is None or not 0 < int(match["port"] or _KAFKA_PORT) < 65_536:
        raise ValueError("must name servers as kafka://HOST:PORT, several separated by ;")
    return f"{match['host']}:{int(match['port'] or _KAFKA_PORT)}"
