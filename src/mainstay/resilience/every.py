"""Something done again and again in the background."""

import asyncio
from collections.abc import Awaitable, Callable

from mainstay.ports.clock import Clock


class Every:
    """Does work after each pause, from ``start`` to ``stop``.

    Args:
        pause_s: seconds between the end of one round and the start of the next.
        work: one round; must deal with its own faults.
        clock: for the pauses.
    """

    def __init__(
        self, pause_s: float, work: Callable[[], Awaitable[None]], clock: Clock
    ) -> None:
        self._pause_s = pause_s
        self._work = work
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start; the first round comes after the first pause."""
        if self._task is None:
            self._task = asyncio.create_task(self._go())

    async def stop(self) -> None:
        """Stop, in the middle of a round if need be; may be repeated."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _go(self) -> None:
        while True:
            await self._clock.sleep(self._pause_s)
            await self._work()
