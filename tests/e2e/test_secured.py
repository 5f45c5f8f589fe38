"""Every command and a worker on a Kafka that is closed to strangers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.driver import Tierstream
from tests.oracle.sending import order
from tests.secure_kafka import KEY_PASSWORD, SecureKafka

WRONG_PASSWORD = "wrong-sesame-4715"
Secured = Callable[..., Tierstream]


@pytest.fixture
def secured(secure_kafka: SecureKafka, tmp_path: Path) -> Iterator[Secured]:
    """Makes the product on names that nobody has used, with the settings of a listener."""
    name = uuid4().hex[:8]
    with ExitStack() as products:

        def make(listener: str, mechanism: str | None = None) -> Tierstream:
            product = Tierstream(tmp_path, secure_kafka.environ(listener, mechanism))
            product.set(TOPIC_PREFIX=f"{name}.", APP_ID=f"app-{name}")
            return products.enter_context(product)

        yield make


def work_through(tierstream: Tierstream) -> None:
    """Records in, everything out, by every command."""
    worker = tierstream.start()
    tierstream.send(
        order("a", "2025-11-01", 12_345),
        order("b", "2025-11-02", 99_900),
        order("a", "2025-11-02", 55, currency="XXX"),
    )
    tierstream.tick("2025-11-03T10:00:00Z")
    tierstream.settle()
    assert revenues(tierstream) == {"a": 12_345, "b": 99_900}
    assert tierstream.customer("a")["answered_by"].startswith("worker")
    assert {value["customer_id"] for value in tierstream.values("tier-changes")} == {"a", "b"}
    (letter,) = tierstream.run("dead-letters", "list", "--format", "ndjson").lines
    assert letter["code"] == "unknown_currency"
    tierstream.run("dead-letters", "resend", letter["event_id"], "--set", "currency=CNY")
    tierstream.settle()
    assert revenues(tierstream) == {"a": 12_400, "b": 99_900}
    worker.stop()


def revenues(tierstream: Tierstream) -> dict[str, int]:
    return {name: value["revenue"] for name, value in tierstream.standings().items()}


def test_everything_works_over_tls_with_a_password(secured: Secured) -> None:
    work_through(secured("SASL", "SCRAM-SHA-512"))


def test_everything_works_over_tls_alone(secured: Secured) -> None:
    work_through(secured("TLS"))


@pytest.mark.parametrize(
    ("listener", "mechanism"), [("SASL", "SCRAM-SHA-256"), ("SASL", "PLAIN"), ("OPEN", "PLAIN")]
)
def test_commands_write_and_read_by_the_other_ways_to_sign_in(
    secured: Secured, listener: str, mechanism: str
) -> None:
    product = secured(listener, mechanism)
    product.tick("2025-11-03T10:00:00Z")
    result = product.run("dump", "clock")
    assert [line["value"] for line in result.lines] == [{"now": "2025-11-03T10:00:00Z"}] * 4
    assert result.err == ""


def test_everything_works_with_a_certificate_of_our_own_whose_key_is_locked(
    secured: Secured, secure_kafka: SecureKafka
) -> None:
    product = secured("MUTUAL")
    locked = str(secure_kafka.certificates.locked_key)
    product.set(KAFKA_SSL_KEYFILE=locked, KAFKA_SSL_KEY_PASSWORD=KEY_PASSWORD)
    work_through(product)


def test_a_worker_that_is_refused_says_one_sentence_and_ends(secured: Secured) -> None:
    sentence = secured("SASL").refused(KAFKA_SASL_PASSWORD=WRONG_PASSWORD)
    assert "does not take the user 'tierstream' with this password" in sentence
    assert WRONG_PASSWORD not in sentence


@pytest.mark.parametrize("command", [["replay", "orders", "-"], ["standings"]], ids=" ".join)
def test_a_command_that_is_refused_says_one_sentence_and_ends(
    secured: Secured, secure_kafka: SecureKafka, command: list[str]
) -> None:
    product = secured("SASL")
    product.set(KAFKA_SSL_CAFILE=str(secure_kafka.certificates.other_ca))
    result = product.call(*command)
    assert "shows a certificate that the certificates in use" in result.sentence
    assert result.err.count("\n") == 1
