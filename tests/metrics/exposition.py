"""What a worker exposes, as Prometheus would read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

Labels = dict[str, str]


class Exposed:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self._samples: dict[str, list[tuple[Labels, float]]] = defaultdict(list)
        for family in self.families.values():
            for sample in family.samples:
                self._samples[sample.name].append((sample.labels, sample.value))

    @classmethod
    def of(cls, registry: CollectorRegistry) -> Exposed:
        """What a registry exposes now."""
        return cls(generate_latest(registry).decode())

    def names(self) -> set[str]:
        """The names of all series."""
        return set(self._samples)

    def samples(self, name: str) -> list[tuple[Labels, float]]:
        """Labels and value of each series of a name."""
        return self._samples[name]

    def value(self, name: str, **labels: str) -> float:
        """The value of one series; `from_` stands for the label `from`."""
        wanted = {label.rstrip("_"): value for label, value in labels.items()}
        (found,) = [value for held, value in self._samples[name] if held == wanted]
        return found

    def by(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The sum over all other labels, without zeros: `sum by (labels) (name)`."""
        sums: dict[tuple[str, ...], float] = defaultdict(float)
        for held, value in self._samples[name]:
            sums[tuple(held[label] for label in labels)] += value
        return {labels: value for labels, value in sums.items() if value}

    def total(self, name: str) -> float:
        """The sum over all labels."""
        return sum(value for _, value in self._samples[name])


def label_values(samples: Iterable[tuple[Labels, float]], label: str) -> set[str]:
    """The values that a label has."""
    return {labels[label] for labels, _ in samples}
