"""Metrics that authors of agents and tools record themselves."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Gauge

from mainstay.monitoring.labels import Labels
from mainstay.monitoring.metrics.registry import CALL_BUCKETS_S, Handlers, Registry
from mainstay.ports.author_events import (
    ErrorRecorded,
    LatencyRecorded,
    MetricRecorded,
    RecordRefused,
)

MAX_METRICS = 100
MAX_TAGS = 5
MAX_NAME_CHARACTERS = 60
RESERVED_TAGS = frozenset({"process", "instance", "job", "le", "quantile"})
"""Labels that the page of several processes, or Prometheus itself, sets."""

_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True, slots=True)
class _Custom:
    """One figure of an author: its tags are those of its first value."""

    tags: tuple[str, ...]
    series: Labels[Gauge]


class CustomMetrics:
    """Shows authors' figures: 100 names at most, 200 series each.

    Args:
        registry: where the metrics are.
        dropped: called for each record that cannot be shown.
    """

    def __init__(self, registry: Registry, dropped: Callable[[], None]) -> None:
        self._registry = registry
        self._dropped = dropped
        self._latency_s = registry.histogram(
            "custom_latency_seconds",
            "Durations that authors recorded.",
            CALL_BUCKETS_S,
            "operation",
        )
        self._errors = registry.counter(
            "custom_errors", "Errors that authors recorded.", "type"
        )
        self._known: dict[str, _Custom] = {}

    @property
    def handlers(self) -> Handlers:
        """What counts each event."""
        return {
            LatencyRecorded: self._took,
            ErrorRecorded: lambda event: self._errors.of(event.error_type).inc(),
            MetricRecorded: self._set,
            RecordRefused: lambda _: self._dropped(),
        }

    def _took(self, event: LatencyRecorded) -> None:
        self._latency_s.of(event.operation).observe(event.duration_ms / 1000)

    def _set(self, event: MetricRecorded) -> None:
        name = _plain(event.name)
        custom = self._known.get(name) or self._new(name, event)
        if custom is None:
            self._dropped()
            return
        given = {_plain(tag): value for tag, value in event.tags.items()}
        values = (given.get(tag, "") for tag in custom.tags)
        custom.series.of(*values).set(event.value)

    def _new(self, name: str, event: MetricRecorded) -> _Custom | None:
        if not name or len(self._known) >= MAX_METRICS:
            return None
        found = sorted({_plain(tag) for tag in event.tags} - RESERVED_TAGS - {""})
        tags = tuple(found[:MAX_TAGS])
        help_ = "A figure that an author recorded."
        try:
            series = self._registry.gauge(f"custom_{name}", help_, *tags)
        except ValueError:
            return None  # a name of ours, ``errors`` say
        custom = self._known[name] = _Custom(tags, series)
        return custom


def _plain(name: str) -> str:
    """Return a name as metrics and labels have it: ``Cart Size`` is ``cart_size``."""
    plain = _NOT_IN_NAMES.sub("_", name.lower())[:MAX_NAME_CHARACTERS]
    return plain.strip("_") if not plain[:1].isdigit() else f"n{plain}"
