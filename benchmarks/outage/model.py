"""A stand-in model that is overloaded on request, and counts what reaches it.

``python -m benchmarks.outage.model PAUSE_MS``. ``PUT /down/MODEL`` lets every call of
that model fail with 529 at once, ``PUT /up`` ends that; ``GET /calls`` tells, a line
each, the calls since the last time it was asked: Unix time in seconds, and the model.
"""

import asyncio
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

import uvloop
from typing_extensions import override

from benchmarks.cluster.model import Clerk

_DOWN = re.compile(rb"PUT /down/(\S+) ")
_MODEL = re.compile(rb'"model": ?"([^"]+)"')
_ERROR = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
OVERLOADED = (
    b"HTTP/1.1 529 Overloaded\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_ERROR), _ERROR)
)
DONE = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(slots=True)
class State:
    """What is down, and what was called."""

    down: set[bytes] = field(default_factory=set[bytes])
    calls: list[bytes] = field(default_factory=list[bytes])

    def told(self) -> bytes:
        """Return the calls as an HTTP response, and forget them."""
        body = b"\n".join(self.calls)
        self.calls.clear()
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


class Overloadable(Clerk):
    """One connection."""

    def __init__(self, pause_s: float, numbers: Iterable[int], state: State) -> None:
        super().__init__(pause_s, numbers)
        self._state = state

    @override
    def _answer(self, request: bytes) -> None:
        state = self._state
        if (down := _DOWN.match(request)) is not None:
            state.down.add(down[1])
        elif request.startswith(b"PUT /up "):
            state.down.clear()
        elif request.startswith(b"GET /calls "):
            self._write(state.told())
            return
        else:
            self._call(request)
            return
        self._write(DONE)

    def _call(self, request: bytes) -> None:
        found = _MODEL.search(request)
        model = found[1] if found else b"unknown"
        self._state.calls.append(b"%.3f %s" % (time.time(), model))
        if model in self._state.down:
            self._write(OVERLOADED)
        else:
            super()._answer(request)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)


async def _serve(pause_s: float) -> None:
    loop, numbers, state = asyncio.get_running_loop(), count(1), State()
    server = await loop.create_server(
        lambda: Overloadable(pause_s, numbers, state), "127.0.0.1", 0, backlog=1024
    )
    port = server.sockets[0].getsockname()[1]
    print(f"ready: http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]) / 1000))
