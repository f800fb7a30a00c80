"""A small HTTP/1.1 client, so that the load costs the machine as little as it can."""

import asyncio
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import msgspec
from typing_extensions import override

_LENGTH = b"\r\ncontent-length: "
_END = b"\r\n\r\n"


class Response(NamedTuple):
    """A status and the body's JSON."""

    status: int
    body: Any


class Connection(asyncio.Protocol):
    """One kept-alive connection, for one request at a time.

    Args:
        address: ``http://host:port``.
        key: the API key.
    """

    def __init__(self, address: str, key: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._headers = (
            f" HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {key}\r\n"
            "content-type: application/json\r\n"
        ).encode()
        self._transport: asyncio.WriteTransport | None = None
        self._bytes = b""
        self._answer: asyncio.Future[Response] | None = None

    async def open(self) -> "Connection":
        """Connect."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, self._host, self._port)
        return self

    def close(self) -> None:
        """Hang up; may be repeated."""
        if self._transport is not None:
            self._transport.close()

    async def get(self, path: str) -> Response:
        """Make a GET request."""
        return await self._ask(b"GET " + path.encode(), b"", b"")

    async def post(self, path: str, body: object, *, key: str = "") -> Response:
        """Make a POST request, under an Idempotency-Key if one is given."""
        extra = f"idempotency-key: {key}\r\n".encode() if key else b""
        return await self._ask(
            b"POST " + path.encode(), extra, msgspec.json.encode(body)
        )

    async def _ask(self, line: bytes, extra: bytes, body: bytes) -> Response:
        if self._transport is None:  # the server closes a line that was long idle
            await self.open()
        transport = cast("asyncio.WriteTransport", self._transport)
        self._answer = asyncio.get_running_loop().create_future()
        length = b"content-length: %d\r\n\r\n" % len(body)
        transport.write(line + self._headers + extra + length + body)
        return await self._answer

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("asyncio.WriteTransport", transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    @override
    def data_received(self, data: bytes) -> None:
        """Hand a whole response to whoever waits."""
        self._bytes += data
        head = self._bytes.find(_END)
        if head < 0 or self._answer is None or self._answer.done():
            return
        at = self._bytes.find(_LENGTH, 0, head) + len(_LENGTH)
        start = head + len(_END)
        end = start + int(self._bytes[at : self._bytes.find(b"\r\n", at)])
        if len(self._bytes) < end:
            return
        body = msgspec.json.decode(self._bytes[start:end])
        status = int(self._bytes[9:12])
        self._bytes = self._bytes[end:]
        self._answer.set_result(Response(status, body))
