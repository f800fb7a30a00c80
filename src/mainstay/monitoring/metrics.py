"""The metrics: counters and histograms in a registry of our own."""

from typing import assert_never

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from mainstay.monitoring.labels import Labels
from mainstay.ports.queue import QueueStats
from mainstay.ports.telemetry import (
    BreakerChanged,
    Buried,
    Evicted,
    Held,
    ModelCalled,
    TelemetryEvent,
    ToolCalled,
    Trouble,
    TurnEnded,
)

_TURN_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 26, 28, 30, 60)
_CALL_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)
BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}
QUEUE_STATES = ("ready", "in_flight", "delayed", "dead")


class Metrics:
    """Counts events; label values are bounded, so is the memory."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._turns = Labels(
            Counter(
                "mainstay_turns",
                "Turns that ended or were put off.",
                ["outcome", "level"],
                registry=registry,
            )
        )
        self._turn_s = Histogram(
            "mainstay_turn_duration_seconds",
            "From claim to end of a turn.",
            buckets=_TURN_BUCKETS_S,
            registry=registry,
        )
        self._model_calls = Labels(
            Counter(
                "mainstay_model_calls",
                "Model calls that ended.",
                ["model", "outcome"],
                registry=registry,
            )
        )
        self._model_s = Labels(
            Histogram(
                "mainstay_model_call_duration_seconds",
                "Duration of a model call.",
                ["model"],
                buckets=_CALL_BUCKETS_S,
                registry=registry,
            )
        )
        self._tool_calls = Labels(
            Counter(
                "mainstay_tool_calls",
                "Tool calls that ended.",
                ["tool", "outcome"],
                registry=registry,
            )
        )
        self._tool_s = Labels(
            Histogram(
                "mainstay_tool_call_duration_seconds",
                "Duration of a tool call.",
                ["tool"],
                buckets=_CALL_BUCKETS_S,
                registry=registry,
            )
        )
        self._breaker = Labels(
            Gauge(
                "mainstay_breaker_state",
                "0 closed, 1 half-open, 2 open.",
                ["breaker"],
                registry=registry,
            )
        )
        self._rare = {
            Held: Counter(
                "mainstay_holding_replies",
                "Holding replies of the watchdog.",
                registry=registry,
            ),
            Buried: Counter(
                "mainstay_dead_processes",
                "Dead processes whose leases were voided.",
                registry=registry,
            ),
            Evicted: Counter(
                "mainstay_evicted_processes",
                "Stopped processes killed because they held the write lock.",
                registry=registry,
            ),
        }
        self._troubles = Labels(
            Counter(
                "mainstay_troubles",
                "Failures that are lived with and tried again.",
                ["where"],
                registry=registry,
            )
        )
        self._queue: tuple[Gauge, Gauge] | None = None

    def count(self, event: TelemetryEvent) -> None:
        """Count one event."""
        match event:
            case ModelCalled():
                self._model_calls.of(event.model, event.outcome).inc()
                self._model_s.of(event.model).observe(event.duration_ms / 1000)
            case ToolCalled():
                self._tool_calls.of(event.tool, event.outcome).inc()
                self._tool_s.of(event.tool).observe(event.duration_ms / 1000)
            case TurnEnded():
                level = "none" if event.level is None else str(event.level)
                self._turns.of(event.outcome, level).inc()
                self._turn_s.observe(event.duration_ms / 1000)
            case BreakerChanged():
                self._breaker.of(event.name).set(_breaker_state(event.state))
            case Held() | Buried() | Evicted():
                self._rare[type(event)].inc()
            case Trouble():
                self._troubles.of(event.where).inc()
            case _:
                assert_never(event)

    def set_queue(self, stats: QueueStats) -> None:
        """Set the backlog's gauges; a process that never does has none."""
        if self._queue is None:
            self._queue = (
                Gauge(
                    "mainstay_queue_depth",
                    "Conversations by state; dead: turns.",
                    ["state"],
                    registry=self._registry,
                ),
                Gauge(
                    "mainstay_queue_oldest_age_seconds",
                    "How long the oldest ready work has waited.",
                    registry=self._registry,
                ),
            )
        depth, age = self._queue
        for state in QUEUE_STATES:
            depth.labels(state).set(getattr(stats, state))
        age.set(stats.oldest_age_s)

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)


def _breaker_state(name: str) -> int:
    """Return a state's number; one that is not known here counts as open."""
    return BREAKER_STATES.get(name.replace("-", "_"), BREAKER_STATES["open"])
