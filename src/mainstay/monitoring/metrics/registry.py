"""Where metrics are made and read: a registry of our own, and names of one form."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from mainstay.monitoring.labels import MAX_SERIES, Labels
from mainstay.monitoring.tally import Tally

PREFIX = "mainstay_"

Handlers = Mapping[type, Callable[[Any], None]]
"""What counts an event, by its type."""

CALL_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)
TURN_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 26, 28, 30, 60)
SHORT_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Registry:
    """Makes metrics; each name begins with ``mainstay_``, each label is bounded.

    Nothing global: a process, or a test, may have as many as it likes.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)

    def counter(
        self,
        name: str,
        help_: str,
        *labels: str,
        most: int = MAX_SERIES,
        kept: Collection[str] = (),
    ) -> Labels[Counter]:
        """Make a counter; it is shown with the suffix ``_total``.

        Args:
            name: what it is called, without prefix and suffix.
            help_: what it counts.
            labels: names of its labels.
            most: so many series have their own values.
            kept: labels with few values of ours: they never become ``other``.
        """
        counter = Counter(PREFIX + name, help_, labels, registry=self._registry)
        return Labels(counter, most, [labels.index(label) for label in kept])

    def gauge(self, name: str, help_: str, *labels: str) -> Labels[Gauge]:
        """Make a gauge; one without labels is 0 until it is set."""
        registry = self._registry
        return Labels(Gauge(PREFIX + name, help_, labels, registry=registry))

    def histogram(
        self, name: str, help_: str, buckets: Sequence[float], *labels: str
    ) -> Labels[Histogram]:
        """Make a histogram; ``buckets`` are upper bounds in the metric's unit."""
        registry = self._registry
        return Labels(
            Histogram(PREFIX + name, help_, labels, buckets=buckets, registry=registry)
        )

    def tally(self, name: str, help_: str, read: Callable[[], int]) -> None:
        """Show a counter that is kept elsewhere."""
        self._registry.register(Tally(PREFIX + name, help_, read))

    def show(self, collector: Collector) -> None:
        """Show metrics that are kept elsewhere."""
        self._registry.register(collector)

    def collect(self) -> Iterable[Metric]:
        """Return every metric with its samples of this moment."""
        return self._registry.collect()

    def render(self) -> bytes:
        """Return all of them in Prometheus's text format."""
        return generate_latest(self._registry)
