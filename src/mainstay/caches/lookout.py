"""Looking at what all processes share, in the background."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.background import Background

LOOK_S = 1.0
"""Seconds from one look to the next."""


class Lookout:
    """Looks once a second, and at once when there is news; outlives any fault.

    Args:
        look: one look.
        where: whose it is, as telemetry names it.
        telemetry: is told of a look that failed.
    """

    def __init__(
        self, look: Callable[[], Awaitable[None]], where: str, telemetry: Telemetry
    ) -> None:
        self._look = look
        self._where = where
        self._telemetry = telemetry
        self._news = asyncio.Event()
        self._looking = Background(self._go)

    def nudge(self) -> None:
        """Look at once: there is news; never blocks."""
        self._news.set()

    async def start(self) -> None:
        """Look once, then every second in the background."""
        await self._look()
        await self._looking.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._looking.stop()

    async def _go(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            self._news.clear()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the next look may go well
                self._telemetry.emit(Trouble(self._where, repr(error)))
