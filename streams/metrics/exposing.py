"""From the catalogue to prometheus-client's own objects."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from streams.metrics.catalogue import Metric

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody reads

Sample = tuple[tuple[object, ...], float]  # values of the labels, and the value


def new_counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """A counter that is added to as things happen."""
    return Counter(metric.name, metric.help, metric.labels, registry=registry)


def new_histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    """A histogram that is told of each value."""
    return Histogram(
        metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry
    )


def family(metric: Metric, samples: Iterable[Sample]) -> GaugeMetricFamily | CounterMetricFamily:
    """A gauge or a counter with its values as they are now; None of them for labels left out."""
    made = GaugeMetricFamily if metric.kind == "gauge" else CounterMetricFamily
    exposed = made(metric.name, metric.help, labels=metric.labels)
    for labels, value in samples:
        exposed.add_metric([str(label) for label in labels], value)
    return exposed
