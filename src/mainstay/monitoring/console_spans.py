"""Spans as JSON lines, for a look without a collector."""

import json
from typing import Any, TextIO

from mainstay.monitoring.span import Link, Span


class ConsoleSpans:
    """Implements ``SpanSink`` on a stream; a broken stream is survived.

    Args:
        stream: where lines go; it must not block for long, as the log's must not.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def offer(self, span: Span) -> None:
        """Write one line."""
        try:
            self._stream.write(json.dumps(line_of(span), ensure_ascii=False) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return


def line_of(span: Span) -> dict[str, Any]:
    """Return a span as JSON data; ids in hexadecimal digits."""
    return {
        "span": span.name,
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_id.hex(),
        "kind": span.kind,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "status": span.status,
        "state": span.state,
        "attributes": dict(span.attributes),
        "links": [_link(one) for one in span.links],
    }


def _link(link: Link) -> dict[str, Any]:
    ids = {"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex()}
    return ids | {"attributes": dict(link.attributes)}
