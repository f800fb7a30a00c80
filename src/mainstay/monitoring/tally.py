"""A counter that is kept elsewhere and read when somebody looks."""

from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override


class Tally(Collector):
    """Shows a number that only grows.

    Args:
        name: the metric's, without ``_total``.
        help_: what it counts.
        read: returns it.
    """

    def __init__(self, name: str, help_: str, read: Callable[[], int]) -> None:
        self._name = name
        self._help = help_
        self._read = read

    @override
    def collect(self) -> Iterable[Metric]:
        """Return the metric with its value of this moment."""
        yield CounterMetricFamily(self._name, self._help, value=self._read())
