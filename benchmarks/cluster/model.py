"""A stand-in model that asks for one effect a turn, and takes its time.

``python -m benchmarks.cluster.model PAUSE_MS``: an answer takes half to one and a half
times as long.
"""

import asyncio
import random
import re
import sys
from collections.abc import Iterable
from itertools import count

import uvloop
from typing_extensions import override

from benchmarks.canned import reply, tool_call
from benchmarks.stand_in import Answers, Pace

COURIER = "send a courier"
"""Words by which a customer asks for the unsafe effect."""

_NO_TOOLS = re.compile(rb'"tool_choice": ?\{[^}]*"none"')


class Clerk(Answers):
    """One connection: an effect is asked for until its result is there."""

    def __init__(self, pause_s: float, numbers: Iterable[int]) -> None:
        super().__init__(b"", reply(), Pace())
        self._pause = pause_s
        self._numbers = iter(numbers)

    @override
    def _answer(self, request: bytes) -> None:
        self._pace.pause_s = self._pause * random.uniform(0.5, 1.5)
        self._say(self._second if _is_done(request) else self._asked_for(request))

    def _asked_for(self, request: bytes) -> bytes:
        courier = COURIER.encode() in request
        tool = "book_courier" if courier else "record_request"
        return tool_call(tool, str(next(self._numbers)))


def _is_done(request: bytes) -> bool:
    return b'"tool_result"' in request or _NO_TOOLS.search(request) is not None


async def _serve(pause_s: float) -> None:
    loop, numbers = asyncio.get_running_loop(), count(1)
    server = await loop.create_server(
        lambda: Clerk(pause_s, numbers), "127.0.0.1", 0, backlog=1024
    )
    port = server.sockets[0].getsockname()[1]
    print(f"ready: http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]) / 1000))
