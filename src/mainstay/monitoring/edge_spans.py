"""Spans beside a worker's turns: requests, wakes, served tools, holding replies."""

import mainstay.monitoring.semantics as names
from mainstay.domain.turn_trace import trace_of
from mainstay.monitoring.content import said_by_tool
from mainstay.monitoring.messaging import of_wake
from mainstay.monitoring.span import Value
from mainstay.monitoring.span_names import SpanNames
from mainstay.monitoring.span_writer import SpanWriter, Work
from mainstay.ports.telemetry import Held
from mainstay.ports.tools import ToolDoubt
from mainstay.ports.trace_events import RequestTraced, ToolServed, WakeSent

SERVER_FAULT = 500


class EdgeSpans:
    """Makes spans of single events.

    Args:
        writer: writes them.
        said: what they say of this process.
    """

    def __init__(self, writer: SpanWriter, said: SpanNames) -> None:
        self._writer = writer
        self._said = said

    def request(self, event: RequestTraced, now_ns: int) -> None:
        """An HTTP request was answered."""
        said = _of_request(event)
        known = event.method in names.METHODS
        name = f"{event.method if known else 'HTTP'} {event.route}".rstrip()
        error = str(event.status) if event.status >= SERVER_FAULT else ""
        if not event.status:
            error = names.CLIENT_LEFT
        work = Work(name, "server", said, error, remote=True)
        self._writer.ended(event.trace, work, event.duration_ms, now_ns)

    def send(self, event: WakeSent, now_ns: int) -> None:
        """A message's wake was handed to the queue."""
        said = of_wake(self._said, names.SEND, event.conversation_id)
        name = f"{names.SEND} {self._said.destination}"
        work = Work(name, "producer", said, event.error)
        self._writer.ended(event.trace, work, event.duration_ms, now_ns)

    def serve(self, event: ToolServed, now_ns: int) -> None:
        """The tool service ran a call."""
        said: dict[str, Value] = {
            names.MCP_METHOD: names.MCP_TOOLS_CALL,
            names.OPERATION: names.EXECUTE_TOOL,
            names.TOOL_NAME: event.tool,
            names.TURN_ID: event.turn_id,
            names.TOOL_OUTCOME: event.outcome,
        }
        if self._said.with_content:
            said |= said_by_tool(None, event.end)
        name = f"{names.MCP_TOOLS_CALL} {event.tool}"
        error = names.IN_DOUBT if isinstance(event.end, ToolDoubt) else ""
        work = Work(name, "server", said, error, remote=True)
        self._writer.ended(event.trace, work, event.duration_ms, now_ns)

    def hold(self, event: Held, now_ns: int) -> None:
        """The watchdog sent a holding reply, whoever works on the turn."""
        trace = None if event.turn is None else trace_of(event.turn)
        if trace is None:
            return
        said: dict[str, Value] = {
            names.TURN_ID: event.turn_id,
            names.HELD: True,
            names.LEVEL: 4,
            names.ESCALATED: True,
        }
        work = Work("holding reply", "internal", said, remote=True)
        place = trace.agent.below("holding reply")
        self._writer.ended(place, work, event.duration_ms, now_ns)


def _of_request(event: RequestTraced) -> dict[str, Value]:
    known = event.method in names.METHODS
    said: dict[str, Value] = {
        names.HTTP_METHOD: event.method if known else names.OTHER_METHOD,
        names.URL_SCHEME: "http",
        names.REQUEST_ID: event.request_id,
    }
    if event.status:
        said[names.HTTP_STATUS] = event.status
    # A path without a route may be anything, and hold a secret.
    if event.route:
        said |= {names.HTTP_ROUTE: event.route, names.URL_PATH: event.path}
    if event.turn_id:
        said[names.TURN_ID] = event.turn_id
    return said
