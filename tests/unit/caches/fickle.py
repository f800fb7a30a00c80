"""Caches and circuits that come and go, and who hears of it."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from typing_extensions import override

from mainstay.caches.memory import MemoryCache
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.ports.circuits import Circuit, ForcedState, Opening, TrialResult
from mainstay.ports.clock import Clock
from mainstay.ports.limiter import Decision
from mainstay.ports.pools import PoolLease, PoolReport
from mainstay.ports.telemetry import CacheBypassed, TelemetryEvent


class FickleCache(MemoryCache):
    """The cache in memory; while ``away`` it answers as one that cannot be had."""

    away = False

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.told = asyncio.Event()
        self.leases = 0

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
    async def block(self, pool: str, for_s: float) -> bool:
        if self.away:
            return False
        self.told.set()
        return await super().block(pool, for_s)

    @override
    async def lease(self, pool: str, report: PoolReport) -> PoolLease | None:
        self.leases += 1
        return None if self.away else await super().lease(pool, report)


class FickleCircuits(MemoryCircuits):
    """Circuits in memory; while ``away`` they cannot be had.

    While ``late`` they do what they are asked for, and nobody hears of it.

    Args:
        clock: monotonic time.
    """

    away = False
    late = False

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.asked: list[str] = []
        self.opened = asyncio.Event()

    def copied(self) -> OrderedDict[str, Any]:
        """Return all that is known, as a replica may have it."""
        return deepcopy(self._known)

    def restore(self, known: OrderedDict[str, Any]) -> None:
        """Know that, and no more."""
        self._known = known

    @property
    @override
    def is_up(self) -> bool:
        return not self.away

    @override
    async def look(self, names: Sequence[str]) -> Sequence[Circuit] | None:
        return None if self.away else await super().look(names)

    @override
    async def open(self, name: str, epoch: int, opening: Opening) -> Circuit | None:
        if self.away:
            return None
        self.opened.set()
        return await super().open(name, epoch, opening)

    @override
    async def probe(
        self, name: str, epoch: int, place: str, limit: int, lost_s: float
    ) -> Circuit | None:
        self.asked.append(place)
        if self.away:
            return None
        told = await super().probe(name, epoch, place, limit, lost_s)
        await asyncio.sleep(0)  # the server's answer is on its way, others go on
        return None if self.late else told

    @override
    async def begin_trials(self, name: str, epoch: int) -> Circuit | None:
        return None if self.away else await super().begin_trials(name, epoch)

    @override
    async def report(
        self, name: str, epoch: int, place: str, result: TrialResult, successes: int
    ) -> Circuit | None:
        if self.away:
            return None
        return await super().report(name, epoch, place, result, successes)

    @override
    async def force(
        self, name: str, state: ForcedState, for_s: float, reason: str
    ) -> Circuit | None:
        return None if self.away else await super().force(name, state, for_s, reason)


class Bypasses:
    """Telemetry that remembers what was done without the cache."""

    def __init__(self) -> None:
        self.uses: list[str] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""
        if isinstance(event, CacheBypassed):
            self.uses.append(event.use)
