"""The runbook's way of taking one customer out of the embedded log, run as it stands there."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from streams.engine.connect import open_client
from streams.engine.records import Write
from streams.provision import ensure_topics
from streams.settings import Settings
from streams.topics import CATALOGUE, CHURN_ALERTS, INPUTS, OUTPUTS, changelog
from tests.commands.said import churn_alert
from tests.source_tree import ROOT

CUSTOMERS = ("acme", "bolt")
CHANGELOG = changelog("tierstream").name


def purge(folder: Path, customer: str) -> None:
    """Run the runbook's block, with this Python in place of the project's."""
    runbook = (ROOT / "deploy" / "README.md").read_text("utf-8")
    begun = runbook.split(".venv/bin/python - acme <<'EOF'\n")[1]
    block = begun.split("EOF\n", maxsplit=1)[0]
    subprocess.run([sys.executable, "-", customer], input=block, text=True, cwd=folder, check=True)


def records(settings: Settings) -> dict[str, list[tuple[bytes | None, bytes | None]]]:
    with closing(open_client(settings)) as client:
        return {
            topic: [(record.key, record.value) for _, record in client.read(topic)]
            for topic in client.topics()
        }


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / ".tierstream" / "stores").mkdir(parents=True)
    settings = Settings.from_env({"TIERSTREAM_BROKER": f"embedded://{tmp_path}/.tierstream/log.db"})
    keyed = [*INPUTS, *(topic for topic in OUTPUTS if topic is not CHURN_ALERTS)]
    with closing(open_client(settings)) as client:
        ensure_topics(client, settings)
        for name in CUSTOMERS:
            key, alert = name.encode(), msgspec.json.encode(churn_alert(name))
            client.append([Write(topic.name, 0, key, b"of " + key) for topic in keyed])
            client.append([Write(CHURN_ALERTS.name, None, b"maya", alert)])
            client.append(
                [Write(CHANGELOG, 0, b"c" + key, b"state"), Write("customers", 0, key, None)]
            )
    return settings


def test_of_one_customer_only_tombstones_stay_and_of_others_everything(
    settings: Settings, tmp_path: Path
) -> None:
    before = records(settings)
    assert {topic.name for topic in CATALOGUE} <= before.keys()
    purge(tmp_path, "acme")
    after = records(settings)
    for topic, held in before.items():
        kept = [
            (key, value) for key, value in held if value is None or not is_of("acme", key, value)
        ]
        assert after[topic] == kept, topic
    assert len(after[CHURN_ALERTS.name]) == 1
    assert not (tmp_path / ".tierstream" / "stores").exists()


def is_of(customer: str, key: bytes | None, value: bytes) -> bool:
    name = customer.encode()
    return key in (name, b"c" + name) or f'"customer_id":"{customer}"'.encode() in value
