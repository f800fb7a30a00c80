"""Events that the authors of agents and tools record themselves."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class LatencyRecorded:
    """An author measured how long something took.

    Args:
        operation: what it was.
        duration_ms: how long, in milliseconds; finite, not negative.
    """

    operation: str
    duration_ms: float


@dataclass(slots=True)
class ErrorRecorded:
    """An author noted an error.

    Args:
        error_type: its kind.
        context: what there is to know, already without anybody's words.
    """

    error_type: str
    context: Mapping[str, str | int | float | bool | None]


@dataclass(slots=True)
class MetricRecorded:
    """An author set a figure of their own.

    Args:
        name: the figure.
        value: its value from now on; finite.
        tags: what tells its series apart.
    """

    name: str
    value: float
    tags: Mapping[str, str]


@dataclass(slots=True)
class RecordRefused:
    """What an author recorded has no form that can be kept; it is dropped.

    Args:
        call: ``record_latency``, ``record_error`` or ``record_metric``.
        reason: what is wrong with it, without the values.
    """

    call: str
    reason: str
