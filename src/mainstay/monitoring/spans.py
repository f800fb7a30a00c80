"""Spans: made of the core's events, handed to whoever exports them.

``docs/explanation/traces.md`` has each with its attributes. An event of a trace that is
not sampled costs a look into a dictionary.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mainstay.domain.turn_trace import trace_of
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

Take = Callable[[Any], None]


class Spans:
    """Turns events into spans.

    Args:
        sink: takes them; None when nobody exports: then log lines get their ids only.
        clock: tells when an event comes, which is when its span ends.
        said: what spans say of this process.
    """

    def __init__(self, sink: "SpanSink | None", clock: Clock, said: SpanNames) -> None:
        self._takes: dict[type[object], Take] = {TurnStarted: _correlate}
        if sink is not None:
            self._takes = _takes(sink, clock, said)

    def take(self, event: AnyEvent) -> None:
        """Take one event; most have no span."""
        take = self._takes.get(type(event))
        if take is not None:
            take(event)


def _takes(sink: "SpanSink", clock: Clock, said: SpanNames) -> dict[type[object], Take]:
    # A process whose spans go nowhere has no use for what makes them.
    from mainstay.monitoring.edge_spans import EdgeSpans
    from mainstay.monitoring.span_writer import SpanWriter
    from mainstay.monitoring.turn_spans import TurnSpans

    writer = SpanWriter(sink, clock)
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
