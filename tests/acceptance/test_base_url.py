"""ANTHROPIC_BASE_URL: any server that speaks the Messages API."""

import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import PRIMARY, serving
from typing_extensions import override

WORDS = ["Good ", "day, ", "how can I help?"]


@dataclass
class Plain:
    """A server that knows one answer.

    Args:
        address: where it listens.
        asked: path, headers and body of each request.
    """

    address: str = ""
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, str], dict[str, Any]]]
    )

    def answer(self) -> bytes:
        """Return a streamed message, event by event as the API's page shows it.

        Source: https://docs.claude.com/en/docs/build-with-claude/streaming
        """
        start = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
        start |= {"model": PRIMARY, "stop_reason": None, "stop_sequence": None}
        start |= {"usage": {"input_tokens": 11, "output_tokens": 1}}
        block = {"type": "text", "text": ""}
        events = [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": block},
        ]
        for words in WORDS:
            delta = {"type": "text_delta", "text": words}
            events.append({"type": "content_block_delta", "index": 0, "delta": delta})
        end = {"stop_reason": "end_turn", "stop_sequence": None}
        usage = {"output_tokens": 7}
        events += [
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": end, "usage": usage},
            {"type": "message_stop"},
        ]
        frames = [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events]
        return "".join(frames).encode()


@contextmanager
def listening() -> Generator[Plain]:
    """Run the plain server on a thread."""
    plain = Plain()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Note the request, send the answer."""
            length = int(self.headers["Content-Length"])
            headers = {k.lower(): v for k, v in self.headers.items()}
            plain.asked.append(
                (self.path, headers, json.loads(self.rfile.read(length)))
            )
            body = plain.answer()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    plain.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield plain
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("path", ["", "/", "/proxy/claude"])
def test_its_words_reach_the_customer(tmp_path: Path, path: str) -> None:
    """It is asked as the API's reference says: version, key, streaming, caching."""
    with (
        listening() as plain,
        serving(tmp_path / "d", plain.address + path, ANTHROPIC_API_KEY="k1") as server,
    ):
        talk = server.open()
        answer = server.say(talk, "Hello")
        turn = server.call("GET", answer["links"]["turn"])[1]
    assert answer["reply"] == {
        "response": "".join(WORDS),
        "model": PRIMARY,
        "tools_enabled": True,
        "fallback_level": 0,
    }
    assert (turn["usage"]["input_tokens"], turn["usage"]["output_tokens"]) == (11, 7)
    ((asked, headers, body),) = plain.asked
    assert asked == f"{path.rstrip('/')}/v1/messages"
    assert headers["authorization"] == "Bearer k1"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", headers["anthropic-version"])
    assert (body["model"], body["stream"]) == (PRIMARY, True)
    assert "cache_control" in json.dumps(body)
    assert body["messages"][-1]["role"] == "user"
