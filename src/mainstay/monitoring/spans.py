"""Spans: made of the core's events, handed to whoever exports them.

``docs/explanation/traces.md`` has each with its attributes. An event of a trace that is
not sampled costs a look into a dictionary.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mainstay.domain.turn_trace import trace_of
from mainstay.monitoring.instants import Instants
from mainstay.monitoring.span_names import SpanNames
from mainstay.ports.clock import Clock
from mainstay.ports.correlation import SPAN
from mainstay.ports.model_events import ModelAwaited, ModelCalled
from mainstay.ports.telemetry import AnyEvent, Held, ToolCalled, TurnEnded
from mainstay.ports.trace_events import (
    ModelDropped,
    ReplyWritten,
    RequestTraced,
    ToolServed,
    TurnStarted,
    WakeSent,
)

if TYPE_CHECKING:
    from mainstay.monitoring.span import SpanSink

Take = Callable[[Any, int], None]

TOGETHER = 64
"""Events whose spans are made at once: a millisecond of the loop's time."""


class Spans:
    """Turns events into spans, some together.

    Made one by one they cost more than twice as much: between two of them the processor
    does all else, and what makes spans is in none of its caches.

    Args:
        sink: takes them; None when nobody exports: then log lines get their ids only.
        clock: tells when an event comes, which is when its span ends.
        said: what spans say of this process.
    """

    def __init__(self, sink: "SpanSink | None", clock: Clock, said: SpanNames) -> None:
        self._takes = {} if sink is None else _takes(sink, said)
        self._instants = Instants(clock)
        self._waiting: deque[tuple[AnyEvent, int]] = deque()

    def take(self, event: AnyEvent) -> None:
        """Take one event; most have no span."""
        if isinstance(event, TurnStarted):
            _correlate(event)
        if type(event) in self._takes:
            self._waiting.append((event, self._instants.now_ns()))
            if len(self._waiting) >= TOGETHER:
                self.make()

    def make(self) -> None:
        """Make the spans of what was taken since the last time.

        Raises:
            Exception: of the last one that cannot be made, when the others are.
        """
        fault: Exception | None = None
        while self._waiting:
            event, now_ns = self._waiting.popleft()
            try:
                self._takes[type(event)](event, now_ns)
            except Exception as error:  # noqa: BLE001 - raised below
                fault = error
        if fault is not None:
            raise fault


def _takes(sink: "SpanSink", said: SpanNames) -> dict[type[object], Take]:
    # A process whose spans go nowhere has no use for what makes them.
    from mainstay.monitoring.edge_spans import EdgeSpans
    from mainstay.monitoring.span_writer import SpanWriter
    from mainstay.monitoring.turn_spans import TurnSpans

    writer = SpanWriter(sink)
    edges, turns = EdgeSpans(writer, said), TurnSpans(writer, said)
    return {
        RequestTraced: edges.request,
        WakeSent: edges.send,
        ToolServed: edges.serve,
        Held: edges.hold,
        TurnStarted: turns.begin,
        ModelAwaited: turns.wait,
        ModelCalled: turns.chat,
        ModelDropped: turns.drop,
        ToolCalled: turns.tool,
        ReplyWritten: turns.reply,
        TurnEnded: turns.end,
    }


def _correlate(event: TurnStarted) -> None:
    """Let the log lines of the attempt's task name the turn's span."""
    trace = trace_of(event.turn)
    if trace is not None:
        SPAN.set((trace.agent.trace_id, trace.agent.span_id))
