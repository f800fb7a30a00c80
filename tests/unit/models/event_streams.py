"""Event streams in the words of the Messages API, for tests of what reads them."""

import json
from typing import Any

from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.domain.step import ModelStep
from mainstay.models.fold import StreamFold

MODEL = "claude-sonnet-5-5"


def event(name: str, **members: Any) -> bytes:
    """Return one event."""
    data = json.dumps({"type": name, **members}, ensure_ascii=False)
    return f"event: {name}\ndata: {data}\n\n".encode()


def start(**usage: Any) -> bytes:
    """Return the message_start."""
    message = {"id": "msg_1", "model": MODEL, "content": [], "usage": usage}
    return event("message_start", message=message)


def block(index: int, opening: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """Return a whole content block."""
    return opened(index, opening, *deltas) + event("content_block_stop", index=index)


def opened(index: int, opening: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """Return a content block without its end."""
    events = [event("content_block_start", index=index, content_block=opening)]
    events += [event("content_block_delta", index=index, delta=d) for d in deltas]
    return b"".join(events)


def text(index: int, *pieces: str) -> bytes:
    """Return a text block."""
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block(index, {"type": "text", "text": ""}, *deltas)


def tool_use(index: int, *pieces: str, id_: str = "toolu_1") -> bytes:
    """Return a tool call whose arguments come in pieces of JSON."""
    opening = {"type": "tool_use", "id": id_, "name": "look_up", "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return block(index, opening, *deltas)


def end(stop_reason: str = "end_turn", **usage: Any) -> bytes:
    """Return the end of a message."""
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return event("message_delta", delta=delta, usage=usage) + event("message_stop")


REPLY = start(input_tokens=9) + text(0, "Good ", "morning.") + end(output_tokens=3)
"""The shortest whole reply."""


def folded(data: bytes) -> ModelStep:
    """Return the response that a stream holds."""
    outcome = _fold(data)
    assert isinstance(outcome, ModelStep), outcome
    return outcome


def failed(data: bytes) -> ModelFailure:
    """Return the failure that a stream ends in."""
    outcome = _fold(data)
    assert isinstance(outcome, ModelFailure), outcome
    return outcome


def _fold(data: bytes) -> ModelStep | ModelFailure:
    fold = StreamFold()
    fold.feed(data)
    return fold.outcome()


def asked(**changes: Any) -> ModelRequest:
    """Return a small request, but for the changes."""
    given: dict[str, Any] = {
        "model": MODEL,
        "system": "Help.",
        "messages": [{"role": "user", "content": "Hello"}],
    }
    return ModelRequest(**(given | changes))
