"""A stand-in model that answers with canned bytes, in a process of its own.

It costs about a tenth of a millisecond of CPU a call, so that it takes little of the
machine from what is measured. ``mainstay simulator`` is the believable stand-in; this
one only has the right shape.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import cast

import uvloop
from typing_extensions import override

from benchmarks.canned import reply, tool_call

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PAUSE = re.compile(rb"PUT /pause/(\d+) ")
_DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
_END = b"\r\n\r\n"


@dataclass(slots=True)
class Pace:
    """How long every answer takes, in seconds; ``PUT /pause/MS`` changes it."""

    pause_s: float = 0.0


class Answers(asyncio.Protocol):
    """One connection: each whole request gets one of the two answers."""

    def __init__(self, first: bytes, second: bytes, pace: Pace) -> None:
        self._pace = pace
        self._first = first
        self._second = second
        self._transport: asyncio.WriteTransport | None = None
        self._bytes = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("asyncio.WriteTransport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._bytes += data
        while (end := self._end()) is not None:
            request, self._bytes = self._bytes[:end], self._bytes[end:]
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        if (pause := _PAUSE.match(request)) is not None:
            self._pace.pause_s = int(pause[1]) / 1000
            self._say(_DONE)
        else:
            known = b'"tool_result"' in request
            self._say(self._second if known else self._first)

    def _say(self, answer: bytes) -> None:
        if self._transport is None:
            return
        if self._pace.pause_s:
            loop = asyncio.get_running_loop()
            loop.call_later(self._pace.pause_s, self._transport.write, answer)
        else:
            self._transport.write(answer)

    def _end(self) -> int | None:
        """Return where the first request ends, or None while it is not whole."""
        head = self._bytes.find(_END)
        if head < 0:
            return None
        length = _LENGTH.search(self._bytes, 0, head)
        end = head + len(_END) + (int(length[1]) if length else 0)
        return end if len(self._bytes) >= end else None


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    first, second, pace = tool_call(), reply(), Pace()
    server = await loop.create_server(
        lambda: Answers(first, second, pace), "127.0.0.1", 0, backlog=1024
    )
    port = server.sockets[0].getsockname()[1]
    print(f"ready: http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
