"""Why a cluster refuses a connection. Both libraries keep that to themselves: they say that they
could not bootstrap. So one more connection is made, step by step, and its error is looked at."""

from __future__ import annotations

import asyncio
import ssl

from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.errors import log_error
from streams.engine.log import LogError

_SECONDS = 5.0  # for one server
_OTHER_HOST = (62, 64)  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and …_IP_ADDRESS_MISMATCH
_PROTOCOL = "TIERSTREAM_KAFKA_SECURITY_PROTOCOL"


async def connecting_error(error: Exception, connection: KafkaConnection) -> LogError:
    """`error`, met while connecting, as the sentence to show: with the reason, where a server that
    is there gives one."""
    asked = [_refusal(server, connection) for server in connection.servers]
    refusals = [found for found in await asyncio.gather(*asked) if found is not None]
    if refusals:
        return LogError(f"Kafka at {refusals[0]}")
    return log_error(error, connection, "connecting")


async def _refusal(server: str, connection: KafkaConnection) -> str | None:
    """Who refuses us, why, and the way out; None where nobody is there, or nothing is wrong."""
    try:
        async with asyncio.timeout(_SECONDS):
            await _try(server, connection)
    except (KafkaError, OSError) as error:  # TimeoutError is an OSError
        said = _by_certificate(error, connection) or _by_sasl(error, connection)
        said = said or await _by_silence(server, connection)
        return None if said is None else f"{server} {said}"
    return None


async def _try(server: str, connection: KafkaConnection) -> None:
    """Connect, sign in, ask something."""
    arguments = connection.for_aiokafka()
    del arguments["bootstrap_servers"]
    connected = await create_conn(*_address(server), **arguments)
    try:
        await connected.send(MetadataRequest([]))
    finally:
        connected.close()


def _by_certificate(error: Exception, connection: KafkaConnection) -> str | None:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return None
    if error.verify_code in _OTHER_HOST:
        return (
            f"shows a certificate for another host ({_said(error)}): write its name into "
            "TIERSTREAM_BROKER as the certificate has it"
        )
    cafile = connection.cafile or "the system's"
    return (
        f"shows a certificate that the certificates in use, {cafile}, don't vouch for "
        f"({_said(error)}): set TIERSTREAM_KAFKA_SSL_CAFILE to those that sign it"
    )


def _said(error: ssl.SSLCertVerificationError) -> str:
    return error.verify_message.rstrip(".")


def _by_sasl(error: Exception, connection: KafkaConnection) -> str | None:
    mechanism = connection.sasl_mechanism
    if isinstance(error, SaslAuthenticationFailed):
        return (
            f"does not take the user {connection.username!r} with this password by {mechanism}: "
            "check TIERSTREAM_KAFKA_SASL_USERNAME, TIERSTREAM_KAFKA_SASL_PASSWORD and "
            "TIERSTREAM_KAFKA_SASL_MECHANISM"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return (
            f"does not know the SASL mechanism {mechanism}: set TIERSTREAM_KAFKA_SASL_MECHANISM to "
            "one that it does"
        )
    if isinstance(error, IllegalSaslStateError):
        return (
            f"asks for no user and password: set {_PROTOCOL} to "
            f"{'SSL' if connection.uses_tls else 'PLAINTEXT'}, got "
            f"{connection.security_protocol}, or name its port with SASL in TIERSTREAM_BROKER"
        )
    return None


async def _by_silence(server: str, connection: KafkaConnection) -> str | None:
    """It closed the connection, or said what is not Kafka's: whether that is for TLS."""
    speaks_tls = await _speaks_tls(server)
    protocol = connection.security_protocol
    if speaks_tls is None:
        return None
    if speaks_tls != connection.uses_tls:
        wanted = "SSL or SASL_SSL" if speaks_tls else "PLAINTEXT or SASL_PLAINTEXT"
        return (
            f"{'wants' if speaks_tls else 'does not speak'} TLS: set {_PROTOCOL} to {wanted}, got "
            f"{protocol}, or name another port in TIERSTREAM_BROKER"
        )
    asks = [] if connection.uses_sasl else [f"a user and password ({_PROTOCOL} SASL_…)"]
    if connection.uses_tls:
        asks.append("a certificate that it knows (TIERSTREAM_KAFKA_SSL_CERTFILE, …_KEYFILE)")
    if not asks:
        return None
    return f"closes the connection ({_PROTOCOL} is {protocol}): it may ask for {' or '.join(asks)}"


async def _speaks_tls(server: str) -> bool | None:
    """Whether TLS is spoken there, whoever it may be; None where nobody is. Nothing is sent."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    try:
        await _open(server, None)
    except OSError:
        return None
    try:
        await _open(server, anyone)
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # told off, but in TLS's own words
    except OSError:
        return False
    return True


async def _open(server: str, context: ssl.SSLContext | None) -> None:
    async with asyncio.timeout(_SECONDS):
        _, writer = await asyncio.open_connection(*_address(server), ssl=context)
    writer.close()


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    return host.strip("[]"), int(port)
