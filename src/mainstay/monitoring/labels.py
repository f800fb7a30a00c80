"""Labels: the children of a labelled metric, kept at hand and bounded."""

from typing import Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram

Metric = TypeVar("Metric", Counter, Gauge, Histogram)

MAX_SERIES = 200
"""A model may invent tool names; a metric must not grow with them."""

OTHER = "other"


class Labels(Generic[Metric]):
    """Finds the series of label values, the 201st and later under ``other``.

    Looking a child up in the metric itself costs a lock and a tuple of strings each
    time; this is one dictionary.

    Args:
        metric: the metric.
    """

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._known: dict[tuple[str, ...], Metric] = {}

    def of(self, *values: str) -> Metric:
        """Return the series of these label values; a metric without has just one."""
        if not values:
            return self._metric
        found = self._known.get(values)
        if found is None:
            if len(self._known) >= MAX_SERIES:
                return self._metric.labels(*(OTHER for _ in values))
            found = self._known[values] = self._metric.labels(*values)
        return found
