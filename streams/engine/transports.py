"""Makes our transports known to Faust, by the scheme of a broker's address."""

from __future__ import annotations

from faust.transport.drivers import TRANSPORTS

EMBEDDED_SCHEME = "embedded"
KAFKA_SCHEME = "tierstream-kafka"  # Faust has a transport `kafka` of its own


def register() -> None:
    """Call it before an app's transport is first asked for. Calling it again changes nothing."""
    TRANSPORTS.aliases[EMBEDDED_SCHEME] = "streams.engine.embedded.transport:Transport"
    TRANSPORTS.aliases[KAFKA_SCHEME] = "streams.engine.kafka.transport:Transport"
