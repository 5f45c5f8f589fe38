"""A histogram of ages that takes thousands of them at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.utils import floatToGoString

from streams.metrics.catalogue import Metric


class _Series:
    def __init__(self, buckets: int) -> None:
        self.under = [0] * buckets  # ages up to each bound
        self.count = 0
        self.total_ms = 0


class Ages:
    """A collector of one histogram with one label. prometheus-client's own takes 2 µs a value;
    this takes 5 µs for any number of values, and 0.03 for each."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._bounds_ms = [round(bound * 1000, 3) for bound in metric.buckets]
        self._series: dict[str, _Series] = {}

    def observe(self, label: str, now_ms: int, stamps_ms: Sequence[int]) -> None:
        """Something happened now to what has these timestamps; one from the future is of now."""
        if not stamps_ms:
            return
        series = self._series.get(label)
        if series is None:
            series = self._series[label] = _Series(len(self._bounds_ms))
        ordered = sorted(stamps_ms)
        for index, bound in enumerate(self._bounds_ms):
            series.under[index] += len(ordered) - bisect_left(ordered, now_ms - bound)
        early = bisect_left(ordered, now_ms)
        series.count += len(ordered)
        series.total_ms += early * now_ms - sum(ordered[:early])

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """For prometheus-client."""
        metric = self._metric
        exposed = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        bounds = [
            floatToGoString(bound)  # type: ignore[no-untyped-call]
            for bound in (*metric.buckets, float("inf"))
        ]
        for label, series in self._series.items():
            counts = [*series.under, series.count]
            exposed.add_metric(
                [label], list(zip(bounds, counts, strict=True)), series.total_ms / 1000
            )
        yield exposed
