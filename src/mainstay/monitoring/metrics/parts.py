"""Metrics of what turns stand on: tools, breakers, the cache, processes."""

from typing import TYPE_CHECKING

from mainstay.monitoring.metrics.registry import CALL_BUCKETS_S, Handlers, Registry
from mainstay.ports.telemetry import (
    BreakerChanged,
    Buried,
    CacheBypassed,
    CacheStateChanged,
    Evicted,
    SecretRotated,
    TelemetryDropped,
    ToolCalled,
    Trouble,
)

if TYPE_CHECKING:
    from prometheus_client import Gauge

SIGNALS = ("spans", "metrics", "logs", "custom")
"""Telemetry that may be dropped; shown from the start, so the first loss is an
increase."""

BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}


class PartMetrics:
    """Counts calls of tools, changes of state, and troubles.

    Args:
        registry: where the metrics are.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        counter, gauge = registry.counter, registry.gauge
        self._calls = counter("tool_calls", "Tool calls that ended.", "tool", "outcome")
        self._call_s = registry.histogram(
            "tool_call_duration_seconds",
            "Duration of a tool call.",
            CALL_BUCKETS_S,
            "tool",
        )
        self._breaker = gauge(
            "breaker_state", "0 closed, 1 half-open, 2 open.", "breaker"
        )
        self._cache_up: Gauge | None = None
        self._bypasses = counter(
            "cache_bypasses",
            "What was done without the shared cache, because it was away.",
            "use",
        )
        self._dead = counter(
            "dead_processes", "Dead processes whose leases were voided."
        ).of()
        self._evicted = counter(
            "evicted_processes",
            "Stopped processes killed because they held the write lock.",
        ).of()
        self._rotated = counter(
            "secrets_rotated", "Secrets whose new value was taken."
        ).of()
        self._troubles = counter(
            "troubles", "Failures that are lived with and tried again.", "where"
        )
        self._dropped = counter(
            "telemetry_dropped", "Telemetry that was thrown away.", "signal"
        )
        for signal in SIGNALS:
            self._dropped.of(signal)

    @property
    def handlers(self) -> Handlers:
        """What counts each event."""
        return {
            ToolCalled: self._called,
            BreakerChanged: self._broke,
            CacheStateChanged: self._cache,
            CacheBypassed: lambda event: self._bypasses.of(event.use).inc(),
            Buried: lambda _: self._dead.inc(),
            Evicted: lambda _: self._evicted.inc(),
            SecretRotated: lambda _: self._rotated.inc(),
            Trouble: lambda event: self._troubles.of(event.where).inc(),
            TelemetryDropped: self._lost,
        }

    def _called(self, event: ToolCalled) -> None:
        self._calls.of(event.tool, event.outcome).inc()
        self._call_s.of(event.tool).observe(event.duration_ms / 1000)

    def _broke(self, event: BreakerChanged) -> None:
        self._breaker.of(event.name).set(_breaker_state(event.state))

    def _cache(self, event: CacheStateChanged) -> None:
        """Set the shared cache's gauge; a process without one has none."""
        if self._cache_up is None:
            meaning = "1 when the shared cache answers in time, else 0."
            self._cache_up = self._registry.gauge("cache_up", meaning).of()
        self._cache_up.set(event.state == "up")

    def _lost(self, event: TelemetryDropped) -> None:
        self._dropped.of(event.signal).inc(event.count)


def _breaker_state(name: str) -> int:
    """Return a state's number; one that is not known here counts as open."""
    return BREAKER_STATES.get(name.replace("-", "_"), BREAKER_STATES["open"])
