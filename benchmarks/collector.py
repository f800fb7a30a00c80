"""A collector that takes whatever is sent over OTLP, and looks at none of it."""

import asyncio
import socket
from contextlib import suppress
from types import TracebackType
from typing import Self

LENGTH = b"content-length:"
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Collector:
    """Is there from the start of its block, and answers once a loop serves it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.taken_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    @property
    def address(self) -> str:
        """Where it is, ``http://host:port``."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    async def serve(self) -> None:
        """Answer from now on, until the loop ends."""
        await asyncio.start_server(self._talk, sock=self._listener)

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        ends = (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError)
        with suppress(*ends):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                self.taken_bytes += len(body)
                writer.write(TAKEN)
                await writer.drain()
        writer.close()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next(int(line[len(LENGTH) :]) for line in lines if line.startswith(LENGTH))
