"""The queue inside the store: the conversation's row is the wake.

Publishing needs no row of its own, because accept has already made the conversation
due in its commit; a wake within this process only cuts the poll short.
"""

import asyncio
from collections.abc import Callable, Sequence

from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.ports.schedule import Schedule

POLL_S = 0.1
"""How often a waiting receive looks for work that other processes accepted."""

MAX_VISIBILITY_S = 2.0
"""A wake is acked as soon as its conversation is claimed; until then the lease does
not protect it, so that a longer hiding time would only delay a crashed worker's."""


class EmbeddedQueue:
    """Receives due conversations from the store's schedule.

    Args:
        schedule: the store's view of due conversations.
        clock: for the poll.
        visibility_s: seconds a received wake stays hidden; capped at 2.
        batch: the most wakes one receive returns.
        poll_s: how often a waiting receive looks for work that it was not told of.
        tell: tells other processes that there may be new work.
    """

    def __init__(
        self,
        schedule: Schedule,
        clock: Clock,
        *,
        visibility_s: float,
        batch: int,
        poll_s: float = POLL_S,
        tell: Callable[[], None] | None = None,
    ) -> None:
        self._schedule = schedule
        self._clock = clock
        self._poll_s = poll_s
        self._tell = tell
        self._visibility_ms = int(min(visibility_s, MAX_VISIBILITY_S) * 1000)
        self._batch = batch
        self._news = asyncio.Event()

    @property
    def capabilities(self) -> QueueCapabilities:
        """What the embedded queue can do."""
        return QueueCapabilities(float("inf"), self._batch, exact_stats=True)

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Cut the waiting of receivers short: of this process's, and told, of all."""
        if wakes:
            self._news.set()
            if self._tell is not None:
                self._tell()

    def nudge(self) -> None:
        """Let this process's receivers look: another process published."""
        self._news.set()

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` due conversations, hidden from other receivers."""
        until = self._clock.monotonic_s() + wait_s
        limit = min(limit, self._batch)
        while True:
            self._news.clear()
            ids = await self._schedule.take(limit, self._visibility_ms)
            left = until - self._clock.monotonic_s()
            if ids or left <= 0:
                return [Wake(id_, handle=id_) for id_ in ids]
            await self._pause(min(left, self._poll_s))

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Do nothing: the claim's own commit has taken the work off the schedule."""

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Do nothing: a wake is acked once its conversation is claimed."""

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Show the conversations again after ``delay_s`` seconds."""
        ids = [wake.conversation_id for wake in wakes]
        await self._schedule.give_back(ids, int(delay_s * 1000))
        self._news.set()

    async def stats(self) -> QueueStats:
        """Return exact depth and age."""
        return await self._schedule.stats()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
