"""Spans in OTLP's form.

Source: https://github.com/open-telemetry/opentelemetry-proto, ``trace.proto``, 1.x; the
numbers of fields never change.
"""

from mainstay.monitoring.otlp import wire
from mainstay.monitoring.otlp.attributes import attributes
from mainstay.monitoring.otlp.envelope import ITEM
from mainstay.monitoring.span import Link, Span

_TRACE_ID, _SPAN_ID, _STATE, _PARENT, _NAME = (
    wire.tag(field, wire.BLOCK) for field in (1, 2, 3, 4, 5)
)
_START, _END = wire.tag(7, wire.FIXED64), wire.tag(8, wire.FIXED64)
_ATTRIBUTE, _LINK, _STATUS = (wire.tag(field, wire.BLOCK) for field in (9, 13, 15))
_LINK_ATTRIBUTE = wire.tag(4, wire.BLOCK)
_MESSAGE, _CODE = wire.tag(2, wire.BLOCK), wire.tag(3, wire.VARINT)
_KINDS = {
    name: wire.tag(6, wire.VARINT) + wire.varint(number)
    for number, name in enumerate(
        ("internal", "server", "client", "producer", "consumer"), start=1
    )
}
_CODES = {"ok": 1, "error": 2}

SAMPLED, KNOWN, REMOTE = 0x01, 0x100, 0x200
"""W3C's flag; whether it is known that the parent is remote; whether it is."""

_FLAGS = wire.tag(16, wire.FIXED32)
_LOCAL_FLAGS = _FLAGS + wire.fixed32(SAMPLED | KNOWN)
_REMOTE_FLAGS = _FLAGS + wire.fixed32(SAMPLED | KNOWN | REMOTE)


def span_item(span: Span) -> bytes:
    """Return a span as an item of a request."""
    parts = [
        wire.block(_TRACE_ID, span.trace_id),
        wire.block(_SPAN_ID, span.span_id),
        wire.block(_NAME, wire.text(span.name)),
        _KINDS[span.kind],
        _START + wire.fixed64(span.start_ns),
        _END + wire.fixed64(span.end_ns),
        attributes(_ATTRIBUTE, span.attributes.items()),
        _REMOTE_FLAGS if span.remote_parent else _LOCAL_FLAGS,
    ]
    if span.parent_id:
        parts.append(wire.block(_PARENT, span.parent_id))
    if span.state:
        parts.append(wire.block(_STATE, wire.text(span.state)))
    if span.status != "unset":
        parts.append(wire.block(_STATUS, _status(span)))
    parts += [wire.block(_LINK, _linked(link)) for link in span.links]
    return wire.block(ITEM, b"".join(parts))


def _status(span: Span) -> bytes:
    code = _CODE + wire.varint(_CODES[span.status])
    return wire.block(_MESSAGE, wire.text(span.message)) + code


def _linked(link: Link) -> bytes:
    ids = wire.block(_TRACE_ID, link.trace_id) + wire.block(_SPAN_ID, link.span_id)
    return ids + attributes(_LINK_ATTRIBUTE, link.attributes.items())
