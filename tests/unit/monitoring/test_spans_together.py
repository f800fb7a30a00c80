"""Spans of some events are made together, and none is lost or told late by it."""

import pytest
from tests.unit.monitoring.span_world import SENT, Kept

from mainstay.monitoring.span_names import SpanNames
from mainstay.monitoring.spans import TOGETHER, Spans
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.trace_events import WakeSent
from mainstay.testing.clock import ManualClock

A_MS = 1_000_000


def sent(n: int) -> WakeSent:
    """Return an event with a span."""
    return WakeSent(f"conv_{n}", 1.0, "", SENT)


@pytest.fixture
def kept() -> Kept:
    """Return what takes the spans."""
    return Kept()


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands."""
    return ManualClock()


@pytest.fixture
def spans(kept: Kept, clock: ManualClock) -> Spans:
    """Return what makes spans."""
    return Spans(kept, clock, SpanNames(agent="World"))


def test_so_many_wait_and_no_more(kept: Kept, spans: Spans) -> None:
    """What waits is bounded: the last one that fits has all made."""
    for n in range(TOGETHER - 1):
        spans.take(sent(n))
    assert kept.spans == []
    spans.take(sent(TOGETHER))
    assert len(kept.spans) == TOGETHER


def test_a_span_ends_when_its_event_came(
    kept: Kept, spans: Spans, clock: ManualClock
) -> None:
    """Not when it is made."""
    spans.take(sent(1))
    came_ms = clock.now_ms()
    clock.advance(0.9)
    spans.take(sent(2))
    clock.advance(0.1)
    spans.make()
    assert [span.end_ns for span in kept.spans] == [
        came_ms * A_MS,
        (came_ms + 900) * A_MS,
    ]


async def test_one_that_cannot_be_made_costs_no_other(kept: Kept, spans: Spans) -> None:
    """It is counted; the others are made, in the last round of a process as well."""
    monitoring = Monitoring("CRITICAL")
    monitoring.trace_by(spans)
    monitoring.emit(WakeSent("conv_1", float("nan"), "", SENT))
    monitoring.emit(sent(2))
    await monitoring.make_spans()
    assert len(kept.spans) == 1
    assert 'troubles_total{where="telemetry"} 1.0' in monitoring.render().decode()
