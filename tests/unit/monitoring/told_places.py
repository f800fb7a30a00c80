"""Places that are told of alerts, on loopback, over HTTP."""

import json
import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TAKEN = 200


@dataclass
class Place:
    """Takes what is posted, or refuses it.

    Args:
        address: ``http://host:port``.
        status: what it answers.
        refusal: what it says when it refuses.
        breaks_off: whether it says less of that than it promised.
        heard: path and body of each request, also of those refused.
    """

    address: str = ""
    status: int = TAKEN
    location: str = ""
    refusal: str = "no such key"
    breaks_off: bool = False
    heard: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    _news: threading.Condition = field(default_factory=threading.Condition)

    @property
    def bodies(self) -> list[Any]:
        """Every body."""
        return [body for _, body in self.heard]

    def hear(self, path: str, body: Any) -> None:
        """Take one request."""
        with self._news:
            self.heard.append((path, body))
            self._news.notify_all()

    def until(self, count: int, within_s: float = 60) -> list[Any]:
        """Return every body once there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.heard) >= count, within_s)
        return self.bodies


@contextmanager
def place() -> Generator[Place]:
    """Open a place over HTTP."""
    one = Place()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            one.hear(self.path, json.loads(self.rfile.read(length)))
            self.send_response(one.status)
            if one.location:
                self.send_header("location", one.location)
            if one.breaks_off:
                self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            told = "ok" if one.status == TAKEN else one.refusal
            self.wfile.write(told.encode())

        def do_GET(self) -> None:
            one.hear(self.path, None)
            self.send_response(TAKEN)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.address = f"http://127.0.0.1:{server.server_address[1]}"
    with served(server):
        yield one


@contextmanager
def served(server: socketserver.BaseServer) -> Generator[None]:
    """Let a server answer from a thread."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
