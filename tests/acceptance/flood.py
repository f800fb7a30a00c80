"""Many impatient customers on raw connections, and what each of them was told."""

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from typing_extensions import override

IMPATIENT_S = 0.2
"""What every second customer waits when turned away, whatever ``Retry-After`` says."""


@dataclass(frozen=True)
class Told:
    """One answer.

    Args:
        status: the HTTP status.
        again: its ``Retry-After``, "" without one.
        turn_id: of an accepted message, else "".
        took_s: seconds from the request to the whole answer.
        at_s: when it came, by the monotonic clock.
    """

    status: int
    again: str
    turn_id: str
    took_s: float
    at_s: float


class Line(asyncio.Protocol):
    """One kept-alive connection, for one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.WriteTransport | None = None
        self.answer: asyncio.Future[bytes] | None = None
        self._bytes = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        """Hand an answer over when it is whole."""
        self._bytes += data
        head, end, body = self._bytes.partition(b"\r\n\r\n")
        if not end or len(body) < int(_field(head, b"content-length") or b"0"):
            return
        whole, self._bytes = self._bytes, b""
        assert self.answer is not None
        self.answer.set_result(whole)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that has no answer."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(exc or ConnectionError("cut off"))

    async def ask(self, request: bytes) -> bytes:
        """Return the whole answer."""
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer


@dataclass(frozen=True)
class Flood:
    """Customers of one server, each with one connection.

    Args:
        address: the server.
        key: an API key.
        conversations: who writes to which is dealt out in turn.
    """

    address: str
    key: str
    conversations: list[str]

    async def run(self, writers: int, readers: int, seconds: float) -> list[Told]:
        """Let them write and read as fast as they are answered; return the answers."""
        parts = urlsplit(self.address)
        loop = asyncio.get_running_loop()
        lines: list[Line] = []
        for _ in range(writers + readers):
            _, line = await loop.create_connection(Line, parts.hostname, parts.port)
            lines.append(line)
        until_s = time.monotonic() + seconds
        talks = [
            self._talk(line, n, until_s, reads=n >= writers)
            for n, line in enumerate(lines)
        ]
        answers = await asyncio.gather(*talks)
        for line in lines:
            assert line.transport is not None
            line.transport.close()
        return [told for some in answers for told in some]

    async def _talk(
        self, line: Line, number: int, until_s: float, *, reads: bool
    ) -> list[Told]:
        told: list[Told] = []
        id_ = self.conversations[number % len(self.conversations)]
        request = self._read(id_) if reads else self._message(id_)
        while (began_s := time.monotonic()) < until_s:
            answer = await line.ask(request)
            now_s = time.monotonic()
            told.append(_told(answer, now_s - began_s, now_s))
            if again := told[-1].again:
                patience_s = IMPATIENT_S if number % 2 else float(again)
                await asyncio.sleep(patience_s)
        return told

    def _read(self, id_: str) -> bytes:
        return self._head(f"GET /v1/conversations/{id_}", 0)

    def _message(self, id_: str) -> bytes:
        body = b'{"text": "Where is my order 1042?"}'
        return self._head(f"POST /v1/conversations/{id_}/messages", len(body)) + body

    def _head(self, line: str, length: int) -> bytes:
        return (
            f"{line} HTTP/1.1\r\nhost: flood\r\nauthorization: Bearer {self.key}\r\n"
            f"content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        ).encode()


def _told(answer: bytes, took_s: float, at_s: float) -> Told:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    turn_id = json.loads(body)["turn_id"] if status == 202 else ""
    return Told(status, _field(head, b"retry-after").decode(), turn_id, took_s, at_s)


def _field(head: bytes, name: bytes) -> bytes:
    _, _, rest = head.lower().partition(b"\r\n" + name + b": ")
    return rest.partition(b"\r\n")[0]
