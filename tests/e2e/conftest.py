"""The logs on which everything is tested, and the product on them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.driver import Tierstream

EMBEDDED = "embedded"
KAFKA = pytest.param("kafka", marks=pytest.mark.kafka)
SHOWN_CHARACTERS = 6000  # of a worker's log, where a test has failed


@pytest.fixture(params=[EMBEDDED, KAFKA])
def log(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a log that is empty, or of names on Kafka that nobody has used."""
    if request.param == EMBEDDED:
        return {"TIERSTREAM_BROKER": "embedded://log.db"}
    servers = request.getfixturevalue("kafka")
    name = uuid4().hex[:8]
    return {
        "TIERSTREAM_BROKER": f"kafka://{servers}",
        "TIERSTREAM_TOPIC_PREFIX": f"{name}.",
        "TIERSTREAM_APP_ID": f"app-{name}",
    }


@pytest.fixture
def tierstream(log: dict[str, str], tmp_path: Path) -> Iterator[Tierstream]:
    """The product on that log, in a folder of its own. What its workers said is shown when a
    test fails."""
    product = Tierstream(tmp_path, log)
    try:
        with product:
            yield product
    finally:
        for worker in product.workers:
            sys.stdout.write(f"--- {worker.log.name}\n{worker.text[-SHOWN_CHARACTERS:]}\n")


def only(*logs: object) -> pytest.MarkDecorator:
    """For a test that has a meaning on some logs alone."""
    return pytest.mark.parametrize("log", logs, indirect=True)


on_embedded = only(EMBEDDED)
on_kafka = only(KAFKA)
