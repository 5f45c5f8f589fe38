"""Kafka's errors as the sentences that users read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiokafka.errors as aio
import kafka.errors as sync

from streams.engine.kafka.connection import KafkaConnection
from streams.engine.log import LogError

KAFKA_ERRORS = (aio.KafkaError, sync.KafkaError, OSError, TimeoutError)
_UNREACHABLE = (
    aio.KafkaConnectionError,
    aio.NodeNotReadyError,
    aio.KafkaTimeoutError,
    aio.RequestTimedOutError,
    sync.KafkaConnectionError,
    sync.KafkaTimeoutError,
    sync.NodeNotReadyError,
    OSError,
    TimeoutError,
)


def log_error(error: Exception, connection: KafkaConnection, doing: str) -> LogError:
    """`error`, met while `doing` something ("reading orders[2]"), as the sentence to show."""
    if isinstance(error, _UNREACHABLE):
        secured = connection.security_protocol != "PLAINTEXT"
        why = str(error) or "no answer in time"
        return LogError(
            f"Kafka at {';'.join(connection.servers)} can't be reached, while {doing} "
            f"({why}): check that it runs there, and TIERSTREAM_BROKER"
            + (", and user, password and certificates (TIERSTREAM_KAFKA_…)" if secured else "")
        )
    return LogError(f"Kafka at {';'.join(connection.servers)} refused, while {doing}: {error!r}")


@contextmanager
def kafka_errors_as_log_errors(connection: KafkaConnection, doing: str) -> Iterator[None]:
    """What the Kafka libraries raise inside becomes a LogError."""
    try:
        yield
    except KAFKA_ERRORS as error:
        raise log_error(error, connection, doing) from error
