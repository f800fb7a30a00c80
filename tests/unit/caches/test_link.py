"""The link to Redis: what counts as a server that is too slow."""

import asyncio
from collections.abc import Sequence
from typing import Any

from mainstay.caches.redis.link import LATE_IN_A_ROW, Link
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.system.clock import SystemClock

TIMEOUT_S = 0.02


class Way:
    """A server that answers at once, or not at all."""

    def __init__(self) -> None:
        self.silent = False

    async def ask(self, *words: str | bytes | int) -> Any:
        """Answer."""
        if self.silent:
            await asyncio.Event().wait()
        return words

    async def run(self, name: str, keys: Sequence[str], *args: int) -> Any:
        """Answer."""
        return await self.ask(name, *keys, *args)

    async def close(self) -> None:
        """Close nothing."""


class Deaf:
    """Telemetry that nobody reads."""

    def emit(self, event: TelemetryEvent) -> None:
        """Take it."""


async def linked() -> tuple[Way, Link]:
    """Return a link that is up."""
    way = Way()
    link = Link(way, TIMEOUT_S, Deaf(), SystemClock())
    await link.start()
    assert link.is_up
    return way, link


async def test_calls_that_are_late_together_are_one():
    """One stall of the loop, with many calls in flight, does not cut the link."""
    way, link = await linked()
    way.silent = True
    assert await asyncio.gather(*(link.ask("GET") for _ in range(50))) == [None] * 50
    way.silent = False
    assert await link.ask("GET") == ("GET",)
    await link.stop()


async def test_late_answers_in_a_row_cut_the_link():
    """Then nobody waits any more."""
    way, link = await linked()
    way.silent = True
    for _ in range(LATE_IN_A_ROW):
        assert link.is_up
        assert await link.ask("GET") is None
    assert not link.is_up
    await link.stop()
