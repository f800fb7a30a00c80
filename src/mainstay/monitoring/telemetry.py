"""The Telemetry that production runs with."""

import sys
from collections.abc import Callable
from typing import TextIO

from mainstay.monitoring.event_log import EventLog
from mainstay.monitoring.metrics import Metrics
from mainstay.ports.queue import QueueStats
from mainstay.ports.telemetry import TelemetryEvent


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
        self._log = EventLog(level, as_json=as_json, stream=stream)
        self._metrics = Metrics()

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""
        self._metrics.count(event)
        self._log.write(event)

    def set_queue(self, stats: QueueStats) -> None:
        """Take the backlog's figures; the gauges exist from the first call on."""
        self._metrics.set_queue(stats)

    def count_commits(self, read: Callable[[], int]) -> None:
        """Show how many groups of writes the store committed; called once."""
        self._metrics.count_commits(read)

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return self._metrics.render()
