"""The events of a streamed reply, decoded into no more than is needed of them.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming and
``anthropic.types.RawMessageStreamEvent``.
"""

from typing import Any

import msgspec

KNOWN = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    }
)
"""Events that carry the reply; every other one may be ignored, as a ping is."""


class Delta(msgspec.Struct):
    """What a block or the message gains; which field counts depends on the type."""

    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    citation: Any = None
    stop_reason: str | None = None


class Opening(msgspec.Struct):
    """The message as ``message_start`` announces it."""

    model: str
    usage: dict[str, Any] | None = None


class Event(msgspec.Struct):
    """One event of any known type."""

    type: str
    index: int = -1
    delta: Delta | None = None
    content_block: dict[str, Any] | None = None
    message: Opening | None = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class _Named(msgspec.Struct):
    type: str


_event = msgspec.json.Decoder(Event)
_named = msgspec.json.Decoder(_Named)
_anything = msgspec.json.Decoder()


def decode_event(data: bytes) -> Event:
    """Return the event that an event's data holds.

    Raises:
        ValueError: no JSON, or a known event that is not what the protocol says
            (``msgspec.DecodeError`` and ``UnicodeDecodeError`` are both this).
    """
    try:
        return _event.decode(data)
    except msgspec.ValidationError:
        name = _named.decode(data).type
        if name in KNOWN:
            raise
        return Event(name)


def decode_json(text: str) -> Any:
    """Return the JSON value of a text.

    Raises:
        ValueError: it is none.
    """
    return _anything.decode(text)
