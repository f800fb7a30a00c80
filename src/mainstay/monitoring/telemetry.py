"""The Telemetry that production runs with."""

import sys
from collections.abc import Callable, Iterable
from typing import TextIO

from prometheus_client.core import Metric

from mainstay.monitoring.event_log import EventLog
from mainstay.monitoring.log_sink import LogSink
from mainstay.monitoring.metrics.registry import Handlers
from mainstay.monitoring.metrics.state import StateMetrics
from mainstay.monitoring.metrics.table import Metrics
from mainstay.monitoring.redaction import Redaction
from mainstay.monitoring.spans import Spans
from mainstay.ports.health import VitalSigns
from mainstay.ports.telemetry import AnyEvent, TelemetryDropped, Trouble
from mainstay.ports.trace_events import TraceEvent


class Monitoring:
    """Takes events; neither blocks on a network nor raises.

    Args:
        level: the lowest level that is logged, as LOG_LEVEL names it.
        as_json: JSON lines for machines, else readable lines for a console.
        stream: where logs go.
    """

    def __init__(
        self,
        level: str = "INFO",
        *,
        as_json: bool = False,
        stream: TextIO = sys.stderr,
    ) -> None:
        self._spans: Spans | None = None
        self._redaction = Redaction()
        self._log = EventLog(
            level, as_json=as_json, stream=stream, redaction=self._redaction
        )
        self._metrics = Metrics()

    def emit(self, event: AnyEvent) -> None:
        """Take one event."""
        try:
            if not isinstance(event, TraceEvent):
                self._metrics.count(event)
                if not self._log.write(event):
                    self._metrics.count(TelemetryDropped("logs", 1))
            if self._spans is not None:
                self._spans.take(event)
        except Exception:  # noqa: BLE001 - or a turn would fail because it is told of
            self._metrics.count(Trouble("telemetry", ""))

    async def make_spans(self) -> None:
        """Make the spans of what was told since the last time."""
        try:
            if self._spans is not None:
                self._spans.make()
        except Exception:  # noqa: BLE001 - as above
            self._metrics.count(Trouble("telemetry", ""))

    def trace_by(self, spans: Spans | None) -> None:
        """Let events become spans from now on; None without tracing."""
        self._spans = spans

    def send_to(self, sink: LogSink) -> None:
        """Let a sink have each line of the log too."""
        self._log.send_to(sink)

    def dropped(self, signal: str, count: int) -> None:
        """Count telemetry that was dropped so that nothing waits for it."""
        self.emit(TelemetryDropped(signal, count))

    @property
    def state(self) -> StateMetrics:
        """The metrics of how things stand, which no event tells of."""
        return self._metrics.state

    def hide(self, source: Callable[[], Iterable[str]]) -> None:
        """Keep what this returns out of the log, should it ever get into an event."""
        self._redaction.hide(source)

    def count_also(self, handlers: Handlers) -> None:
        """Let others count some events too, for receivers with names of their own."""
        self._metrics.count_also(handlers)

    def collect(self) -> Iterable[Metric]:
        """Return every metric with its samples of this moment."""
        return self._metrics.collect()

    def show_answers(self, models: Iterable[str]) -> None:
        """Show that none was given so far, and no model of these refused to.

        For a process that answers customers.
        """
        self._metrics.turns.show_levels()
        self._metrics.models.show_refusals(models)

    def show_signs(self, signs: VitalSigns) -> None:
        """Show what background checks find; called once."""
        self._metrics.health.show(signs)

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return self._metrics.render()
