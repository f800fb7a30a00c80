"""Builds what makes spans, and what takes them."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from mainstay.assembly.parts import start
from mainstay.domain.trace import Trace
from mainstay.monitoring.sampling import Sampler
from mainstay.monitoring.span_names import SpanNames
from mainstay.monitoring.spans import Spans
from mainstay.monitoring.telemetry import Monitoring
from mainstay.monitoring.tracer import Tracer
from mainstay.resilience.every import Every
from mainstay.settings import Settings
from mainstay.settings.addresses import Carrier
from mainstay.system.clock import SystemClock

if TYPE_CHECKING:
    from mainstay.monitoring.exports import Exports
    from mainstay.monitoring.span import SpanSink

SYSTEMS: Mapping[Carrier, str] = {
    "database": "mainstay",
    "sqs": "aws_sqs",
    "kafka": "kafka",
    "rabbitmq": "rabbitmq",
}
"""What the semantic conventions call each carrier; the first is our own."""

LONGEST_S = 1.0
"""What an event waits for others, whose spans are made with its own."""


async def open_tracing(
    stack: AsyncExitStack,
    settings: Settings,
    agent: str,
    exports: "Exports | None",
    monitoring: Monitoring,
) -> None:
    """Make spans from now on, if they go anywhere; the last ones as the stack closes.

    Args:
        stack: of the process; ``exports`` end later.
        settings: whether, and what is in them.
        agent: the agent's name.
        exports: what sends telemetry away, if anything does.
        monitoring: takes the events.
    """
    sink = sink_of(settings, exports)
    monitoring.trace_by(spans_of(settings, agent, sink))
    if sink is not None:
        stack.push_async_callback(monitoring.make_spans)
        await start(stack, Every(LONGEST_S, monitoring.make_spans, SystemClock()))


def spans_of(settings: Settings, agent: str, sink: "SpanSink | None") -> Spans | None:
    """Return what makes spans; None without tracing.

    Args:
        settings: whether, and what is in them.
        agent: the agent's name.
        sink: where they go; None when nowhere.
    """
    if not settings.enable_tracing:
        return None
    said = SpanNames(
        agent=agent,
        system=SYSTEMS[settings.carrier],
        with_content=settings.capture_content == "SPAN_ONLY",
    )
    return Spans(sink, SystemClock(), said)


def sink_of(settings: Settings, exports: "Exports | None") -> "SpanSink | None":
    """Return what takes spans; None when they go nowhere.

    Args:
        settings: whether they are written here.
        exports: what sends telemetry away, if anything does.
    """
    if settings.traces_exporter == "console":
        from mainstay.monitoring.console_spans import ConsoleSpans

        return ConsoleSpans(sys.stderr)
    return exports if exports is not None and exports.takes_spans else None


def tracing_of(settings: Settings) -> Callable[[bytes, bytes], Trace | None]:
    """Return what begins the spans of requests."""
    if not settings.enable_tracing:
        return lambda _, __: None
    sampler = Sampler(settings.traces_sampler, settings.traces_sampler_arg)
    return Tracer(sampler).begin
