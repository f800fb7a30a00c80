"""Spans of requests, wakes and served tools: their names, kinds and errors."""

from dataclasses import replace

from tests.unit.monitoring.span_world import SENT, Kept, spans

from mainstay.ports.telemetry import AnyEvent
from mainstay.ports.tools import ToolDone, ToolDoubt
from mainstay.ports.trace_events import RequestTraced, ToolServed, WakeSent
from mainstay.testing.clock import ManualClock

SERVED = RequestTraced(
    "POST", "/v1/turns/{id}", "/v1/turns/t", 202, 250.0, "req_1", "turn_1", SENT
)
LEFT = "turned away by a secret"


def span_of(event: AnyEvent):
    """Return the one span that is made of an event."""
    kept = Kept()
    spans(kept, ManualClock()).take(event)
    (span,) = kept.spans
    return span


def test_a_request_is_named_for_its_route() -> None:
    """With its own figures; it ends when it is told of."""
    span = span_of(SERVED)
    assert (span.name, span.kind, span.status) == (
        *("POST /v1/turns/{id}", "server", "unset"),
    )
    assert span.attributes["http.response.status_code"] == 202
    assert span.attributes["mainstay.turn.id"] == "turn_1"
    assert span.end_ns - span.start_ns == 250_000_000
    assert span.end_ns == ManualClock().now_ms() * 1_000_000
    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_id.hex())
    assert ids == (SENT.trace_id, SENT.span_id, SENT.parent_id)


def test_a_request_without_a_route_says_nothing_of_its_path() -> None:
    """It may be anything, and so may its method."""
    span = span_of(replace(SERVED, method="LEAK", route="", path=f"/{LEFT}"))
    assert span.name == "HTTP"
    assert span.attributes["http.request.method"] == "_OTHER"
    assert LEFT not in str(span)


def test_only_our_own_faults_are_errors() -> None:
    """A client's is none, as the conventions say of servers; one that left is."""
    errors = [
        span_of(replace(SERVED, status=status)).attributes.get("error.type")
        for status in (200, 404, 429, 500, 503, 0)
    ]
    assert errors == [None, None, None, "500", "503", "client_left"]


def test_a_wake_is_sent_to_the_queue() -> None:
    """As the producer's side of a message."""
    span = span_of(WakeSent("conv_1", 1.0, "", SENT))
    assert (span.name, span.kind) == ("send mainstay", "producer")
    assert span.attributes["messaging.operation.type"] == "send"
    assert span_of(WakeSent("conv_1", 1.0, "Gone", SENT)).status == "error"


def test_a_served_tool_is_in_doubt_or_not() -> None:
    """As its worker sees it."""
    for end, status in ((ToolDone(1), "unset"), (ToolDoubt("?"), "error")):
        span = span_of(ToolServed("turn_1", "look", type(end).__name__, 1.0, end, SENT))
        assert (span.name, span.kind, span.status) == (
            *("tools/call look", "server", status),
        )
