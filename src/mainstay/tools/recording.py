"""What an author of agents and tools records: latencies, errors, figures of their own.

The calls never raise and never wait. They go where Mainstay's own signals go: into the
log and the metrics of the process that the code runs in. Outside of one, in a unit test
of a tool say, they do nothing.

Customers' words have no place there. So a label that is no name, with blanks in it or
an ``@``, becomes ``other``; a text like that in an error's context, its length. A whole
number of more than 63 bits is a text there: OTLP has no such number.
"""

import math
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import SupportsFloat

from mainstay.ports.author_events import (
    ErrorRecorded,
    LatencyRecorded,
    MetricRecorded,
    RecordRefused,
)
from mainstay.ports.telemetry import Telemetry, TelemetryEvent

RECORDER: ContextVar[Telemetry | None] = ContextVar("recorder", default=None)
"""Who takes what is recorded. A thread has it if it was started with its maker's
context, as ``asyncio.to_thread`` does."""

MAX_ENTRIES = 20
"""What a context holds at most; the rest is left out."""

OTHER = "other"

_MAX_BITS = 63

_NAME = re.compile(r"[\w.:/+-]{1,64}")

Word = str | int | float | bool | None


def record_latency(operation: str, duration_ms: float) -> None:
    """Record how long something took.

    Shown as the histogram ``mainstay_custom_latency_seconds{operation}``.

    Args:
        operation: what took so long: a name, of a small set.
        duration_ms: milliseconds, 0 or more.
    """

    def event() -> TelemetryEvent:
        ms = _figure(duration_ms)
        if ms is None or ms < 0:
            return RecordRefused("record_latency", "duration_ms must be 0 or more")
        return LatencyRecorded(_label(operation), ms)

    _record("record_latency", event)


def record_error(error_type: str, context: Mapping[str, object] | None = None) -> None:
    """Record an error; at most 20 entries of its context are logged.

    Counted as ``mainstay_custom_errors_total{type}``.

    Args:
        error_type: its kind: a name, of a small set.
        context: what there is to know, ids and figures; logged, and no label.
    """

    def event() -> TelemetryEvent:
        entries = list((context or {}).items())[:MAX_ENTRIES]
        told = {_label(name): _word(value) for name, value in entries}
        return ErrorRecorded(_label(error_type), told)

    _record("record_error", event)


def record_metric(
    name: str, value: float, tags: Mapping[str, object] | None = None
) -> None:
    """Set a figure of your own.

    Shown as the gauge ``mainstay_custom_NAME{tags}``; the tags of its first value are
    the labels that it has, 5 at most.

    Args:
        name: its name; what is no letter, digit or ``_`` becomes ``_``.
        value: a finite number.
        tags: label → value, each a name of a small set.
    """

    def event() -> TelemetryEvent:
        figure = _figure(value)
        if figure is None:
            return RecordRefused("record_metric", "value must be a finite number")
        labels = {str(tag): _label(one) for tag, one in (tags or {}).items()}
        return MetricRecorded(_label(name.replace(" ", "_")), figure, labels)

    _record("record_metric", event)


def _record(call: str, event: Callable[[], TelemetryEvent]) -> None:
    recorder = RECORDER.get()
    if recorder is None:
        return
    try:
        told = event()
    except Exception as error:  # noqa: BLE001 - an author's value may do anything
        told = RecordRefused(call, type(error).__name__)
    recorder.emit(told)


def _figure(value: object) -> float | None:
    """Return a finite number, also of a type that is not Python's own, or None."""
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        return None
    figure = float(value)
    return figure if math.isfinite(figure) else None


def _label(value: object) -> str:
    text = str(value)
    return text if _NAME.fullmatch(text) else OTHER


def _word(value: object) -> Word:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int) and value.bit_length() <= _MAX_BITS:
        return value
    text = str(value)
    return text if _NAME.fullmatch(text) else f"<{len(text)} characters>"
