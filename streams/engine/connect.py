"""Opens the log that the settings name: the embedded one or Kafka, and never one for the other.

Each log is imported only where it is asked for: a command starts in half the time.
"""

from __future__ import annotations

from streams.broker import EmbeddedBroker, KafkaBroker
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.log import LogClient, WorkerLog
from streams.settings import Settings


def open_client(settings: Settings) -> LogClient:
    """The log for a command; the caller closes it. LogError where it can't be reached."""
    if isinstance(settings.broker, EmbeddedBroker):
        from streams.engine.embedded.client import EmbeddedClient  # noqa: PLC0415

        return EmbeddedClient(settings.broker.path)
    from streams.engine.kafka.client import KafkaClient  # noqa: PLC0415

    return KafkaClient(kafka_connection(settings))


def open_worker_log(settings: Settings) -> WorkerLog:
    """The log for the worker, not started yet.

    The consumer group and the transactional ids carry prefix and app id, so that two
    applications on one cluster never take each other's place.
    """
    group = consumer_group(settings)
    if isinstance(settings.broker, EmbeddedBroker):
        from streams.engine.embedded.worker_log import EmbeddedWorkerLog  # noqa: PLC0415

        return EmbeddedWorkerLog(settings.broker.path, group)
    from streams.engine.kafka.worker_log import KafkaWorkerLog  # noqa: PLC0415

    return KafkaWorkerLog(kafka_connection(settings), group)


def consumer_group(settings: Settings) -> str:
    """The name of the consumer group, which is also how transactional ids begin."""
    return settings.topic(settings.app_id)


def kafka_connection(settings: Settings) -> KafkaConnection:
    """How to reach the Kafka cluster of the settings; for a Kafka broker only."""
    if not isinstance(settings.broker, KafkaBroker):
        raise TypeError(f"{settings.broker} is not a Kafka broker")
    files = (settings.kafka_ssl_cafile, settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile)
    cafile, certfile, keyfile = (str(path) if path else None for path in files)
    return KafkaConnection(
        servers=settings.broker.servers,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_sasl_username,
        password=settings.kafka_sasl_password,
        cafile=cafile,
        certfile=certfile,
        keyfile=keyfile,
        key_password=settings.kafka_ssl_key_password,
    )
