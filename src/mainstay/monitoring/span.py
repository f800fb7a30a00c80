"""A finished span, and where it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Value = str | bool | int | float | Sequence[str]
Kind = Literal["internal", "server", "client", "producer", "consumer"]
Status = Literal["unset", "ok", "error"]


@dataclass(frozen=True, slots=True)
class Link:
    """Another span that this one belongs with, but is no child of.

    Args:
        trace_id: 16 bytes.
        span_id: 8 bytes.
        attributes: what the link says of itself.
    """

    trace_id: bytes
    span_id: bytes
    attributes: Mapping[str, Value] = field(default_factory=dict[str, Value])


@dataclass(slots=True, kw_only=True)
class Span:
    """One finished piece of work in a trace that is sampled.

    Nobody changes it; it is not frozen because that would be slower to make.

    Args:
        trace_id: 16 bytes, not all zero.
        span_id: 8 bytes, not all zero.
        parent_id: 8 bytes; empty when the span has no parent.
        remote_parent: the parent was made by another process, or that is not known
            to be otherwise.
        state: the ``tracestate`` of the trace, as W3C Trace Context writes it, or "".
        name: low in cardinality, as the semantic conventions build it.
        kind: which side of a call it is.
        start_ns: nanoseconds since 1970.
        end_ns: nanoseconds since 1970, never before ``start_ns``.
        attributes: names of ``mainstay.monitoring.semantics`` → values.
        status: "error" when the work failed, else "unset".
        message: what failed; only with "error"; never a customer's text.
        links: other spans this one belongs with.
    """

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    name: str
    kind: Kind
    start_ns: int
    end_ns: int
    remote_parent: bool = False
    state: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict[str, Value])
    status: Status = "unset"
    message: str = ""
    links: tuple[Link, ...] = ()


class SpanSink(Protocol):
    """Takes finished spans."""

    def offer(self, span: Span) -> None:
        """Take a span, or drop it and count that; never blocks, never raises."""
        ...
