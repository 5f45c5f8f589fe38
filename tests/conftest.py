"""What holds for every test."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.bench.skipping",
    "tests.kafka_node",
    "tests.redis_server",
    "tests.secure_kafka",
]

# A test asks for what it needs; what the developer has set for a worker of theirs is not for it.
for name in [name for name in os.environ if name.startswith("TIERSTREAM_")]:
    del os.environ[name]

# A shell that starts the tests in the background has Ctrl-C ignored in all that it starts; some
# tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# An example has no time limit of its own: a busy machine is no failure. With CI set Hypothesis
# tries the same examples each time; new ones are searched for on developers' machines.
settings.register_profile("tierstream", deadline=None)
settings.load_profile("tierstream")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for the Kafka node is marked so: `-m "not kafka"` leaves it out."""
    for item in items:
        if {"kafka", "secure_kafka"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)
