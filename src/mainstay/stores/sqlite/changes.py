"""Notices what other processes wrote into the same file."""

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.ports.feed import Broadcast
from mainstay.resilience.every import Every
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
        self._seen = -1
        self._looking = Every(LOOK_S, self._look, clock)

    async def start(self) -> None:
        """Start to look."""
        await self._looking.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._looking.stop()

    async def _look(self) -> None:
        if not self._feed.listening:
            return
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
