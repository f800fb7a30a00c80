"""Somebody on call, who is told of alerts."""

import asyncio
import re

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_TAKEN = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class OnCall:
    """Takes every notice, and counts them."""

    def __init__(self) -> None:
        self.notices = 0
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Listen no more; may be repeated."""
        if self._server is not None:
            self._server.close()

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        # To its end: what is left unread would break the connection under the answer.
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        self.notices += 1
        writer.write(_TAKEN)
        await writer.drain()
        writer.close()
