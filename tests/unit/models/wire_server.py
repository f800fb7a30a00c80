"""A server that sends, byte by byte, what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]
EVENT_STREAM = "text/event-stream; charset=utf-8"


class WireServer:
    """Answers every request by ``talk``.

    Attributes:
        address: where it listens.
        talk: writes the answer; may be changed at any time.
        requests: head and body of every request.
        connections: how many were opened.
        hung_up: set when a client closes a connection.
    """

    def __init__(self, talk: Talk) -> None:
        self.address = ""
        self.talk = talk
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self.hung_up = asyncio.Event()
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection."""
        self.connections += 1
        self._open[writer] = asyncio.current_task()
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                body = await reader.readexactly(_length(head))
                self.requests.append((head, body))
                talking = asyncio.ensure_future(self.talk(writer))
                await self._until_said_or_gone(talking, reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        finally:
            writer.close()
            del self._open[writer]

    async def stop(self) -> None:
        """Close every connection and wait until it is."""
        tasks = [task for task in self._open.values() if task is not None]
        for writer in self._open:
            writer.close()
        await asyncio.gather(*tasks)

    async def _until_said_or_gone(
        self, talking: "asyncio.Future[None]", reader: asyncio.StreamReader
    ) -> None:
        listening = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({talking, listening}, return_when=asyncio.FIRST_COMPLETED)
        if talking.done():
            listening.cancel()
            await asyncio.wait({listening})
            return
        talking.cancel()
        raise ConnectionError("the client hung up")


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[WireServer]:
    """Run a server on a free port."""
    wire = WireServer(talk)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire.address = f"http://127.0.0.1:{port}"
    try:
        yield wire
    finally:
        server.close()
        await wire.stop()


def head(status: int = 200, content_type: str = EVENT_STREAM, more: str = "") -> bytes:
    """Return the head of a chunked answer."""
    return (
        f"HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\n{more}"
        "transfer-encoding: chunked\r\n\r\n"
    ).encode()


def chunk(data: bytes) -> bytes:
    """Return one chunk; an empty one ends the body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def sends(*parts: bytes) -> Talk:
    """Return a talk of one whole answer."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))

    return talk


def streams(body: bytes) -> Talk:
    """Return a talk that streams a body and ends it."""
    return sends(head(), chunk(body), chunk(b""))


def hangs_up_after(*parts: bytes) -> Talk:
    """Return a talk that closes the connection after its last byte."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        writer.close()

    return talk


def keeps_silent_after(*parts: bytes) -> Talk:
    """Return a talk that sends this and then nothing more, for ever."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        await asyncio.Event().wait()

    return talk


def pings_after(*parts: bytes) -> Talk:
    """Return a talk that sends this and then pings, for ever."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        while True:
            writer.write(chunk(b'event: ping\ndata: {"type": "ping"}\n\n'))
            await asyncio.sleep(0.01)

    return talk


def _length(request: str) -> int:
    for line in request.lower().split("\r\n"):
        if line.startswith("content-length:"):
            return int(line.split(":")[1])
    return 0
