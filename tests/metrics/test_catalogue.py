"""The catalogue says what Prometheus's conventions ask for."""

from __future__ import annotations

import re

import pytest

from streams.metrics.catalogue import CATALOGUE, Metric

NAME = re.compile(r"tierstream_[a-z]+(_[a-z]+)*")
LABELS = {
    "partition", "topic", "tier", "from", "to", "cause", "stage", "severity", "reason", "outcome",
    "code", "r", "f", "m", "state", "version", "app_id", "rules", "currency", "decimals",
}  # fmt: skip

every_metric = pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)


def test_no_name_is_there_twice() -> None:
    names = [metric.name for metric in CATALOGUE]
    assert len(names) == len(set(names))


@every_metric
def test_a_name_is_lower_case_and_counters_alone_end_in_total(metric: Metric) -> None:
    assert NAME.fullmatch(metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")


@every_metric
def test_every_metric_is_explained_in_sentences(metric: Metric) -> None:
    assert metric.help[0].isupper()
    assert metric.help.endswith(".")


@every_metric
def test_a_label_is_one_whose_values_are_few(metric: Metric) -> None:
    assert set(metric.labels) <= LABELS


@every_metric
def test_histograms_alone_have_buckets_and_these_rise(metric: Metric) -> None:
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))


def test_ages_are_told_apart_from_a_millisecond_to_a_minute() -> None:
    (ages,) = [m for m in CATALOGUE if m.name == "tierstream_append_to_commit_seconds"]
    assert (ages.buckets[0], ages.buckets[-1]) == (0.001, 60.0)


@every_metric
def test_counters_and_histograms_add_up_over_workers(metric: Metric) -> None:
    assert metric.kind == "gauge" or metric.over_workers == "sum"
