"""The two answers of the stand-in, as the Messages API streams them.

Events and their order: https://docs.claude.com/en/docs/build-with-claude/streaming
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

MODEL = "claude-sonnet-5-5"
DELTAS = 40
WORDS = "Your order 1042 is on its way and arrives on Thursday. "

Event = Mapping[str, Any]

HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\n"
    b"request-id: req_bench\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


def tool_call(tool: str = "lookup_order", order: str = "1042") -> bytes:
    """Return the response to a question: one call of a tool on an order."""
    block = {"type": "tool_use", "id": "toolu_bench", "name": tool}
    pieces = ["", '{"order', '_id": "', f'{order}"}}']
    deltas = [{"type": "input_json_delta", "partial_json": text} for text in pieces]
    return _response(block | {"input": {}}, deltas, "tool_use")


def reply() -> bytes:
    """Return the response to the tool's result: a text in 40 pieces."""
    letters = (WORDS * 8)[: DELTAS * 8]
    pieces = [letters[i * 8 : i * 8 + 8] for i in range(DELTAS)]
    deltas = [{"type": "text_delta", "text": text} for text in pieces]
    return _response({"type": "text", "text": ""}, deltas, "end_turn")


def _response(block: Event, deltas: Iterable[Event], stop_reason: str) -> bytes:
    """Return head and body, each event a chunk of its own (RFC 9112, section 7.1)."""
    chunks = [_sse(event) for event in _events(block, deltas, stop_reason)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + body + b"0\r\n\r\n"


def _events(block: Event, deltas: Iterable[Event], stop_reason: str) -> Iterable[Event]:
    message = {"id": "msg_bench", "type": "message", "role": "assistant"}
    message |= {"model": MODEL, "content": [], "stop_reason": None}
    usage = {"input_tokens": 420, "output_tokens": 1, "cache_read_input_tokens": 0}
    yield {"type": "message_start", "message": message | {"usage": usage}}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "ping"}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    end = {"stop_reason": stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": {"output_tokens": DELTAS}}
    yield {"type": "message_stop"}


def _sse(event: Event) -> bytes:
    data = json.dumps(event, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {data}\n\n".encode()
