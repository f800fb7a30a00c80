"""Begins the span of a request: in the client's trace, or in a new one."""

import secrets
from collections.abc import Callable

from mainstay.domain.trace import Trace, of_headers
from mainstay.monitoring.sampling import Sampler
from mainstay.ports.correlation import SPAN

IDS_BYTES = 24
"""A trace's id and a span's."""


class Tracer:
    """Takes the client's headers, and decides whether the trace is kept.

    Args:
        sampler: decides.
        draw: returns as many random bytes, in hexadecimal digits.
    """

    def __init__(
        self, sampler: Sampler, draw: Callable[[int], str] = secrets.token_hex
    ) -> None:
        self._sampler = sampler
        self._draw = draw

    def begin(self, traceparent: bytes, tracestate: bytes) -> Trace:
        """Return the request's span; if it is kept, this task's log lines name it."""
        ids = self._draw(IDS_BYTES)
        given = None
        if traceparent:
            state = tracestate.decode("latin-1")
            given = of_headers(traceparent.decode("latin-1"), state)
        trace = self._new(ids) if given is None else self._below(given, ids[32:])
        if trace.sampled:
            SPAN.set((trace.trace_id, trace.span_id))
        return trace

    def _new(self, ids: str) -> Trace:
        trace_id = ids[:32]
        return Trace(trace_id, ids[32:], self._sampler.keeps(trace_id, None))

    def _below(self, given: Trace, id_: str) -> Trace:
        sampled = self._sampler.keeps(given.trace_id, given.sampled)
        return Trace(given.trace_id, id_, sampled, given.state, given.span_id)
