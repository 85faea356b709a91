"""Figures for Prometheus: read from the parts that count them, when somebody asks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Reading = float | Mapping[str, float]


@dataclass(frozen=True)
class _Figure:
    name: str
    text: str
    read: Callable[[], Reading]
    counter: bool
    label: str | None


class Metrics(Collector):
    """A registry of its own, so that two helplines in one process do not mix."""

    def __init__(self) -> None:
        self._figures: list[_Figure] = []
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def gauge(
        self, name: str, text: str, read: Callable[[], Reading], label: str | None = None
    ) -> None:
        """A figure that goes up and down; with `label`, `read` returns one for each value."""
        self._figures.append(_Figure(f"helpline_{name}", text, read, counter=False, label=label))

    def counter(
        self, name: str, text: str, read: Callable[[], Reading], label: str | None = None
    ) -> None:
        """A figure that only grows while the process runs."""
        self._figures.append(_Figure(f"helpline_{name}", text, read, counter=True, label=label))

    def collect(self) -> Iterator[Metric]:
        """What Prometheus's client calls."""
        for figure in self._figures:
            family = CounterMetricFamily if figure.counter else GaugeMetricFamily
            reading = figure.read()
            if isinstance(reading, Mapping):
                metric = family(figure.name, figure.text, labels=[figure.label or "kind"])
                for value, count in reading.items():
                    metric.add_metric([value], count)
            else:
                metric = family(figure.name, figure.text, value=reading)
            yield metric

    def exposition(self) -> bytes:
        """The text format."""
        return generate_latest(self.registry)
