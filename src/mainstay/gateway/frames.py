"""Frames of an event stream.

Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from mainstay.domain.event import Event
from mainstay.domain.moment import timestamp

GREETING = b"retry: 1000\n\n"
HEARTBEAT = b": heartbeat\n\n"


def durable(event: Event) -> bytes:
    """Return the frame of an event that a reader may resume after."""
    data = dict(event.data)
    if "created_at_ms" in data:
        data["created_at"] = timestamp(data.pop("created_at_ms"))
    return b"id: %d\n" % event.id + frame(event.kind, data)


def frame(kind: str, data: Mapping[str, Any]) -> bytes:
    """Return the frame of an event that happens once, for who listens."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), msgspec.json.encode(data))
