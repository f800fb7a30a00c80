"""Lines of the log in OTLP's form.

Source: https://github.com/open-telemetry/opentelemetry-proto, ``logs.proto``, 1.x; the
numbers of fields never change.
"""

import json
from collections.abc import Mapping
from typing import Any

from mainstay.monitoring.otlp import wire
from mainstay.monitoring.otlp.attributes import any_value, attributes
from mainstay.monitoring.otlp.envelope import ITEM
from mainstay.monitoring.span import Value

_TIME, _SEEN = wire.tag(1, wire.FIXED64), wire.tag(11, wire.FIXED64)
_NUMBER, _TEXT = wire.tag(2, wire.VARINT), wire.tag(3, wire.BLOCK)
_BODY, _ATTRIBUTE, _NAME = (wire.tag(field, wire.BLOCK) for field in (5, 6, 12))
_IDS = {
    "trace_id": (wire.tag(9, wire.BLOCK), 16),
    "span_id": (wire.tag(10, wire.BLOCK), 8),
}
"""Fields of a line that are the record's own, in hex digits: tag and bytes."""

_SEVERITIES = (
    (50, 21, "FATAL"),
    (40, 17, "ERROR"),
    (30, 13, "WARN"),
    (20, 9, "INFO"),
    (0, 5, "DEBUG"),
)
"""From ``logging``'s level on: number and text of OpenTelemetry's log data model."""


def record_item(
    time_ns: int, level: int, name: str, fields: Mapping[str, Any]
) -> bytes:
    """Return a line of the log as an item of a request.

    Args:
        time_ns: nanoseconds since 1970.
        level: as ``logging`` has it.
        name: of the event.
        fields: of the line; ``trace_id`` and ``span_id`` become the record's own, and
            what has parts is told as JSON.
    """
    time = wire.fixed64(time_ns)
    ids = [block for block in map(_id, _IDS, map(fields.get, _IDS)) if block]
    own = _IDS if ids else ()
    pairs = ((key, _value(one)) for key, one in fields.items() if key not in own)
    parts = [
        _TIME + time,
        _severity(level),
        wire.block(_BODY, any_value(name)),
        attributes(_ATTRIBUTE, pairs),
        *ids,
        _SEEN + time,
        wire.block(_NAME, wire.text(name)),
    ]
    return wire.block(ITEM, b"".join(parts))


def _severity(level: int) -> bytes:
    for least, number, text in _SEVERITIES:
        if level >= least:
            return _NUMBER + wire.varint(number) + wire.block(_TEXT, text.encode())
    return b""


def _id(name: str, digits: object) -> bytes:
    before, size = _IDS[name]
    try:
        value = bytes.fromhex(digits) if isinstance(digits, str) else b""
    except ValueError:
        return b""
    return wire.block(before, value) if len(value) == size else b""


def _value(value: Any) -> Value | None:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return _as_json(value) if isinstance(value, (Mapping, list, tuple)) else str(value)


def _as_json(value: Any) -> str:
    """Return what has parts as JSON, or in Python's words where it cannot be."""
    try:
        return json.dumps(value, default=str, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)
