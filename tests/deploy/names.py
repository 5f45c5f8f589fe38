"""The series that there are: those of the catalogue, those of the process, those recorded."""

from __future__ import annotations

from functools import cache

from streams.metrics.catalogue import CATALOGUE, Metric
from tests.deploy.files import recorded

#: What prometheus-client says of any process on Linux, and Prometheus of any target.
PROCESS = {
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "up",
}


@cache
def known_series() -> frozenset[str]:
    """Every name that an expression may use."""
    exposed = {name for metric in CATALOGUE for name in series_of(metric)}
    return frozenset(exposed | PROCESS | recorded())


def series_of(metric: Metric) -> set[str]:
    """The names under which Prometheus keeps a metric."""
    if metric.kind == "histogram":
        return {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
    return {metric.name}
