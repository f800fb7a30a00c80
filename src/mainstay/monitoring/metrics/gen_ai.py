"""Metrics of model calls as OpenTelemetry's conventions have them, for OTLP alone.

Prometheus is shown the same calls by ``ModelMetrics``, under names of its own form.
"""

from collections.abc import Sequence

from prometheus_client import Histogram

import mainstay.monitoring.semantics as names
from mainstay.domain.step import ModelStep
from mainstay.monitoring.labels import Labels
from mainstay.monitoring.metrics.registry import Handlers
from mainstay.monitoring.readings import Reading, Tags, readings
from mainstay.ports.model_events import ModelCalled

_CALL = (names.OPERATION, names.PROVIDER, names.REQUEST_MODEL, names.RESPONSE_MODEL)


class GenAiMetrics:
    """Counts model calls in a process that sends metrics."""

    def __init__(self) -> None:
        self._duration = _Family(
            names.OPERATION_DURATION,
            "GenAI operation duration.",
            names.BOUNDS_S,
            (*_CALL, names.ERROR_TYPE),
        )
        self._tokens = _Family(
            names.USED_TOKENS,
            "Number of input and output tokens used.",
            names.BOUNDS_TOKENS,
            (*_CALL, names.TYPE_OF_TOKENS),
        )

    @property
    def handlers(self) -> Handlers:
        """What counts each event."""
        return {ModelCalled: self._called}

    def readings(self) -> list[Reading]:
        """Return what was counted so far; from any thread."""
        return [self._duration.reading(), self._tokens.reading()]

    def _called(self, event: ModelCalled) -> None:
        provider = names.PROVIDERS.get(event.provider, event.provider)
        answered = event.end.model if isinstance(event.end, ModelStep) else ""
        call = (names.CHAT, provider, event.model, answered)
        error = "" if event.outcome == "ok" else event.outcome
        self._duration.series.of(*call, error).observe(event.duration_ms / 1000)
        usage = event.usage
        # A call that failed has none by the conventions, nor has one that told none.
        if not error and usage.tokens:
            read = usage.tokens - usage.output_tokens
            self._tokens.series.of(*call, names.INPUT).observe(read)
            self._tokens.series.of(*call, names.OUTPUT).observe(usage.output_tokens)


class _Family:
    """A histogram whose names have dots, which Prometheus's library may refuse.

    Args:
        name: as the conventions have it.
        help_: one sentence.
        bounds: upper ones.
        attributes: names; one whose value is "" is left out.
    """

    def __init__(
        self, name: str, help_: str, bounds: Sequence[float], attributes: Sequence[str]
    ) -> None:
        self._name = name
        self._attributes = {_plain(one): one for one in attributes}
        self._histogram = Histogram(
            _plain(name), help_, list(self._attributes), buckets=bounds, registry=None
        )
        self.series = Labels(self._histogram)

    def reading(self) -> Reading:
        """Return what was counted so far."""
        (found,) = readings(self._histogram.collect())
        series = {self._told(tags): value for tags, value in found.series.items()}
        return Reading(self._name, found.help, found.kind, series)

    def _told(self, tags: Tags) -> Tags:
        return tuple((self._attributes[name], value) for name, value in tags if value)


def _plain(name: str) -> str:
    return name.replace(".", "_")
