"""Notices what other processes wrote into the same file."""

import asyncio

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.ports.feed import Broadcast
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer

LOOK_S = 0.1


class Changes:
    """Wakes listeners when another process committed.

    ``PRAGMA data_version`` on the writer's connection changes with the commits of
    others only (https://www.sqlite.org/pragma.html#pragma_data_version).

    Args:
        writer: whose connection is asked.
        feed: whose listeners are woken; without listeners nothing is asked.
        clock: for the pauses.
    """

    def __init__(self, writer: Writer, feed: Broadcast, clock: Clock) -> None:
        self._writer = writer
        self._feed = feed
        self._clock = clock
        self._seen = -1
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start to look."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_S)
            if self._feed.listening:
                await self._look()

    async def _look(self) -> None:
        try:
            version = await self._writer.run(_version)
        except StoreUnavailable:
            # Whoever reads or writes meets the same fault and reports it.
            return
        if version != self._seen:
            self._seen = version
            self._feed.notify_all()


def _version(unit: Unit) -> int:
    return unit.row("PRAGMA data_version", {})[0]
