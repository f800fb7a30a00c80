"""Metrics of model calls: how they end, what they take, what room there is."""

from collections.abc import Iterable

from mainstay.monitoring.metrics.registry import CALL_BUCKETS_S, Handlers, Registry
from mainstay.ports.model_events import (
    ModelAwaited,
    ModelCalled,
    ModelHedged,
    ModelLimitMoved,
    PoolChanged,
    PoolRead,
)

POOL_STATES = {"ample": 0, "low": 1, "short": 2, "blocked": 3}
POOL_FIGURES = ("requests", "input_tokens", "output_tokens")

REFUSALS = ("auth", "spent", "unforeseen")
"""Outcomes that only a human can change."""


class ModelMetrics:
    """Counts model calls.

    Args:
        registry: where the metrics are.
    """

    def __init__(self, registry: Registry) -> None:
        counter, gauge = registry.counter, registry.gauge
        self._calls = counter(
            "model_calls", "Model calls that ended.", "model", "outcome"
        )
        self._call_s = registry.histogram(
            "model_call_duration_seconds",
            "Duration of a model call.",
            CALL_BUCKETS_S,
            "model",
        )
        self._first_s = registry.histogram(
            "first_token_seconds",
            "From the start of a model call to its first text.",
            CALL_BUCKETS_S,
            "model",
        )
        self._tokens = counter("model_tokens", "Tokens of models.", "model", "kind")
        self._usd = counter("model_cost_usd", "Price of the tokens, in US$.", "model")
        self._waits = counter(
            "model_waits", "Calls that found no room.", "provider", "model", "outcome"
        )
        self._hedges = counter(
            "model_hedges", "Second calls beside a late first one.", "model", "won"
        )
        self._limit = gauge(
            "model_concurrency_limit",
            "Calls at once that a model bears.",
            "provider",
            "model",
        )
        share = "Share of a model pool's limit a minute that is left, 0 to 1."
        self._left = gauge("model_pool_left", share, "pool", "of")
        states = "0 ample, 1 low, 2 short, 3 blocked."
        self._state = gauge("model_pool_state", states, "pool")

    @property
    def handlers(self) -> Handlers:
        """What counts each event."""
        return {
            ModelCalled: self._called,
            ModelAwaited: self._awaited,
            ModelHedged: lambda event: self._hedges.of(event.model, event.won).inc(),
            ModelLimitMoved: self._moved,
            PoolRead: self._read,
            PoolChanged: self._changed,
        }

    def show_refusals(self, models: Iterable[str]) -> None:
        """Show refusals of these models, none so far, in a process that will call them.

        The first one must be an increase, which a series that begins with it is not.
        """
        for model in models:
            for outcome in REFUSALS:
                self._calls.of(model, outcome)

    def _called(self, event: ModelCalled) -> None:
        model, usage = event.model, event.usage
        self._calls.of(model, event.outcome).inc()
        self._call_s.of(model).observe(event.duration_ms / 1000)
        if event.first_token_ms is not None:
            self._first_s.of(model).observe(event.first_token_ms / 1000)
        for kind, tokens in (
            ("input", usage.input_tokens),
            ("output", usage.output_tokens),
            ("cache_read", usage.cache_read_tokens),
            ("cache_write", usage.cache_write_tokens),
        ):
            if tokens > 0:
                self._tokens.of(model, kind).inc(tokens)
        if event.cost_usd > 0:
            self._usd.of(model).inc(event.cost_usd)

    def _awaited(self, event: ModelAwaited) -> None:
        self._waits.of(event.provider, event.model, event.outcome).inc()

    def _moved(self, event: ModelLimitMoved) -> None:
        self._limit.of(event.provider, event.model).set(event.limit)

    def _read(self, event: PoolRead) -> None:
        for figure in POOL_FIGURES:
            self._left.of(event.pool, figure).set(getattr(event, figure))

    def _changed(self, event: PoolChanged) -> None:
        self._state.of(event.pool).set(POOL_STATES[event.state])
