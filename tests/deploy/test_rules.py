"""The rules of Prometheus: sound, tested, and of metrics that there are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.files import (
    PROMETHEUS,
    metric_names,
    read_yaml,
    recorded,
    rules,
    services,
    workers,
)
from tests.deploy.names import known_series

TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTS = [rule for rule in rules() if "alert" in rule]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def test_prometheus_takes_its_settings_and_rules(promtool: str) -> None:
    done = run(promtool, "check", "config", PROMETHEUS / "prometheus.yml")
    assert done.returncode == 0, done.stderr
    done = run(promtool, "check", "rules", *(PROMETHEUS / "rules").glob("*.yml"))
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.parametrize("tests", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_own_tests_say(promtool: str, tests: Path) -> None:
    done = run(promtool, "test", "rules", tests)
    assert done.returncode == 0, done.stderr + done.stdout


def expectations() -> list[tuple[str, bool]]:
    """Expressions that are tested, and whether something is expected of each."""
    groups = [group for path in TESTS for group in read_yaml(path)["tests"]]
    cases = [case for group in groups for case in group.get("promql_expr_test", [])]
    return [(case["expr"], bool(case["exp_samples"])) for case in cases]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_is_seen_to_fire_and_to_be_silent(rule: dict[str, Any]) -> None:
    seen = {fires for expr, fires in expectations() if f'alertname="{rule["alert"]}"' in expr}
    assert seen == {True, False}


@pytest.mark.parametrize("name", sorted(recorded()))
def test_every_recorded_series_is_tested(name: str) -> None:
    assert any(name in expr for expr, something in expectations() if something)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_is_wrong_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    said = rule["annotations"]
    assert said.keys() == {"summary", "description", "runbook"}
    assert len(said["summary"]) < 90
    assert said["description"].endswith(".")
    assert said["runbook"].endswith(".")
    assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("record") or rule["alert"])
def test_rules_read_only_series_that_there_are(rule: dict[str, Any]) -> None:
    assert metric_names(rule["expr"]) <= known_series()


def test_memory_is_near_its_bound_at_four_fifths_of_what_a_worker_is_given() -> None:
    (rule,) = [rule for rule in ALERTS if rule["alert"] == "TierstreamMemoryNearBound"]
    given = {worker["mem_limit"] for worker in workers().values()}
    assert given == {"2g"}
    assert rule["expr"].endswith("> 0.8 * 2 * 1024 ^ 3")
    assert "2 GiB" in rule["annotations"]["description"]


def test_a_growth_by_the_minute_is_worked_out_every_minute() -> None:
    (group,) = read_yaml(PROMETHEUS / "rules" / "counted.yml")["groups"]
    assert group["interval"] == "1m"
    grown = [rule for rule in group["rules"] if rule["record"].endswith(":increase1m")]
    assert len(grown) == len(group["rules"]) - 1  # and what minor units are divided by
    for rule in grown:
        assert set(re.findall(r"offset (\w+)", rule["expr"])) == {"10s", "1m10s"}
        assert set(re.findall(r"\[(\w+)\]", rule["expr"])) == {"1m", "1h"}


def test_every_job_that_rules_name_is_scraped() -> None:
    jobs = {job["job_name"] for job in read_yaml(PROMETHEUS / "prometheus.yml")["scrape_configs"]}
    named = {job for rule in rules() for job in re.findall(r'job="([^"]+)"', rule["expr"])}
    assert named == {"tierstream"}
    assert named <= jobs
    assert "prometheus" in services()
