"""Writes spans: their ids as bytes, their times in order."""

from collections.abc import Mapping
from dataclasses import dataclass

import mainstay.monitoring.semantics as names
from mainstay.domain.trace import Trace
from mainstay.monitoring.span import Kind, Link, Span, SpanSink, Value


@dataclass(slots=True)
class Work:
    """A span but for its place and time; not frozen, as a span is not.

    Args:
        name: low in cardinality.
        kind: which side of a call it is.
        attributes: what it says.
        error: a kind of failure, or "".
        links: other spans that it belongs with.
        remote: whether another process may have made its parent.
    """

    name: str
    kind: Kind
    attributes: Mapping[str, Value]
    error: str = ""
    links: tuple[Link, ...] = ()
    remote: bool = False


class SpanWriter:
    """Hands spans of sampled traces to the sink.

    Args:
        sink: takes them.
    """

    def __init__(self, sink: SpanSink) -> None:
        self._sink = sink

    def ended(self, trace: Trace, work: Work, duration_ms: float, end_ns: int) -> None:
        """Write a span by its end."""
        self.write(trace, work, end_ns - int(duration_ms * 1_000_000), end_ns)

    def write(self, trace: Trace, work: Work, start_ns: int, end_ns: int) -> None:
        """Write a span."""
        attributes = work.attributes
        if work.error:
            attributes = {**attributes, names.ERROR_TYPE: work.error}
        span = Span(
            trace_id=bytes.fromhex(trace.trace_id),
            span_id=bytes.fromhex(trace.span_id),
            parent_id=bytes.fromhex(trace.parent_id),
            name=work.name,
            kind=work.kind,
            start_ns=start_ns,
            end_ns=max(start_ns, end_ns),
            remote_parent=work.remote,
            state=trace.state,
            attributes=attributes,
            status="error" if work.error else "unset",
            links=work.links,
        )
        self._sink.offer(span)
