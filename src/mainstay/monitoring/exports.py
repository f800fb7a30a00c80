"""All that leaves a process for receivers elsewhere."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mainstay.monitoring.otlp.outbox import Outbox
from mainstay.monitoring.otlp.records import record_item
from mainstay.monitoring.otlp.spans import span_item
from mainstay.monitoring.span import Span
from mainstay.ports.clock import Clock

FLUSH_S = 2.0
"""What receivers get at the end of a process for what is left."""

NS_A_MS = 1_000_000


class Sender(Protocol):
    """A thread that sends."""

    def start(self) -> None:
        """Start it."""
        ...

    def stop(self, at_s: float) -> None:
        """Have it send what is left and end, by a moment of monotonic time."""
        ...

    def join(self, within_s: float) -> None:
        """Return when it has ended, or after some seconds."""
        ...


class Exports:
    """Takes spans and lines of the log; the metrics are read by their own threads.

    Each receiver has a thread for each signal, so that one that hangs holds nobody up.

    Args:
        spans: where spans go.
        logs: where lines of the log go.
        others: what sends metrics.
        clock: Unix time of log records, monotonic time of the end.
    """

    def __init__(
        self,
        spans: Sequence[Outbox],
        logs: Sequence[Outbox],
        others: Sequence[Sender],
        clock: Clock,
    ) -> None:
        self._spans = tuple(spans)
        self._logs = tuple(logs)
        self._senders: tuple[Sender, ...] = (*spans, *logs, *others)
        self._clock = clock
        self._ended = False

    @property
    def takes_spans(self) -> bool:
        """Whether a span would go anywhere."""
        return bool(self._spans)

    def offer(self, span: Span) -> None:
        """Take a span, or drop it and count that; never blocks, never raises."""
        item = span_item(span)
        for outbox in self._spans:
            outbox.put(item)

    def record(self, level: int, name: str, fields: Mapping[str, Any]) -> None:
        """Take a line of the log, or drop it and count that; never blocks or raises."""
        if self._logs:
            item = record_item(self._clock.now_ms() * NS_A_MS, level, name, fields)
            for outbox in self._logs:
                outbox.put(item)

    async def start(self) -> None:
        """Start all threads."""
        for sender in self._senders:
            sender.start()

    async def stop(self) -> None:
        """Send what is left, for 2 s at most, whatever receivers do; may be repeated.

        A thread that is not done by then is left behind: it ends with the process.
        """
        if not self._ended:
            self._ended = True
            at_s = self._clock.monotonic_s() + FLUSH_S
            for sender in self._senders:
                sender.stop(at_s)
            await asyncio.to_thread(self._join, at_s)

    def _join(self, at_s: float) -> None:
        for sender in self._senders:
            sender.join(at_s - self._clock.monotonic_s())
