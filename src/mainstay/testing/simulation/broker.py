"""A broker that loses, doubles, delays and reorders wakes, and goes away."""

import asyncio
from collections.abc import Sequence
from contextvars import copy_context
from dataclasses import dataclass

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.testing.memory_queue import MemoryQueue
from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.process import reach

VISIBILITY_S = 30.0
BATCH = 20
TRAVEL_S = (0.001, 0.02)
LATE_S = (0.5, 6.0)
HOP_S = 0.0005


@dataclass(slots=True)
class Mood:
    """What becomes of a wake just now; shares from 0 to 1."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0


class Broker:
    """Implements ``ports.Queue``, for all processes of a world.

    Args:
        clock: the world's.
        dice: what becomes of each wake.

    Attributes:
        is_away: whether nobody reaches it.
        mood: what becomes of wakes.
    """

    def __init__(self, clock: Clock, dice: Dice) -> None:
        self._queue = MemoryQueue(clock, visibility_s=VISIBILITY_S, batch=BATCH)
        self._clock = clock
        self._dice = dice
        # Its own: what it carries goes on when the process that sent it dies.
        self._context = copy_context()
        self.is_away = False
        self.mood = Mood()

    @property
    def capabilities(self) -> QueueCapabilities:
        """As much as any."""
        return self._queue.capabilities

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Carry the wakes, each in its own time, or not."""
        await reach("publish")
        self._ensure()
        for wake in wakes:
            if not self._dice.happens(self.mood.lost):
                self._carry(wake)
                if self._dice.happens(self.mood.doubled):
                    self._carry(wake)
        await self._clock.sleep(self._dice.uniform(*TRAVEL_S))

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes."""
        self._ensure()
        # Time must pass, however short the wait: asked anew at once, it would not.
        await self._clock.sleep(HOP_S)
        wakes = await self._queue.receive(limit, wait_s)
        if wakes:
            await reach("receive")
        self._ensure()
        return wakes

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget the wakes."""
        self._ensure()
        await self._queue.ack(wakes)

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Keep them hidden."""
        self._ensure()
        await self._queue.extend(wakes)

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Give them back."""
        self._ensure()
        await self._queue.release(wakes, delay_s)

    async def stats(self) -> QueueStats:
        """Return depth and age."""
        return await self._queue.stats()

    def _carry(self, wake: Wake) -> None:
        late = self._dice.happens(self.mood.late)
        delay_s = self._dice.uniform(*(LATE_S if late else TRAVEL_S))
        loop = asyncio.get_running_loop()
        loop.call_later(delay_s, self._arrive, wake, context=self._context)

    def _arrive(self, wake: Wake) -> None:
        asyncio.get_running_loop().create_task(self._queue.publish([wake]))

    def _ensure(self) -> None:
        if self.is_away:
            raise QueueUnavailable("the broker is away")
