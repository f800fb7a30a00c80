"""What a receiver did not take of a request that it took.

All three signals have the same answer: a message whose one field says how many items
were rejected, and why.
Source: https://opentelemetry.io/docs/specs/otlp/#partial-success-1
"""

from mainstay.monitoring.otlp import wire

_PARTIAL_SUCCESS = 1
_REJECTED, _REASON = 1, 2
_NEGATIVE = 1 << 63


def rejected(body: bytes) -> tuple[int, str]:
    """Return how many items an answer says were rejected, and why; 0 and "" for none.

    A body that is no such answer rejects nothing, nor does one that only warns.

    Args:
        body: its beginning at least.
    """
    try:
        partial = dict(wire.fields(body)).get(_PARTIAL_SUCCESS)
        told = dict(wire.fields(partial)) if isinstance(partial, bytes) else {}
    except ValueError:
        return 0, ""
    count, reason = told.get(_REJECTED), told.get(_REASON)
    if not isinstance(count, int) or not 0 < count < _NEGATIVE:
        return 0, ""
    return count, reason.decode("utf-8", "replace") if isinstance(reason, bytes) else ""
