"""A real Prometheus on a real worker, with the rules of `deploy/` at a quicker pace."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.deploy.files import PROMETHEUS
from tests.e2e.driver import until

HOST = "127.0.0.1"
SCRAPE = "1s"
#: What the rules count by the minute, with 10 s for a scrape, is counted every other second here.
PACE = {"interval: 1m": "interval: 2s", "[1m]": "[2s]", "offset 10s": "offset 1s",
        "offset 1m10s": "offset 3s"}  # fmt: skip
PACE_SECONDS = 3
STOP_SECONDS = 30


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class PrometheusServer:
    """Asks over HTTP, as Grafana does."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{HOST}:{port}"
        self.began = time.time()

    def now(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression at this moment, each with one value."""
        found = self._ask("query", query=expression)["result"]
        return [{**each, "values": [each["value"]]} for each in found]

    def since_the_beginning(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression over all the time that this server has run."""
        asked = {"query": expression, "start": self.began, "end": time.time(), "step": 1}
        found: list[dict[str, Any]] = self._ask("query_range", **asked)["result"]
        return found

    def number(self, expression: str) -> float:
        """The one number that an expression is now."""
        (series,) = self.now(expression)
        return float(series["value"][1])

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with what became of it."""
        return [rule for group in self._ask("rules")["groups"] for rule in group["rules"]]

    def is_up(self) -> bool:
        """Whether it answers, and has scraped all that it is to scrape."""
        try:
            return len(self.now("up == 1")) == 2
        except URLError:
            return False

    def _ask(self, what: str, **asked: Any) -> Any:
        with urlopen(f"{self._url}/api/v1/{what}?{urlencode(asked)}", timeout=30) as answer:
            return json.load(answer)["data"]


def has_data(series: list[dict[str, Any]]) -> bool:
    """Whether there is a number in it somewhere."""
    numbers = (float(value) for each in series for _, value in each["values"])
    return any(not math.isnan(number) for number in numbers)


@contextmanager
def running(binary: str, folder: Path, worker: str) -> Iterator[PrometheusServer]:
    """A Prometheus that scrapes the worker at this address, and itself."""
    port = free_port()
    config = _write_config(folder, {"tierstream": worker, "prometheus": f"{HOST}:{port}"})
    command = [
        binary,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={HOST}:{port}",
    ]
    with (folder / "prometheus.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        server = PrometheusServer(port)
        until(server.is_up)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _write_config(folder: Path, targets: Mapping[str, str]) -> Path:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = {
        "scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": SCRAPE
    }  # fmt: skip
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [targets[job["job_name"]]]}]
    (folder / "rules").mkdir(parents=True)
    for path in (PROMETHEUS / "rules").glob("*.yml"):
        (folder / "rules" / path.name).write_text(_quicker(path.read_text()))
    written = folder / "prometheus.yml"
    written.write_text(yaml.safe_dump(config))
    return written


def _quicker(rules: str) -> str:
    for slow, quick in PACE.items():
        rules = rules.replace(slow, quick)
    return rules
