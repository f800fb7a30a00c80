"""A cache that comes and goes, and who hears of it."""

import asyncio
from collections.abc import Sequence

from typing_extensions import override

from mainstay.caches.memory import MemoryCache
from mainstay.ports.cache import Opening
from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision
from mainstay.ports.telemetry import CacheBypassed, TelemetryEvent


class FickleCache(MemoryCache):
    """The cache in memory; while ``away`` it answers as one that cannot be had."""

    away = False

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.announced = asyncio.Event()

    @property
    @override
    def is_up(self) -> bool:
        return not self.away

    @override
    async def get_context(self, conversation_id: str) -> bytes | None:
        return None if self.away else await super().get_context(conversation_id)

    @override
    async def put_context(self, conversation_id: str, context: bytes) -> bool:
        return not self.away and await super().put_context(conversation_id, context)

    @override
    async def take(self, key: str, rate_per_minute: int, burst: int) -> Decision | None:
        return None if self.away else await super().take(key, rate_per_minute, burst)

    @override
    async def announce(self, name: str, for_s: float) -> int | None:
        if self.away:
            return None
        self.announced.set()
        return await super().announce(name, for_s)

    @override
    async def openings(self, names: Sequence[str]) -> Sequence[Opening] | None:
        return None if self.away else await super().openings(names)

    @override
    async def block(self, pool: str, for_s: float) -> bool:
        return not self.away and await super().block(pool, for_s)

    @override
    async def blocked(self, pool: str) -> float | None:
        return None if self.away else await super().blocked(pool)


class Bypasses:
    """Telemetry that remembers what was done without the cache."""

    def __init__(self) -> None:
        self.uses: list[str] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""
        if isinstance(event, CacheBypassed):
            self.uses.append(event.use)
