"""Labels: the children of a labelled metric, kept at hand and bounded."""

from collections.abc import Collection
from typing import Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram

Metric = TypeVar("Metric", Counter, Gauge, Histogram)

MAX_SERIES = 200
"""A model may invent tool names; a metric must not grow with them."""

MAX_CHARACTERS = 100
"""Longer label values are cut."""

OTHER = "other"


class Labels(Generic[Metric]):
    """Finds the series of label values, those beyond a bound under ``other``.

    Looking a child up in the metric itself costs a lock and a tuple of strings each
    time; this is one dictionary.

    Args:
        metric: the metric.
        most: so many series have their own values.
        kept: places of labels with few values of ours: they never become ``other``.
    """

    def __init__(
        self, metric: Metric, most: int = MAX_SERIES, kept: Collection[int] = ()
    ) -> None:
        self._metric = metric
        self._most = most
        self._kept = kept
        self._known: dict[tuple[str, ...], Metric] = {}

    def of(self, *values: str) -> Metric:
        """Return the series of these label values; a metric without has just one."""
        if not values:
            return self._metric
        found = self._known.get(values)
        return self._new(values) if found is None else found

    def _new(self, values: tuple[str, ...]) -> Metric:
        short = tuple(value[:MAX_CHARACTERS] for value in values)
        found = self._known.get(short)
        if found is not None:
            return found
        if len(self._known) >= self._most:
            places = enumerate(short)
            return self._metric.labels(
                *(value if place in self._kept else OTHER for place, value in places)
            )
        # Whoever is second makes the same child: the metric itself has one of each.
        found = self._known[short] = self._metric.labels(*short)
        return found
