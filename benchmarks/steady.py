"""A steady stream of messages, to see how long a 202 takes."""

import asyncio
import time
from collections.abc import Sequence
from itertools import cycle

from benchmarks.customers import Talk, say
from benchmarks.wire import Connection

CONNECTIONS = 8
"""Messages overlap when one 202 takes longer than its share of a second."""


class Steady:
    """Messages at a fixed rate, whatever the answers take (an open load).

    Args:
        address: the server's.
        key: the API key.
        talks: conversations to write to in turn; enough that each is answered by the
            time it is written to again.
    """

    def __init__(self, address: str, key: str, talks: Sequence[Talk]) -> None:
        self._connections = [Connection(address, key) for _ in range(CONNECTIONS)]
        self._talks = cycle(talks)
        self.took_ms: list[float] = []

    async def run(self, rate_per_s: float, until: asyncio.Event) -> None:
        """Send until the event is set; milliseconds to each 202 go to ``took_ms``."""
        free = asyncio.Queue[Connection]()
        for connection in self._connections:
            free.put_nowait(await connection.open())
        began_s, sent = time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while not until.is_set():
                sent += 1
                group.create_task(self._say(free, next(self._talks)))
                due_s = began_s + sent / rate_per_s - time.perf_counter()
                await _pause(until, max(0.0, due_s))
        for connection in self._connections:
            connection.close()

    async def _say(self, free: asyncio.Queue[Connection], talk: Talk) -> None:
        connection = await free.get()
        self.took_ms.append(await say(connection, talk))
        free.put_nowait(connection)


async def _pause(until: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return
