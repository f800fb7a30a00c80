"""Keeps the backlog's gauges fresh."""

import asyncio

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.clock import Clock
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Trouble

EVERY_S = 5.0


class Gauges:
    """Reads the queue's figures every 5 s.

    Args:
        queue: whose depth and age.
        monitoring: where they are shown.
        clock: for the pauses.
    """

    def __init__(self, queue: Queue, monitoring: Monitoring, clock: Clock) -> None:
        self._queue = queue
        self._monitoring = monitoring
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read once, then go on in the background."""
        await self._look()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop reading; may be repeated."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(EVERY_S)
            await self._look()

    async def _look(self) -> None:
        try:
            self._monitoring.set_queue(await self._queue.stats())
        except StoreUnavailable as error:
            self._monitoring.emit(Trouble("gauges", str(error)))
