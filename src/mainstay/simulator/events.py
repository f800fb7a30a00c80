"""A reply as server-sent events.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming.
"""

import json
from collections.abc import Iterator
from typing import Any

from mainstay.simulator.answer import Answer
from mainstay.simulator.reply import Block
from mainstay.simulator.usage import input_part, output_part

PING = b'event: ping\ndata: {"type": "ping"}\n\n'

_DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool_use": ("input_json_delta", "partial_json"),
}


def event(name: str, **members: Any) -> bytes:
    """Return one event whose data repeats its name as ``type``."""
    data = json.dumps({"type": name, **members}, separators=(",", ":"))
    return f"event: {name}\ndata: {data}\n\n".encode()


def error_event(data: bytes) -> bytes:
    """Return an error event around an error body."""
    return b"event: error\ndata: " + data + b"\n\n"


def events(answer: Answer) -> Iterator[bytes]:
    """Yield the whole stream of an answer, one event at a time."""
    reply = answer.reply
    yield event("message_start", message=answer.message(started=True))
    for index, block in enumerate(reply.blocks):
        yield event("content_block_start", index=index, content_block=block.opening)
        if index == 0:
            yield PING
        for delta in _deltas(block):
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    usage = {**input_part(answer.used), **output_part(reply, reply.output_tokens)}
    delta = {"stop_reason": reply.stop_reason, "stop_sequence": reply.stop_sequence}
    yield event("message_delta", delta=delta, usage=usage)
    yield event("message_stop")


def _deltas(block: Block) -> Iterator[dict[str, str]]:
    kind, member = _DELTAS[block.kind]
    if block.kind == "tool_use":
        yield {"type": kind, member: ""}
    for piece in block.pieces:
        yield {"type": kind, member: piece}
    if block.signature:
        yield {"type": "signature_delta", "signature": block.signature}
