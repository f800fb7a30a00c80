"""The spans that processes sent or wrote, as one trace."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainstay.testing.otlp import OtlpReceiver, plain

PATIENCE_S = 20.0

KINDS = ("unset", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
"""By their numbers in OTLP."""


@dataclass(frozen=True)
class Seen:
    """A span, by the names that ``OTEL_TRACES_EXPORTER=console`` gives its parts."""

    span: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: str
    start_ns: int
    end_ns: int
    status: str
    state: str
    attributes: dict[str, Any]
    links: list[dict[str, Any]]


class TraceTree:
    """All spans of one trace.

    Args:
        trace_id: which.
        found: spans of any trace, from any number of processes.
    """

    def __init__(self, trace_id: str, found: Iterable[Seen]) -> None:
        self.spans = [span for span in found if span.trace_id == trace_id]
        self.ids = {span.span_id: span for span in self.spans}

    def named(self, name: str) -> list[Seen]:
        """Return the spans whose name begins so, by their start."""
        found = [span for span in self.spans if span.span.startswith(name)]
        return sorted(found, key=lambda span: span.start_ns)

    def one(self, name: str) -> Seen:
        """Return the only span whose name begins so."""
        found = self.named(name)
        assert len(found) == 1, (name, self.shown())
        return found[0]

    def path(self, span: Seen) -> list[str]:
        """Return the first words of the names from the top down to a span."""
        above = self.ids.get(span.parent_id)
        return [*([] if above is None else self.path(above)), span.span.split()[0]]

    def orphans(self, above: str) -> list[Seen]:
        """Return spans whose parent is neither here nor the client's."""
        known = {*self.ids, above}
        return [span for span in self.spans if span.parent_id not in known]

    def shown(self) -> str:
        """Return the tree for a failed test to show."""
        return "\n".join(sorted("/".join(self.path(span)) for span in self.spans))


def traced(
    trace_id: str, got: OtlpReceiver, done: Callable[[TraceTree], bool]
) -> TraceTree:
    """Return the trace once a receiver has as much of it as that."""
    try:
        got.until(lambda: done(TraceTree(trace_id, sent(got))), PATIENCE_S)
    except AssertionError as error:
        raise AssertionError(TraceTree(trace_id, sent(got)).shown()) from error
    return TraceTree(trace_id, sent(got))


def sent(got: OtlpReceiver) -> list[Seen]:
    """Return all spans that a receiver took."""
    return [_of_otlp(span) for span in got.spans()]


def written(logs: Sequence[Path]) -> list[Seen]:
    """Return all spans that processes wrote into their logs."""
    return [
        Seen(**json.loads(line))
        for log in logs
        for line in log.read_text().splitlines()
        if line.startswith('{"span"') and line.endswith("}")
    ]


def _of_otlp(span: Any) -> Seen:
    return Seen(
        span=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        kind=KINDS[span.kind],
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        status=STATUSES[span.status.code],
        state=span.trace_state,
        attributes=plain(span.attributes),
        links=[
            {"trace_id": one.trace_id.hex(), "attributes": plain(one.attributes)}
            for one in span.links
        ],
    )
