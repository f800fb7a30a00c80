"""The metrics: counters and histograms in a registry of our own."""

from collections.abc import Callable, Sequence
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
from mainstay.monitoring.tally import Tally
from mainstay.ports.queue import QueueStats
from mainstay.ports.telemetry import (
    BreakerChanged,
    Buried,
    CacheBypassed,
    CacheStateChanged,
    Evicted,
    Held,
    LimitReached,
    ModelAwaited,
    ModelCalled,
    ModelHedged,
    ModelLimitMoved,
    PoolChanged,
    PoolRead,
    RequestShed,
    SecretRotated,
    SheddingChanged,
    TelemetryEvent,
    ToolCalled,
    Trouble,
    TurnEnded,
)

_TURN_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 26, 28, 30, 60)
_CALL_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)
BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}
POOL_STATES = {"ample": 0, "low": 1, "short": 2, "blocked": 3}
POOL_FIGURES = ("requests", "input_tokens", "output_tokens")
QUEUE_STATES = ("ready", "in_flight", "delayed", "dead")

_RARE = (
    (Held, "holding_replies", "Holding replies of the watchdog."),
    (Buried, "dead_processes", "Dead processes whose leases were voided."),
    (
        Evicted,
        "evicted_processes",
        "Stopped processes killed because they held the write lock.",
    ),
    (SecretRotated, "secrets_rotated", "Secrets whose new value was taken."),
)

_NAMED = (
    (Trouble, "troubles", "Failures that are lived with and tried again.", "where"),
    (
        LimitReached,
        "limits_reached",
        "Turns that a limit kept from calling a model.",
        "limit",
    ),
)


class Metrics:
    """Counts events; label values are bounded, so is the memory."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._turns = self._counter(
            "turns", "Turns that ended or were put off.", "outcome", "level"
        )
        self._turn_s = self._histogram(
            "turn_duration_seconds", "From claim to end of a turn.", _TURN_BUCKETS_S
        )
        self._model_calls = self._counter(
            "model_calls", "Model calls that ended.", "model", "outcome"
        )
        self._model_s = self._histogram(
            "model_call_duration_seconds",
            "Duration of a model call.",
            _CALL_BUCKETS_S,
            "model",
        )
        self._model_waits = self._counter(
            "model_waits", "Calls that found no room.", "provider", "model", "outcome"
        )
        self._model_hedges = self._counter(
            "model_hedges", "Second calls beside a late first one.", "model", "won"
        )
        self._model_limit = self._gauge(
            "model_concurrency_limit",
            "Calls at once that a model bears.",
            "provider",
            "model",
        )
        self._tool_calls = self._counter(
            "tool_calls", "Tool calls that ended.", "tool", "outcome"
        )
        self._tool_s = self._histogram(
            "tool_call_duration_seconds",
            "Duration of a tool call.",
            _CALL_BUCKETS_S,
            "tool",
        )
        self._breaker = self._gauge(
            "breaker_state", "0 closed, 1 half-open, 2 open.", "breaker"
        )
        self._rare = {
            event: self._counter(name, help_).of() for event, name, help_ in _RARE
        }
        self._shed = self._counter(
            "requests_shed", "Requests turned away: too much to do.", "kind", "cause"
        )
        self._shedding = self._gauge(
            "shedding", "1 while requests are turned away, else 0."
        )
        self._named = {
            event: self._counter(name, help_, label)
            for event, name, help_, label in _NAMED
        }
        self._queue: tuple[Labels[Gauge], Gauge] | None = None
        self._cache: tuple[Gauge, Labels[Counter]] | None = None
        self._pools: tuple[Labels[Gauge], Labels[Gauge]] | None = None

    def count(self, event: TelemetryEvent) -> None:
        """Count one event."""
        match event:
            case (
                ModelCalled()
                | ModelAwaited()
                | ModelHedged()
                | ModelLimitMoved()
                | ToolCalled()
            ):
                self._count_call(event)
            case TurnEnded():
                level = "none" if event.level is None else str(event.level)
                self._turns.of(event.outcome, level).inc()
                self._turn_s.of().observe(event.duration_ms / 1000)
            case BreakerChanged():
                self._breaker.of(event.name).set(_breaker_state(event.state))
            case CacheStateChanged() | CacheBypassed() | PoolRead() | PoolChanged():
                self._count_shared(event)
            case Held() | Buried() | Evicted() | SecretRotated():
                self._rare[type(event)].inc()
            case RequestShed() | SheddingChanged():
                self._count_shedding(event)
            case Trouble(where=label) | LimitReached(limit=label):
                self._named[type(event)].of(label).inc()
            case _:
                assert_never(event)

    def _count_call(
        self,
        event: ModelCalled | ModelAwaited | ModelHedged | ModelLimitMoved | ToolCalled,
    ) -> None:
        match event:
            case ModelCalled():
                self._model_calls.of(event.model, event.outcome).inc()
                self._model_s.of(event.model).observe(event.duration_ms / 1000)
            case ModelAwaited():
                self._model_waits.of(event.provider, event.model, event.outcome).inc()
            case ModelLimitMoved():
                self._model_limit.of(event.provider, event.model).set(event.limit)
            case ModelHedged():
                self._model_hedges.of(event.model, event.won).inc()
            case ToolCalled():
                self._tool_calls.of(event.tool, event.outcome).inc()
                self._tool_s.of(event.tool).observe(event.duration_ms / 1000)

    def _count_shedding(self, event: RequestShed | SheddingChanged) -> None:
        match event:
            case RequestShed():
                self._shed.of(event.kind, event.cause).inc()
            case SheddingChanged():
                self._shedding.of().set(event.state == "began")

    def set_queue(self, stats: QueueStats) -> None:
        """Set the backlog's gauges; a process that never does has none."""
        if self._queue is None:
            depth = self._gauge(
                "queue_depth", "Conversations by state; dead: turns.", "state"
            )
            oldest = self._gauge(
                "queue_oldest_age_seconds", "How long the oldest ready work has waited."
            )
            self._queue = depth, oldest.of()
        depth, age = self._queue
        for state in QUEUE_STATES:
            depth.of(state).set(getattr(stats, state))
        age.set(stats.oldest_age_s)

    def count_commits(self, read: Callable[[], int]) -> None:
        """Show what the store counts itself."""
        help_ = "Groups of writes committed to the store."
        self._registry.register(Tally("mainstay_store_commits", help_, read))

    def _count_shared(
        self, event: CacheStateChanged | CacheBypassed | PoolRead | PoolChanged
    ) -> None:
        match event:
            case CacheStateChanged() | CacheBypassed():
                self._count_cache(event)
            case PoolRead() | PoolChanged():
                self._set_pool(event)

    def _count_cache(self, event: CacheStateChanged | CacheBypassed) -> None:
        """Set the shared cache's metrics; a process without one has none."""
        if self._cache is None:
            meaning = "1 when the shared cache answers in time, else 0."
            without = "What was done without the shared cache, because it was away."
            bypasses = self._counter("cache_bypasses", without, "use")
            self._cache = self._gauge("cache_up", meaning).of(), bypasses
        gauge, bypasses = self._cache
        match event:
            case CacheStateChanged():
                gauge.set(event.state == "up")
            case CacheBypassed():
                bypasses.of(event.use).inc()

    def _set_pool(self, event: PoolRead | PoolChanged) -> None:
        """Set a model pool's gauges; a process that knows no limit has none."""
        if self._pools is None:
            share = "Share of a model pool's limit a minute that is left, 0 to 1."
            states = "0 ample, 1 low, 2 short, 3 blocked."
            self._pools = (
                self._gauge("model_pool_left", share, "pool", "of"),
                self._gauge("model_pool_state", states, "pool"),
            )
        left, state = self._pools
        match event:
            case PoolRead():
                for figure in POOL_FIGURES:
                    left.of(event.pool, figure).set(getattr(event, figure))
            case PoolChanged():
                state.of(event.pool).set(POOL_STATES[event.state])

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, help_: str, *labels: str) -> Labels[Counter]:
        registry = self._registry
        return Labels(Counter(f"mainstay_{name}", help_, labels, registry=registry))

    def _gauge(self, name: str, help_: str, *labels: str) -> Labels[Gauge]:
        registry = self._registry
        return Labels(Gauge(f"mainstay_{name}", help_, labels, registry=registry))

    def _histogram(
        self, name: str, help_: str, buckets: Sequence[float], *labels: str
    ) -> Labels[Histogram]:
        return Labels(
            Histogram(
                f"mainstay_{name}",
                help_,
                labels,
                buckets=buckets,
                registry=self._registry,
            )
        )


def _breaker_state(name: str) -> int:
    """Return a state's number; one that is not known here counts as open."""
    return BREAKER_STATES.get(name.replace("-", "_"), BREAKER_STATES["open"])
