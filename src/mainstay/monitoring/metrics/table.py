"""One table from event to what counts it."""

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client.core import Metric

from mainstay.monitoring.metrics.custom import CustomMetrics
from mainstay.monitoring.metrics.front import FrontMetrics
from mainstay.monitoring.metrics.health import HealthMetrics
from mainstay.monitoring.metrics.models import ModelMetrics
from mainstay.monitoring.metrics.parts import PartMetrics
from mainstay.monitoring.metrics.registry import Handlers, Registry
from mainstay.monitoring.metrics.state import StateMetrics
from mainstay.monitoring.metrics.turns import TurnMetrics
from mainstay.ports.telemetry import TelemetryDropped, TelemetryEvent


class Metrics:
    """Counts events; label values are bounded, so is the memory."""

    def __init__(self) -> None:
        self._registry = Registry()
        self.state = StateMetrics(self._registry)
        self.health = HealthMetrics(self._registry)
        custom = CustomMetrics(self._registry, self._drop_custom)
        self.turns = TurnMetrics(self._registry)
        self.models = ModelMetrics(self._registry)
        families = (FrontMetrics, PartMetrics)
        self._handlers: dict[type, Callable[[Any], None]] = {
            **custom.handlers,
            **self.health.handlers,
            **self.turns.handlers,
            **self.models.handlers,
        }
        for family in families:
            self._handlers.update(family(self._registry).handlers)

    def count(self, event: TelemetryEvent) -> None:
        """Count one event."""
        self._handlers[type(event)](event)

    def count_also(self, handlers: Handlers) -> None:
        """Let others count some events too, from now on."""
        for kind, count in handlers.items():
            self._handlers[kind] = _both(self._handlers[kind], count)

    @property
    def counted(self) -> set[type]:
        """The events that are counted."""
        return set(self._handlers)

    def collect(self) -> Iterable[Metric]:
        """Return every metric with its samples of this moment."""
        return self._registry.collect()

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return self._registry.render()

    def _drop_custom(self) -> None:
        self.count(TelemetryDropped("custom", 1))


def _both(
    first: Callable[[Any], None], second: Callable[[Any], None]
) -> Callable[[Any], None]:
    def count(event: Any) -> None:
        first(event)
        second(event)

    return count
