"""Health tells a worker that lives and gets nowhere from one that has nothing to do."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from streams.metrics.health import STALL_SECONDS
from tests.e2e.driver import Tierstream, Worker, until
from tests.kafka_node import KafkaNode, require_kafka
from tests.oracle.sending import order
from tests.pressure.watching import ask, web_of

OK, UNAVAILABLE = 200, 503

pytestmark = [pytest.mark.slow, pytest.mark.kafka]


def status(worker: Worker, path: str) -> int:
    web = web_of(worker)
    return 0 if web is None else ask(web, path)[0]


def test_a_worker_whose_broker_hangs_turns_unhealthy_and_recovers_with_it(tmp_path: Path) -> None:
    require_kafka()
    node = KafkaNode(tmp_path / "kafka")
    node.start()
    try:
        with Tierstream(tmp_path, {"TIERSTREAM_BROKER": f"kafka://{node.servers}"}) as tierstream:
            worker = tierstream.start()
            tierstream.send(order("ann", "2025-01-05"))
            tierstream.settle()
            assert (status(worker, "/healthz"), status(worker, "/readyz")) == (OK, OK)
            node.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            until(lambda: not worker.runs or status(worker, "/healthz") == UNAVAILABLE)
            assert not worker.runs or time.monotonic() - stopped > STALL_SECONDS - 5
            node.send_signal(signal.SIGCONT)
            if worker.runs:
                until(lambda: status(worker, "/healthz") == OK)
    finally:
        node.send_signal(signal.SIGCONT)
        node.stop()
