"""Every setting, once: its variable, its default, what it is for and how it is read."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams import setting_values as read
from streams.broker import DEFAULT_BROKER, Broker, KafkaBroker, parse_broker
from streams.errors import UserError
from streams.topics import Topic, changelog

PREFIX = "TIERSTREAM_"


class SettingsError(UserError):
    """A variable with a value that can't be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. Secrets are left out of the repr."""

    broker: Broker
    data: Path
    app_id: str
    partitions: int
    topic_prefix: str
    rules: Path | None  # None: the rules shipped
    ticks: bool
    standbys: int
    standings_interval: float  # seconds
    partitioner: str  # murmur2 | trust
    retention_days: int | None  # None: for ever
    redis_url: str | None = field(repr=False)
    web: read.Address
    kafka_security_protocol: str
    kafka_sasl_mechanism: str | None
    kafka_sasl_username: str | None
    kafka_sasl_password: str | None = field(repr=False)
    kafka_ssl_cafile: Path | None
    kafka_ssl_certfile: Path | None
    kafka_ssl_keyfile: Path | None
    kafka_ssl_key_password: str | None = field(repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """The settings of an environment; a variable that is empty counts as not set.

        Raises SettingsError, naming the variable, the value and the way out.
        """
        settings = cls(**{each.field: _value(each, environ) for each in VARIABLES})
        _check_together(settings)
        return settings

    def topic(self, topic: Topic | str) -> str:
        """The full name of a topic, prefix included."""
        return self.topic_prefix + (topic if isinstance(topic, str) else topic.name)

    @property
    def changelog(self) -> Topic:
        """The changelog of this application's states."""
        return changelog(self.app_id)


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting. `default` is the text that is read where the variable is not set."""

    name: str
    field: str
    default: str
    about: str
    parse: Callable[[str], Any]  # raises ValueError("must be …")
    secret: bool = False


def _variable(
    name: str, default: str, about: str, parse: Callable[[str], Any], secret: bool = False
) -> Variable:
    return Variable(PREFIX + name, name.lower(), default, about, parse, secret)


VARIABLES = (
    _variable(
        "BROKER",
        DEFAULT_BROKER,
        "the log: embedded://PATH (relative to here, or embedded:///absolute), "
        "or kafka://HOST:PORT[;HOST:PORT]",
        parse_broker,
    ),
    _variable("DATA", ".tierstream/", "folder of the worker's RocksDB", Path),
    _variable("APP_ID", "tierstream", "names the consumer group and the changelog", read.app_id),
    _variable("PARTITIONS", "4", "partitions of the topics that it creates", read.partitions),
    _variable("TOPIC_PREFIX", "", "goes before every topic name", read.topic_prefix),
    _variable("RULES", "", "path of a rules file (TOML); none: the rules shipped", read.file),
    _variable(
        "TICKS", "on", "on: the wall clock moves time on; off: only `tierstream tick`", read.switch
    ),
    _variable(
        "STANDBYS",
        "1",
        "on Kafka: copies of each partition's state that other workers keep warm, so that one of "
        "them takes over in moments; 0: none",
        read.standbys,
    ),
    _variable(
        "STANDINGS_INTERVAL",
        "5",
        "seconds; at most one standing of a customer is published in so long",
        read.seconds,
    ),
    _variable(
        "PARTITIONER",
        "murmur2",
        "murmur2: a record in another partition than Kafka's default partitioner gives its key "
        "is a dead letter; trust: it is taken",
        read.one_of("murmur2", "trust"),
    ),
    _variable(
        "RETENTION_DAYS",
        "unlimited",
        "days that topics which aren't compacted keep records, where it creates them",
        read.retention_days,
    ),
    _variable(
        "REDIS_URL", "", "where set, standings are served from Redis", read.redis_url, secret=True
    ),
    _variable(
        "WEB", "127.0.0.1:6066", "HOST:PORT of web, /metrics, /healthz and /readyz", read.address
    ),
    _variable(
        "KAFKA_SECURITY_PROTOCOL",
        "PLAINTEXT",
        "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
        read.one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    ),
    _variable(
        "KAFKA_SASL_MECHANISM",
        "",
        "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
        read.one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "", none=""),
    ),
    _variable("KAFKA_SASL_USERNAME", "", "user at the brokers", read.text),
    _variable("KAFKA_SASL_PASSWORD", "", "password at the brokers", read.text, secret=True),
    _variable("KAFKA_SSL_CAFILE", "", "certificates that sign the brokers' (PEM)", read.file),
    _variable("KAFKA_SSL_CERTFILE", "", "the client's own certificate (PEM)", read.file),
    _variable("KAFKA_SSL_KEYFILE", "", "the key of the client's certificate (PEM)", read.file),
    _variable("KAFKA_SSL_KEY_PASSWORD", "", "what unlocks that key", read.text, secret=True),
)


def settings_help() -> str:
    """The catalogue as text, for `--help`."""
    lines = ["settings (environment variables):"]
    for each in VARIABLES:
        lines.append(f"  {each.name} (default: {each.default or 'none'})")
        lines += textwrap.wrap(each.about, 90, initial_indent="      ", subsequent_indent=" " * 6)
    return "\n".join(lines)


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each TIERSTREAM_ variable that nothing reads, with the nearest name."""
    known = [each.name for each in VARIABLES]
    strangers = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    return [_stranger(name, difflib.get_close_matches(name, known, 1)) for name in strangers]


def _stranger(name: str, near: list[str]) -> str:
    way_out = f"did you mean {near[0]}?" if near else "`tierstream --help` lists those there are"
    return f"{name} is not a setting and is not used; {way_out}"


def _value(variable: Variable, environ: Mapping[str, str]) -> Any:
    given = environ.get(variable.name, "") or variable.default
    try:
        return variable.parse(given)
    except ValueError as error:
        secret = variable.secret or "@" in given
        got = "a value not shown here" if secret else repr(given)
        raise SettingsError(f"{variable.name} {error}, got {got}") from None


def _check_together(settings: Settings) -> None:
    if not isinstance(settings.broker, KafkaBroker):
        return
    protocol = settings.kafka_security_protocol
    sasl = _given(settings, "kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password")
    files = _given(settings, "kafka_ssl_cafile", "kafka_ssl_certfile", "kafka_ssl_keyfile")
    password = _given(settings, "kafka_ssl_key_password")
    missing = [name for name, given in sasl.items() if not given]
    if protocol.startswith("SASL") and missing:
        raise SettingsError(
            f"{PREFIX}KAFKA_SECURITY_PROTOCOL {protocol} needs {' and '.join(missing)} too"
        )
    unused = sasl if not protocol.startswith("SASL") else {}
    if "SSL" not in protocol:
        unused = unused | files
    _refuse_unused(unused, protocol)
    _, certificate, key = files
    if files[certificate] != files[key]:
        raise SettingsError(f"{certificate} and {key} are needed both, or neither; got one")
    (of_key,) = password
    if password[of_key] and not files[key]:
        raise SettingsError(f"{of_key} is of no use without {key}; give both, or leave it out")


def _refuse_unused(variables: Mapping[str, bool], protocol: str) -> None:
    """SettingsError for the first of these variables that is given."""
    for name in (name for name, given in variables.items() if given):
        wanted = "SASL_SSL" if "SASL" in name else "SSL or SASL_SSL"
        raise SettingsError(
            f"{name} is of no use with {PREFIX}KAFKA_SECURITY_PROTOCOL {protocol}; "
            f"set that to {wanted}, or leave {name} out"
        )


def _given(settings: Settings, *names: str) -> dict[str, bool]:
    return {PREFIX + name.upper(): getattr(settings, name) is not None for name in names}
