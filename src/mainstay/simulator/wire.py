"""Plain ASGI: reading a request, writing a response."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from mainstay.ports.clock import Clock
from mainstay.simulator.errors import RejectedError

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[str, str]]

_DISCONNECT = "http.disconnect"


class GoneError(Exception):
    """The client has hung up."""


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the request's headers by lower-case name."""
    return {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}


async def read_body(receive: Receive, limit_bytes: int) -> bytes:
    """Return the body, of which nothing is kept beyond ``limit_bytes`` + one chunk.

    Raises:
        GoneError: the client hung up before its end.
    """
    chunks, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == _DISCONNECT:
            raise GoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if size <= limit_bytes else bytes(limit_bytes + 1)


def decode(body: bytes) -> object:
    """Return the JSON of a body.

    Raises:
        RejectedError: it is not JSON in UTF-8.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RejectedError(f"The request body is not valid JSON: {error}") from error


async def start(send: Send, status: int, headers: Headers) -> None:
    """Send status and headers; a later pair of the same name wins."""
    merged = dict(headers)
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in merged.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def chunk(send: Send, body: bytes, *, more: bool) -> None:
    """Send a part of the body."""
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def respond(send: Send, status: int, body: bytes, headers: Headers = ()) -> None:
    """Send a whole JSON response."""
    fixed = (
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
    )
    await start(send, status, (*fixed, *headers))
    await chunk(send, body, more=False)


class Line:
    """The line to a client whose request has been read, to wait on while it holds."""

    def __init__(self, receive: Receive, clock: Clock) -> None:
        self._receive = receive
        self._clock = clock
        self._hangup: asyncio.Task[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Wait, but not for a client that has hung up.

        Raises:
            GoneError: it has.
        """
        if seconds <= 0:
            return
        if self._hangup is None:
            self._hangup = asyncio.create_task(self._watch())
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        await asyncio.wait(
            {sleeping, self._hangup}, return_when=asyncio.FIRST_COMPLETED
        )
        sleeping.cancel()
        if self._hangup.done():
            raise GoneError

    async def close(self) -> None:
        """Stop watching."""
        if self._hangup is not None:
            self._hangup.cancel()
            with suppress(asyncio.CancelledError):
                await self._hangup

    async def _watch(self) -> None:
        while (await self._receive())["type"] != _DISCONNECT:
            pass
