"""A server that breaks HTTP at a chosen point."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Literal

Break = Literal[
    "close at once",
    "503 at once",
    "silent at once",
    "close",
    "500",
    "silent",
    "nonsense",
]
"""What it does when the head has come (at once), or else when the body has."""

_AT_ONCE = "at once"
_ANSWERS = {
    "503 at once": b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
    "500": b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
    "nonsense": b'HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{"result": 7}',
}


class RawService:
    """Counts what comes, and breaks.

    Args:
        means: at which point, and how.
    """

    def __init__(self, means: Break) -> None:
        self._means = means
        self.heads = 0
        self.bodies: list[bytes] = []
        self._open: list[asyncio.StreamWriter] = []

    async def answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection for one request."""
        self._open.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads += 1
            if not self._means.endswith(_AT_ONCE):
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.bodies.append(await reader.readexactly(_length(head)))
            if not self._means.startswith("silent"):
                writer.write(_ANSWERS.get(self._means, b""))
                writer.close()

    def close(self) -> None:
        """Close what is open."""
        for writer in self._open:
            writer.close()


def _length(head: bytes) -> int:
    fields = head.lower().split(b"\r\n")
    return next(
        int(f.split(b":")[1]) for f in fields if f.startswith(b"content-length")
    )


@contextlib.asynccontextmanager
async def broken_service(means: Break) -> AsyncGenerator[tuple[str, RawService]]:
    """Give the address of a server that breaks, and the server."""
    raw = RawService(means)
    server = await asyncio.start_server(raw.answer, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/mcp", raw
    finally:
        raw.close()
        server.close()
