"""Passwords are in nothing that a worker or a command puts out, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from streams.topics import changelog
from tests.e2e.driver import Tierstream, until
from tests.oracle.sending import order
from tests.redis_server import RedisServer
from tests.secure_kafka import KEY_PASSWORD, PASSWORD, SecureKafka

REDIS_PASSWORD = "redis-sesame-4716"
OTHER = "other-sesame-4717"
SECRETS = (PASSWORD, KEY_PASSWORD, REDIS_PASSWORD, OTHER)
PAGES = ("/", "/table/", "/router/", "/metrics", "/healthz", "/readyz", "/customers/a", "/no-page")
#: Makes every program of Python that runs with it log all that it can.
LOUD = "import logging\nlogging.basicConfig(level=logging.DEBUG)\n"


@pytest.fixture
def loud(
    secure_kafka: SecureKafka,
    redis_server: RedisServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Tierstream]:
    """The product with every secret there is, at DEBUG."""
    (tmp_path / "loud").mkdir()
    (tmp_path / "loud" / "sitecustomize.py").write_text(LOUD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "loud"))
    redis_server.client().config_set("requirepass", REDIS_PASSWORD)
    place = redis_server.url.removeprefix("redis://")
    name, files = uuid4().hex[:8], secure_kafka.certificates
    with Tierstream(tmp_path, secure_kafka.environ("SASL", "PLAIN")) as product:
        product.set(
            TOPIC_PREFIX=f"{name}.", APP_ID=f"app-{name}",
            KAFKA_SSL_CERTFILE=str(files.client), KAFKA_SSL_KEYFILE=str(files.locked_key),
            KAFKA_SSL_KEY_PASSWORD=KEY_PASSWORD,
            REDIS_URL=f"redis://:{REDIS_PASSWORD}@{place}",
        )  # fmt: skip
        yield product


def test_no_secret_comes_out_while_all_is_well_and_when_redis_fails(
    loud: Tierstream, redis_server: RedisServer
) -> None:
    worker = loud.start()
    loud.send(order("a", "2025-11-01", 12_345), order("b", "2025-11-02", currency="XXX"))
    loud.tick("2025-11-03T10:00:00Z")
    loud.settle()
    until(lambda: served_from_redis(loud))
    everything = [*pages(loud), *topics(loud), *commands(loud)]
    redis_server.kill()
    until(lambda: "what it serves grows stale until it is back" in worker.text)
    everything += [*pages(loud), *commands(loud)]
    redis_server.start()  # and asks for no password any more
    until(lambda: "is back" in worker.text)
    worker.stop()
    assert "DEBUG" in worker.text
    assert_no_secret([*everything, worker.text, *files(loud.folder)])


def test_no_secret_comes_out_of_what_is_refused(loud: Tierstream) -> None:
    refusals: list[str] = []
    for wrong in (
        {"KAFKA_SASL_PASSWORD": OTHER},
        {"KAFKA_SSL_KEY_PASSWORD": OTHER},
        {"KAFKA_SSL_KEY_PASSWORD": KEY_PASSWORD, "KAFKA_SSL_KEYFILE": ""},
        {"REDIS_URL": f"http://:{OTHER}@127.0.0.1:1"},
        {"REDIS_URL": f"redis://:{OTHER}@127.0.0.1:port"},
        {"REDIS_URL": f"redis://:{OTHER}@127.0.0.1:1/0?no_such_option={OTHER}"},
        {"BROKER": f"kafka://tierstream:{OTHER}@127.0.0.1:9092"},
        {"WEB": f"tierstream:{OTHER}@127.0.0.1:6066"},
    ):
        worker = loud.start(**wrong, KAFKA_PASSWORD=OTHER)  # the last one is no setting
        assert worker.ended() == 1, worker.text
        assert "TIERSTREAM_KAFKA_PASSWORD is not a setting" in worker.text
        refusals.append(worker.text)
    assert_no_secret(refusals)


def test_a_redis_that_takes_another_password_is_named_without_it(
    loud: Tierstream, redis_server: RedisServer
) -> None:
    place = redis_server.url.removeprefix("redis://")
    loud.set(REDIS_URL=f"redis://tier:{OTHER}@{place}")
    worker = loud.start()
    until(lambda: "what it serves grows stale until it is back" in worker.text)
    assert f"Redis at {place} fails" in worker.text
    loud.settle()
    everything = [*pages(loud), str(loud.call("customer", "a"))]
    worker.stop()
    assert_no_secret([*everything, worker.text])


def served_from_redis(loud: Tierstream) -> bool:
    (found,) = loud.run("customer", "a", "--format", "json").lines
    return str(found["answered_by"]).startswith("redis")


def pages(loud: Tierstream) -> Iterator[str]:
    web = until(lambda: loud.progress()[0]["web"])
    for page in PAGES:
        try:
            with urlopen(f"http://{web}{page}", timeout=30) as answer:
                yield f"{answer.headers}{answer.read().decode()}"
        except HTTPError as error:
            yield f"{error.headers}{error.read().decode()}"


def topics(loud: Tierstream) -> Iterator[str]:
    for name in ("progress", "customer-standings", "dead-letters", changelog(loud.app_id).name):
        yield str(loud.run("dump", name))


def commands(loud: Tierstream) -> Iterator[str]:
    for words in (["customer", "a"], ["customer", "nobody"], ["settle", "--timeout", "0"]):
        yield str(loud.call(*words))


def files(folder: Path) -> Iterator[str]:
    """What lies in the data folder."""
    for path in (folder / ".tierstream").rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("latin-1")


def assert_no_secret(texts: list[str]) -> None:
    for text in texts:
        for secret in SECRETS:
            at = text.find(secret)
            assert at < 0, text[max(at - 300, 0) : at + 60]
