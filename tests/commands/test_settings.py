"""What the environment may say, and what it is told where it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker, KafkaBroker
from streams.engine.connect import kafka_connection
from streams.rules_file import load_rules
from streams.settings import (
    VARIABLES,
    Settings,
    SettingsError,
    settings_help,
    unknown_variables,
)


def test_without_any_variable_the_defaults_are_those_documented() -> None:
    settings = Settings.from_env({})
    assert settings.broker == EmbeddedBroker(Path(".tierstream/log.db"))
    assert settings.data == Path(".tierstream")
    assert (settings.app_id, settings.partitions, settings.topic_prefix) == ("tierstream", 4, "")
    assert (settings.rules, settings.ticks, settings.standings_interval) == (None, True, 5.0)
    assert (settings.partitioner, settings.retention_days) == ("murmur2", None)
    assert (settings.redis_url, str(settings.web)) == (None, "127.0.0.1:6066")


@pytest.mark.parametrize(
    ("address", "broker"),
    [
        ("embedded://.tierstream/log.db", EmbeddedBroker(Path(".tierstream/log.db"))),
        ("embedded:///var/lib/log.db", EmbeddedBroker(Path("/var/lib/log.db"))),
        ("kafka://localhost", KafkaBroker(("localhost:9092",))),
        ("kafka://a:1;b.example:29092", KafkaBroker(("a:1", "b.example:29092"))),
        ("kafka://[::1]:9093", KafkaBroker(("[::1]:9093",))),
    ],
)
def test_a_broker_is_a_file_or_kafka_servers(
    address: str, broker: EmbeddedBroker | KafkaBroker
) -> None:
    assert Settings.from_env({"TIERSTREAM_BROKER": address}).broker == broker


@pytest.mark.parametrize(
    "address",
    [
        "localhost:9092",
        "redis://localhost",
        "embedded://",
        "embedded://folder/",
        "kafka://",
        "kafka://a:9092;",
        "kafka://a:9092,b:9092",
        "kafka://a:0",
        "kafka://a:70000",
        "kafka://a:9092/topic",
        "Kafka://a",
    ],
)
def test_any_other_broker_is_refused_by_name_and_value(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"TIERSTREAM_BROKER": address})
    assert "TIERSTREAM_BROKER must" in str(refused.value)
    assert repr(address) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("PARTITIONS", "0", "must be a whole number from 1"),
        ("PARTITIONS", "four", "must be a whole number from 1"),
        ("PARTITIONS", "²", "must be a whole number from 1"),
        ("APP_ID", "my app", "letters, digits"),
        ("TOPIC_PREFIX", "a/b", "letters, digits"),
        ("TOPIC_PREFIX", "a" * 101, "at most 100"),
        ("TICKS", "yes", "must be on or off"),
        ("STANDINGS_INTERVAL", "-1", "must be a number of seconds"),
        ("STANDINGS_INTERVAL", "nan", "must be a number of seconds"),
        ("PARTITIONER", "crc32", "must be one of murmur2, trust"),
        ("RETENTION_DAYS", "0", "or unlimited"),
        ("WEB", "6066", "must be HOST:PORT"),
        ("WEB", "::1:6066", "must be HOST:PORT"),
        ("WEB", "localhost:99999", "must be HOST:PORT"),
        ("RULES", "no-such-file.toml", "must be the path of a file"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS", "must be one of PLAINTEXT, SSL"),
        ("KAFKA_SASL_MECHANISM", "GSSAPI", "must be one of PLAIN, SCRAM"),
    ],
)
def test_a_wrong_value_is_refused_by_name_value_and_way_out(
    name: str, value: str, way_out: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({f"TIERSTREAM_{name}": value})
    sentence = str(refused.value)
    assert sentence.startswith(f"TIERSTREAM_{name} must")
    assert way_out in sentence
    assert repr(value) in sentence


def test_a_variable_that_is_empty_counts_as_not_set() -> None:
    empty = {variable.name: "" for variable in VARIABLES}
    assert Settings.from_env(empty) == Settings.from_env({})


def test_an_ipv6_web_address_has_brackets() -> None:
    web = Settings.from_env({"TIERSTREAM_WEB": "[::1]:0"}).web
    assert (web.host, web.port, str(web)) == ("::1", 0, "[::1]:0")


SASL = {
    "TIERSTREAM_BROKER": "kafka://broker:9093",
    "TIERSTREAM_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "TIERSTREAM_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "TIERSTREAM_KAFKA_SASL_USERNAME": "tier",
    "TIERSTREAM_KAFKA_SASL_PASSWORD": "s3cret",
}


def test_sasl_and_tls_reach_the_connection(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    cafile = str(tmp_path / "ca.pem")
    settings = Settings.from_env({**SASL, "TIERSTREAM_KAFKA_SSL_CAFILE": cafile})
    connection = kafka_connection(settings)
    assert connection.servers == ("broker:9093",)
    assert connection.security_protocol == "SASL_SSL"
    assert (connection.sasl_mechanism, connection.username) == ("SCRAM-SHA-512", "tier")
    assert (connection.password, connection.cafile) == ("s3cret", cafile)


def test_secrets_are_in_no_repr_and_in_no_error() -> None:
    redis = "redis://:s3cret@cache:6379/0"
    shown = repr(Settings.from_env({**SASL, "TIERSTREAM_REDIS_URL": redis}))
    assert "s3cret" not in shown
    for name, value in (
        ("TIERSTREAM_REDIS_URL", "http://:s3cret@cache"),
        ("TIERSTREAM_BROKER", "kafka://user:s3cret@broker:9092"),
    ):
        with pytest.raises(SettingsError) as refused:
            Settings.from_env({name: value})
        assert name in str(refused.value)
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "missing",
    [
        "TIERSTREAM_KAFKA_SASL_MECHANISM",
        "TIERSTREAM_KAFKA_SASL_USERNAME",
        "TIERSTREAM_KAFKA_SASL_PASSWORD",
    ],
)
def test_sasl_without_one_of_its_parts_is_refused_by_the_name_of_that_part(missing: str) -> None:
    environ = {name: value for name, value in SASL.items() if name != missing}
    with pytest.raises(SettingsError, match=missing):
        Settings.from_env(environ)


def test_a_password_is_never_left_unused_without_a_word() -> None:
    with pytest.raises(SettingsError, match=r"SASL_MECHANISM is of no use with .* PLAINTEXT"):
        Settings.from_env({**SASL, "TIERSTREAM_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"})


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").touch()
    with pytest.raises(SettingsError, match="KAFKA_SSL_KEYFILE"):
        Settings.from_env({**SASL, "TIERSTREAM_KAFKA_SSL_CERTFILE": str(tmp_path / "cert.pem")})


def test_the_password_of_a_key_needs_the_key_and_is_never_shown(tmp_path: Path) -> None:
    environ = {
        "TIERSTREAM_BROKER": "kafka://broker:9093",
        "TIERSTREAM_KAFKA_SECURITY_PROTOCOL": "SSL",
        "TIERSTREAM_KAFKA_SSL_KEY_PASSWORD": "s3cret",
    }
    with pytest.raises(SettingsError, match="of no use without TIERSTREAM_KAFKA_SSL_KEYFILE"):
        Settings.from_env(environ)
    for name in ("CERTFILE", "KEYFILE"):
        (tmp_path / name).touch()
        environ[f"TIERSTREAM_KAFKA_SSL_{name}"] = str(tmp_path / name)
    settings = Settings.from_env(environ)
    assert kafka_connection(settings).key_password == "s3cret"
    assert "s3cret" not in repr(settings) + repr(kafka_connection(settings))
    environ["TIERSTREAM_KAFKA_SECURITY_PROTOCOL"] = "PLAINTEXT"
    with pytest.raises(SettingsError, match="is of no use with") as refused:
        Settings.from_env(environ)
    assert "s3cret" not in str(refused.value)


def test_an_unknown_variable_is_named_with_the_nearest_that_there_is() -> None:
    (sentence,) = unknown_variables({"TIERSTREAM_BROKR": "x", "PATH": "y", "TIERSTREAM_WEB": "z"})
    assert "TIERSTREAM_BROKR" in sentence
    assert "did you mean TIERSTREAM_BROKER?" in sentence


def test_the_help_names_every_variable_with_its_default() -> None:
    text = settings_help()
    for variable in VARIABLES:
        assert f"{variable.name} (default: {variable.default or 'none'})" in text


def test_the_prefix_goes_before_topics_and_the_changelog() -> None:
    settings = Settings.from_env({"TIERSTREAM_TOPIC_PREFIX": "eu.", "TIERSTREAM_APP_ID": "crm"})
    assert settings.topic("orders") == "eu.orders"
    assert settings.topic(settings.changelog) == "eu.crm-customers-changelog"


def test_rules_come_from_the_file_named(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[business]\ntime_zone = "Asia/Shanghai"\n')
    rules = load_rules(Settings.from_env({"TIERSTREAM_RULES": str(file)}))
    assert rules.time_zone == "Asia/Shanghai"
    assert load_rules(Settings.from_env({})).time_zone == "UTC"
