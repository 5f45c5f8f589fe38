"""What lies in `deploy/`, read as Docker, Prometheus and Grafana read it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.source_tree import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
COMPOSE = DEPLOY / "compose.yaml"
PROMETHEUS = DEPLOY / "prometheus"
GRAFANA = DEPLOY / "grafana"


class Instruction(NamedTuple):
    """One instruction of a Dockerfile: `COPY`, and what comes after it on one line."""

    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """The words of the rest; of the form in brackets, its items."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        return shlex.split(self.rest)


def stages() -> list[list[Instruction]]:
    """The instructions of the Dockerfile, a list for each stage, FROM first."""
    kept = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    lines = re.sub(r"\s*\\\n\s*", " ", "\n".join(kept)).splitlines()
    found: list[list[Instruction]] = []
    for line in filter(None, lines):
        name, rest = line.split(maxsplit=1)
        if name == "FROM":
            found.append([])
        found[-1].append(Instruction(name, rest))
    return found


def image(name: str) -> Instruction:
    """The one instruction of this name in the stage that becomes the image."""
    (found,) = [each for each in stages()[-1] if each.name == name]
    return found


def image_environment() -> dict[str, str]:
    """What ENV sets in the image."""
    return dict(word.split("=", 1) for word in image("ENV").words)


def read_yaml(path: Path) -> Any:
    """The one document of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def services() -> dict[str, dict[str, Any]]:
    """The services of compose.yaml, by name, with what they take over from each other."""
    found = read_yaml(COMPOSE)["services"]
    assert isinstance(found, dict)
    return found


def workers() -> dict[str, dict[str, Any]]:
    """Those that run Tierstream."""
    return {name: each for name, each in services().items() if "build" in each}


# -- rules


def rules() -> list[dict[str, Any]]:
    """Every rule of Prometheus: recording rules have `record`, alerts have `alert`."""
    paths = sorted((PROMETHEUS / "rules").glob("*.yml"))
    groups = [group for path in paths for group in read_yaml(path)["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def recorded() -> set[str]:
    """The names of the series that rules record."""
    return {rule["record"] for rule in rules() if "record" in rule}


def metric_names(expression: str) -> set[str]:
    """The series that an expression reads: ours, with or without colons, and the process's."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    named = re.findall(r"\b[a-z_]+:[a-z_:0-9]+|\b(?:tierstream|process)_\w+|\bup\b", bare)
    return set(named)


# -- dashboards


class Query(NamedTuple):
    """One query of a panel; `instant`: asked at one moment, else over the time shown."""

    dashboard: str
    panel: str
    ref: str
    expression: str
    instant: bool

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel}: {self.ref}"


def dashboards() -> dict[str, dict[str, Any]]:
    """The dashboards by the names of their files."""
    paths = sorted((GRAFANA / "dashboards").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def panels(dashboard: str) -> list[dict[str, Any]]:
    """The panels that show something: all but rows."""
    return [panel for panel in dashboards()[dashboard]["panels"] if panel["type"] != "row"]


def queries() -> list[Query]:
    """Every query of every panel."""
    return [
        Query(name, panel["title"], target["refId"], target["expr"], target.get("instant", False))
        for name in dashboards()
        for panel in panels(name)
        for target in panel["targets"]
    ]
